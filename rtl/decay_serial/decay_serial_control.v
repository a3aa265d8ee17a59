// The serial pass's clockwork: which block of the microprogram runs when, and where its operands
// lie in the IRF.
//
// Purpose    A pass is a row of blocks: load; a step with its close for every group. Where two
//            steps become a group of twice the width the first one's sums are kept, both added
//            (double), and a close of its own follows; these two steps' closes do nothing that
//            lasts. With three components steps and closes are blocks of their own. A block's words
//            come out one a clock; TAP and JTAP stay for `taps`, `shift_taps` clocks, GO until the
//            lane has finished the group before, the last single bin's until the words of the
//            groups are there (`whole`).
// Formats    program words {type[5:0], rd[4:0], wr[4:0], cf[7:0]} (program/serial.py)
// Latency    a block's first word 2 clocks behind the last one of the block before, 1 where the block is the same again. Throughput:
//            one word a clock.
// Overflow   none
// Does not   check the layout: 1..3 components, taps 2..8, shift_taps 1..8, fine >= 2, octaves 1
//            .. `octaves` all in use.
`default_nettype none
module decay_serial_control #(
  parameter INDEX_BITS = 8,
  // bits of a count of IRF words
  parameter IRF_BITS = 9,
  parameter PROGRAM_FILE = "decay_serial.hex"
) (
  input  wire                         clk,
  input  wire                         rst,
  input  wire                         start,
  input  wire                         whole,         // the words of the groups are there
  input  wire                         lane_busy,
  input  wire                         lane_held,     // may not be given a group yet
  output reg                          ended,         // pulse: all groups are in their sums
  // layout
  input  wire [1:0]                   components,
  input  wire [3:0]                   taps,
  input  wire [3:0]                   shift_taps,
  output wire [3:0]                   octave_address,      // read a clock later, whenever nobody else reads there
  input  wire                         octave_read,         // it was
  input  wire [7:0]                   octave_groups,       // of width 2^octave_address; 15: pre-groups, 0: single bins
  input  wire [3:0]                   octaves,
  // anchor, its sum with the node
  input  wire                         anchor_valid,
  input  wire                         node_valid,
  input  wire [7:0]                   expanded,
  // groups that are loaded are counted here, too: no pass runs then
  input  wire                         load_begins,
  input  wire                         load_moves,
  // memories
  output reg  [IRF_BITS-1:0]          irf_address,   // at clock 1
  output reg  [7:0]                   coefficient_address,
  output reg  [INDEX_BITS-1:0]        y_address,
  // words at clock 0
  // of the word; NOP when none, WB1 (a product, no more) when not yet the last tap
  output wire [5:0]                   kind,
  output wire [4:0]                   rd,
  output wire [4:0]                   wr,
  output wire                         more,          // adds to the products before
  // state of the group
  output reg  [3:0]                   width,         // log2
  output wire                         no_input,      // before the IRF
  output reg                          two_before     // the group before is the sum of two words
);
  `include "decay_serial_program.vh"
  localparam [2:0] IDLE = 3'd0, LOAD = 3'd1, PRE = 3'd2, FINE_LOAD = 3'd3, FINE = 3'd4,
      OCTAVE = 3'd5, FINISH = 3'd6;
  localparam [2:0] STEP = 3'd0, KEEP = 3'd1, SECOND = 3'd2, DOUBLE = 3'd3, CLOSE = 3'd4;
  localparam [3:0] LAYOUT = 4'd14;       // before the number of pre-groups
  localparam [IRF_BITS-1:0] WORD = 1, WORDS = 2, FIRST = 17, MARGINS = 34;

  // ---- where the pass is ----
  reg  [2:0]             section, phase;
  reg  [7:0]             count;          // groups of the region, of which there are less than 256
  reg  [3:0]             octave, settle; // 14, 15: before the single bins
  reg                    opening;        // the octave's first group
  wire                   groups_over = count == 8'd1;

  // ---- program ----
  (* ram_style = "block", no_rw_check *) reg [23:0] program_words [0:511];
  initial $readmemh(PROGRAM_FILE, program_words);
  reg  [23:0] word;
  reg  [8:0]  at;                      // of the word that stands
  reg         valid, begins;
  reg  [2:0]  tap;
  wire [5:0]  word_kind = word[23:18];
  wire        is_tap = IN_TAPS[word_kind];
  // in steps that need not wait for the word
  reg         taps_end, shift_taps_end;
  wire [3:0]  taps_then = {1'b0, tap} + 4'd2;
  wire        taps_hold = valid && ((IN_TAP[word_kind] && !taps_end) || (IN_JTAP[word_kind] && !shift_taps_end));
  reg         held;                    // a clock late: GOs are further apart
  wire        hold = taps_hold || (valid && IN_GO[word_kind] && held);
  wire        over = valid && (IN_END[word_kind] || (IN_GO[word_kind] && !held));
  reg         repeats;                 // the block that ends comes again
  reg  [8:0]  block;                   // where the one behind it begins
  wire [8:0]  pc = begins || (over && repeats) ? block : at + 9'd1;

  // what only the group's own close may do
  wire        closing = IN_CLOSING[word_kind];
  reg         aside;                   // the step is one of two
  assign kind = taps_hold ? T_WB1 : valid && !hold && !(aside && closing) ? word_kind : T_NOP;
  assign rd = word[17:13];
  assign wr = word[12:8];
  assign more = IN_MORE[word_kind] || (is_tap && tap != 3'd0);

  always @(posedge clk) if (!hold) word <= program_words[pc];
  always @(posedge clk) begin
    if (!hold) at <= pc;
    if (begins) valid <= 1'b1;
    if ((over && !repeats) || rst) valid <= 1'b0;
    tap <= taps_hold ? tap + 3'd1 : 3'd0;
    taps_end <= taps_hold ? taps_then == taps : taps == 4'd1;
    shift_taps_end <= taps_hold ? taps_then == shift_taps : shift_taps == 4'd1;
    held <= lane_held || (!whole && section == FINE && groups_over);
  end

  // ---- blocks ----
  wire                   of_groups = section == PRE || section == FINE || section == OCTAVE;
  wire                   closed = components != 2'd3;          // a step's block is its group's close, too
  wire                   ends_group = phase == CLOSE || (phase == STEP && !opening && closed);
  wire [3:0]             next_octave = octave + 4'd1;
  assign octave_address = next_octave;
  wire                   octaves_over = octave == octaves;
  // the number of what comes next stands in `count` at the end: others may read the memory, but not in all of these clocks
  wire                   loading = section == LOAD || section == FINE_LOAD;
  wire [3:0]             word_octave = no_input ? 4'd3 : opening ? octave - 4'd1 : octave;
  assign no_input = section == PRE;

  // What comes behind the block is known long before it ends: a block has more than four words, and nothing of this changes within it.
  reg  [2:0]             then_section, then_phase;
  reg                    then_opening, then_single, then_aside, group_over, moves_on, goes_on, advances;
  reg                    single;                             // of one fine bin each, or two that become one group
  reg                    bin_moves, step_moves;
  wire                   steps = phase == STEP || phase == SECOND;
  wire                   region_over = of_groups && ends_group && groups_over;
  always @(posedge clk) begin
    group_over <= of_groups && ends_group;
    moves_on <= region_over && section != PRE;                 // to an octave, or to the end
    advances <= loading || (region_over && section != PRE);
    goes_on <= !(region_over && section != PRE && octaves_over);
    repeats <= of_groups && phase == STEP && !opening && closed && !groups_over;
    case (section)
      LOAD: then_section <= count == 8'd0 ? FINE_LOAD : PRE;
      FINE_LOAD: then_section <= FINE;
      PRE: then_section <= region_over ? FINE_LOAD : PRE;
      IDLE: then_section <= LOAD;
      default: then_section <= !region_over ? section : octaves_over ? FINISH : OCTAVE;
    endcase
    case (phase)
      STEP: then_phase <= opening ? KEEP : closed ? STEP : CLOSE;
      KEEP: then_phase <= SECOND;
      SECOND: then_phase <= DOUBLE;
      DOUBLE: then_phase <= CLOSE;
      default: then_phase <= STEP;
    endcase
    if (!of_groups) then_phase <= phase;
    then_opening <= moves_on || (opening && !group_over);
    bin_moves <= single && steps;
    step_moves <= (section == FINE && steps) || (section == OCTAVE && (phase == SECOND || (phase == STEP && !single)));
    then_single <= then_section == FINE || (then_section == OCTAVE && then_opening && (moves_on ? next_octave : octave) == 4'd1);
    then_aside <= then_opening && then_phase != CLOSE;

    block <= AT_LOAD;
    if (then_section == FINE_LOAD) block <= AT_LOAD_FINE;
    else if (then_section != LOAD) case (then_phase)
      KEEP: block <= AT_KEEP;
      DOUBLE: block <= AT_DOUBLE;
      CLOSE: block <= components == 2'd1 ? AT_CLOSE_1 : components == 2'd2 ? AT_CLOSE_2 : AT_CLOSE_3;
      default:
        if (then_single) block <= components == 2'd1 ? AT_FINE_1 : components == 2'd2 ? AT_FINE_2 :
            AT_FINE_3;
        else if (then_aside && components == 2'd2) block <= AT_STEP_2;
        else block <= components == 2'd1 ? AT_WIDE_1 : components == 2'd2 ? AT_WIDE_2 : AT_WIDE_3;
    endcase
  end

  always @(posedge clk) begin
    width <= section == PRE ? 4'd3 : octave;
  end

  always @(posedge clk) begin
    begins <= 1'b0;
    ended <= 1'b0;
    settle <= section != FINISH ? 4'd0 : settle + {3'd0, settle != 4'd15};
    if (section == FINISH && settle == 4'd15 && !lane_busy) begin
      section <= IDLE;
      ended <= 1'b1;
    end
    if (start) begin
      section <= LOAD;
      begins <= 1'b1;
    end
    if (over) begin
      begins <= !repeats && goes_on;
      section <= then_section;
      phase <= then_phase;
      opening <= then_opening;
      single <= then_single;
      aside <= then_aside;
      if (advances) octave <= next_octave;
    end
    if ((over && (moves_on || group_over)) || (loading && octave_read)) count <= group_over && !moves_on ? count - 8'd1 : octave_groups;
    if (start) octave <= LAYOUT;
    if (start || rst) begin
      phase <= STEP;
      opening <= 1'b0;
      single <= 1'b0;
      aside <= 1'b0;
    end
    if (rst) begin
      section <= IDLE;
      begins <= 1'b0;
    end
  end

  // ---- addresses ----
  reg  [IRF_BITS-1:0] past_anchor;                // anchor less what the first tap stands ahead
  reg  [7:0]          node;                       // anchor + node
  reg  [IRF_BITS-1:0] bin, step;                  // fine bin and 17; word of a step, which the single bins count to where steps begin
  wire [1:0]          half_taps = taps[2:1] - 2'd1;
  reg  [IRF_BITS-1:0] from, less;
  always @* begin
    from = tap != 3'd0 ? irf_address : is_tap ? bin : step;
    less = {IRF_BITS{1'b0}};
    if (IN_TAP[word_kind]) less = ~past_anchor;
    if (IN_JTAP[word_kind]) less = ~{{(IRF_BITS-8){node[7]}}, node};
    if (IN_TWO_BACK[word_kind]) less = -WORDS;
    if (IN_ONE_BACK[word_kind]) less = -WORD;
    if (tap != 3'd0) less = -WORD;
  end

  always @(posedge clk) begin
    if (over && step_moves) begin
      step <= step + WORD;
      two_before <= phase == SECOND && octave != 4'd1;
    end
    if (anchor_valid) past_anchor <= {{(IRF_BITS-8){expanded[7]}}, expanded} - {{(IRF_BITS-2){1'b0}}, half_taps};
    if (node_valid) node <= expanded;
    if (over && bin_moves) bin <= bin + WORD;
    if ((over && group_over) || load_moves) y_address <= y_address + {{(INDEX_BITS-1){1'b0}}, 1'b1};
    if (start) begin
      step <= MARGINS;
      two_before <= 1'b0;
      bin <= FIRST;
    end
    if (start || load_begins) y_address <= {INDEX_BITS{1'b0}};

    irf_address <= from + less;
    coefficient_address <= tap != 3'd0 ? coefficient_address + 8'd1 :
                           word[5:2] == 4'd15 && word[7:6] != 2'd3 ? {word[7:6],
                               word_octave + 4'd3, word[1:0]} : word[7:0];
  end
endmodule
`default_nettype wire
