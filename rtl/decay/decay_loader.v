// The loader: counts become groups and the moments from which a fit starts. The same machine as
// host/model/decay_loader.c, bit for bit.
//
// Purpose    Raw counts are summed to groups of 8 bins (pre-groups), then 1, 2, 4, .. bins; group
//            sums are taken as they come. w = log2 of a group's width:
//              y = min(sum, 2^COUNT_BITS - 1)
//              in the pre-groups B += y, behind them M2 += 2^w (2 S + y), S += y
//              F = min(22, 2 WORD_BITS - 2 - period - bits of the largest y)
//            2 S + y is added as S before and S after; with OCTAVE_MEMORY 0 what stands after one group
//            and before the next is added once, doubled. M2 is kept rotated right by w, so that no
//            shifter is needed: the bits below w stand above those that a sum can reach.
//            After `commit` M2, S and the last y (B when the pre-groups end) are written as f32x
//            with 23 bits of mantissa, which is all that the processor's IN keeps of them: the
//            number is turned through value[22:0] from its lowest bit and written at each 1 bit,
//            so that what is written last is right; its lowest 23 bits go there at once, with
//            OCTAVE_MEMORY one a clock.
// Formats    unsigned counts; put_*: address in the store (decay_store.v) and f32x word
// Latency    from commit to done: about MOMENT_BITS + SUM_BITS + COUNT_BITS - 55 clocks, with OCTAVE_MEMORY MOMENT_BITS + 66 more
// Throughput a group a clock, 3 more a width; of raw bins (and with OCTAVE_MEMORY) 2, one more a further bin; SUM_BITS - 19 clocks after the
//            pre-groups (with OCTAVE_MEMORY SUM_BITS)
// Overflow   a group saturates and `saturated` tells it; the moments have room for all that the
//            limits of groups and bins allow
// Does not   check how many words come: the caller gives exactly those of the layout, then commits;
//            forget comes at any time. The layout must be good and must not change meanwhile.
`default_nettype none
module decay_loader #(
  parameter WORD_BITS = 16,
  parameter COUNT_BITS = 20,
  // bits of a number of groups, of a group's index
  parameter GROUPS_BITS = 9,
  parameter INDEX_BITS = 8,
  // bits of a context's number
  parameter CONTEXT_BITS = 1,
  // bits of a sum over all groups; bits of M2: COUNT_BITS + log2 GROUPS_MAX + log2 BINS_MAX + 1
  parameter SUM_BITS = 28,
  parameter MOMENT_BITS = 39,
  // 1: numbers of groups are read at octave_address; octave_groups, pre and fine are not used
  parameter OCTAVE_MEMORY = 0,
  // 1: no sequence number is written; with take_seq, at any time but of a load, put_word[22:0] becomes what seq is
  parameter KEPT = 0
) (
  input  wire                   clk,
  input  wire                   rst,
  // load
  input  wire                   begin_load,   // pulse, with raw; to_context, parity stay
  input  wire                   take_seq,     // pulse, with seq: with begin_load or before it
  input  wire                   raw,
  input  wire [CONTEXT_BITS-1:0] to_context,
  input  wire                   parity,
  // verilator lint_off UNUSEDSIGNAL
  input  wire [31:0]            seq,
  // verilator lint_on UNUSEDSIGNAL
  input  wire                   word_valid,
  output wire                   word_ready,
  input  wire [31:0]            word,
  input  wire                   commit,
  input  wire                   forget,       // pulse, at any time
  output wire                   done,         // pulse
  output reg  [4:0]             fraction_bits,
  output reg                    saturated,
  // layout; width 2^o: bits 8 (o - 1) on
  // verilator lint_off UNUSEDSIGNAL
  input  wire [GROUPS_BITS-1:0] pre,
  input  wire [GROUPS_BITS-1:0] fine,
  input  wire [95:0]            octave_groups,
  // their memory: o (15: pre-groups, 0: single bins), and whether it was read there in the clock before
  output wire [3:0]             octave_address,
  input  wire                   octave_read,
  input  wire [7:0]             octave_data,
  // verilator lint_on UNUSEDSIGNAL
  input  wire [3:0]             octaves,
  input  wire                   period,
  // counts
  output wire                   count_write,
  output wire [CONTEXT_BITS+INDEX_BITS-1:0] count_address,
  output wire [COUNT_BITS-1:0]  count_data,
  // store
  output wire                   put_valid,
  input  wire                   put_ready,
  output wire [6:0]             put_address,
  output wire [31:0]            put_word
);
  localparam [3:0] L_IDLE = 4'd0, L_SEQUENCE = 4'd1, L_REGION = 4'd2, L_WORD = 4'd3;
  localparam [3:0] L_CLOSE = 4'd4, L_AGAIN = 4'd5, L_WAIT = 4'd6, L_ALIGN = 4'd7;
  localparam [3:0] L_FETCH = 4'd8, L_COPY = 4'd9, L_TURN = 4'd10, L_DONE = 4'd11, L_FILL = 4'd12;

  // what is being written, in the order of the IN addresses
  localparam [1:0] V_POST = 2'd0, V_MOMENT = 2'd1, V_PRE = 2'd2, V_LAST = 2'd3;

  localparam [4:0] FRACTION_MAX = 5'd22;
  localparam       FRACTION_LEAST = 2 * WORD_BITS - 2 - COUNT_BITS;
  localparam [4:0] FRACTION_FULL = FRACTION_LEAST[4:0];
  // bits that a number has; its word is written from the last of 23 bits on
  localparam       LAST_BITS = COUNT_BITS > 23 ? COUNT_BITS : 23, SUM_END = SUM_BITS > 23 ? SUM_BITS : 23;
  localparam [5:0] PLACE_END = MOMENT_BITS[5:0], PLACE_SUM = SUM_END[5:0], PLACE_LAST = LAST_BITS[5:0];
  localparam [5:0] PLACE_WHOLE = 6'd22;

  reg [3:0]             state;
  reg                   raw_load, committed;
  reg [COUNT_BITS-1:0]  y;
  reg [SUM_BITS-1:0]    sum;           // S; B in the pre-groups
  reg [MOMENT_BITS-1:0] moment;
  reg [COUNT_BITS-1:0]  seen;          // all y, or-ed
  reg [31:0]            value;
  reg [INDEX_BITS-1:0]  index;
  reg [GROUPS_BITS-1:0] groups_left;
  reg                   in_pre;
  reg [3:0]             octave;
  reg [10:0]            bin, bin_last; // of the group; bin_last = width - 1
  reg [1:0]             which;
  reg [5:0]             place;         // of the bit that comes from moment[0]
  reg                   good;          // value is to be written

  localparam BACK = OCTAVE_MEMORY == 0;  // not a small engine
  wire in_word = state == L_WORD;
  reg  closing;                        // the group whose last word came is y
  wire in_close = BACK ? closing : state == L_CLOSE;
  wire in_turn = state == L_TURN;
  reg  region_over;                    // groups_left is zero
  reg  last_octave;                    // octave == octaves; groups come between two octaves, so that a clock later is early enough
  wire [5:0] place_last = state == L_ALIGN || which == V_MOMENT ? PLACE_END : which == V_LAST ? PLACE_LAST : PLACE_SUM;
  reg  place_end;                      // place == place_last
  // M2 is turned to its place: back by w, or in a small engine on to the end
  wire aligned = BACK ? place == 6'd0 : place_end;
  // where a turn begins, and the bit of moment that is next in it
  localparam [5:0] PLACE_FIRST = BACK ? PLACE_WHOLE + 6'd1 : 6'd0;
  localparam       NEXT = BACK ? 23 : 0;

  // ---- group sum ----
  wire [COUNT_BITS:0] y_next = {1'b0, y} + {1'b0, word[COUNT_BITS-1:0]};
  wire                word_over = word[31:COUNT_BITS] != {(32-COUNT_BITS){1'b0}};
  wire                take = in_word && word_valid;
  wire                group_full = !raw_load || bin == bin_last;
  wire                group_begins = state == L_REGION && !region_over;
  reg                 last_group;      // of the region; a clock behind groups_left where that counts closed groups
  wire                flows = BACK && !raw_load;              // words are groups: one a clock
  wire                takes_group = take && group_full;
  wire                follows = state == L_CLOSE && !(BACK ? region_over : last_group);   // the next group of the region comes in the next clock
  reg                 first_group;     // of the region
  reg                 again;           // what L_AGAIN does is still to be done
  reg                 too_much;        // the group whose word came a clock before

  assign word_ready = in_word;
  assign count_write = in_close;
  assign count_address = {to_context, index};
  assign count_data = y;

  always @(posedge clk) begin
    if (group_begins || follows || begin_load) y <= {COUNT_BITS{1'b0}};
    else if (take) y <= word_over || (!flows && y_next[COUNT_BITS]) ? {COUNT_BITS{1'b1}} : flows ? word[COUNT_BITS-1:0] : y_next[COUNT_BITS-1:0];

    too_much <= take && (word_over || (!flows && y_next[COUNT_BITS])) && !begin_load;
    if (begin_load) saturated <= 1'b0;
    else if (too_much) saturated <= 1'b1;

    if (group_begins || follows) bin <= 11'd0;
    else if (take) bin <= bin + 11'd1;
  end

  // ---- moments ----
  wire turn_end = in_turn && place_end && (!good || put_ready);
  wire step = in_turn && !place_end && (!good || put_ready);
  wire octave_there;                   // its groups are known
  // A small engine: pre-groups and single bins are regions as octaves are, 14 is before them.
  localparam [3:0] LAYOUT = 4'd14;
  wire next_number = !BACK && state == L_REGION && region_over && in_pre && octave_there;
  wire next_octave = (state == L_REGION || (BACK && state == L_AGAIN)) && region_over && !in_pre && !last_octave && octave_there;
  reg  octave_moved;                   // a clock later: nothing is added before the one behind it
  always @(posedge clk) octave_moved <= next_octave;
  wire turn = octave_moved || step || (state == L_ALIGN && !aligned);
  wire moment_add = (!in_pre && (in_close || state == L_AGAIN || (!BACK && again))) || state == L_COPY;
  wire [SUM_BITS:0] moment_addend = BACK && in_close && !first_group ? {sum, 1'b0} : {1'b0, sum};

  // In a small engine what a sum carries into the bits above it arrives a clock later: no turn comes in that clock, and where M2 is only moved
  // (L_COPY) it was zero.
  wire [SUM_BITS:0] moment_low = {1'b0, moment[SUM_BITS-1:0]} + {1'b0, sum};
  reg               moment_carry;

  always @(posedge clk) begin
    if (begin_load || (turn_end && which != V_MOMENT)) sum <= {SUM_BITS{1'b0}};
    else if (in_close || state == L_FETCH) sum <= sum + {{(SUM_BITS-COUNT_BITS){1'b0}}, y};

    if (begin_load || turn_end) moment <= {MOMENT_BITS{1'b0}};
    else if (turn) moment <= BACK && state == L_ALIGN ? {moment[MOMENT_BITS-2:0], moment[MOMENT_BITS-1]} : {moment[0], moment[MOMENT_BITS-1:1]};
    else if (BACK) begin
      if (moment_add) moment <= moment + {{(MOMENT_BITS-SUM_BITS-1){1'b0}}, moment_addend};
    end else begin
      if (moment_add) moment[SUM_BITS-1:0] <= moment_low[SUM_BITS-1:0];
      moment[MOMENT_BITS-1:SUM_BITS] <= moment[MOMENT_BITS-1:SUM_BITS] + {{(MOMENT_BITS-SUM_BITS-1){1'b0}}, moment_carry};
    end
    moment_carry <= !BACK && moment_add && moment_low[SUM_BITS] && !(begin_load || turn_end);
  end

  // ---- largest count: leading zeros, one a clock; M2 has more bits above its lowest 23 than there are steps to FRACTION_MAX ----
  wire seek = in_turn && which == V_MOMENT && !seen[COUNT_BITS-1] && fraction_bits != FRACTION_MAX;
  always @(posedge clk) begin
    if (begin_load) begin
      seen <= {COUNT_BITS{1'b0}};
      fraction_bits <= FRACTION_FULL - {4'd0, period};
    end else if (in_close) begin
      seen <= seen | y;
    end else if (seek) begin
      seen <= {seen[COUNT_BITS-2:0], 1'b0};
      fraction_bits <= fraction_bits + 5'd1;
    end
  end

  // ---- f32x ----
  // The bit that came in last is bit place - 1 of the number and stands in value[22].
  wire [5:0] lowest = place - PLACE_WHOLE - 6'd1 - (which == V_LAST ? {2'b00, octave} : 6'd0);
  wire [3:0] slot = 4'd7 + {2'b00, which};

  assign put_valid = (KEPT == 0 && state == L_SEQUENCE) || (in_turn && good);
  wire [1:0] of_context = {{(2-CONTEXT_BITS){1'b0}}, to_context};
  assign put_address = {1'b1, of_context, KEPT == 0 && state == L_SEQUENCE ? {3'd0, parity} : slot};
  wire [8:0] put_upper = KEPT == 0 && state == L_SEQUENCE ? value[31:23] : {{2{lowest[5]}}, lowest, 1'b0};
  assign put_word = {put_upper, value[22:0]};

  always @(posedge clk) begin
    if (take_seq) value <= KEPT != 0 ? {9'd0, seq[22:0]} : seq;
    else if (state == L_FILL) value <= {9'd0, moment[22:0]};
    else if (step) value <= {9'd0, moment[NEXT], value[22:1]};

    if (state == L_FILL) good <= 1'b1;
    else if (step) good <= (!BACK && place == PLACE_WHOLE) || ((BACK || place > PLACE_WHOLE) && moment[NEXT]);
    else if (put_ready || !in_turn) good <= 1'b0;
  end

  // ---- steps ----
  wire [7:0] octave_next;              // groups of the next octave
  assign octave_address = octave + 4'd1;
  generate
    if (OCTAVE_MEMORY != 0) begin : g_octave_memory
      // the address has stood since the octave before began: more than a clock
      assign octave_next = octave_data;
      assign octave_there = octave_read;
    end else begin : g_octave_groups
      assign octave_next = octave_groups[{octave, 3'b000} +: 8];
      assign octave_there = 1'b1;
    end
  endgenerate
  assign done = state == L_DONE;

  always @(posedge clk) begin
    case (state)
      L_SEQUENCE: if (put_ready) state <= L_REGION;
      L_REGION:
        if (!region_over) state <= L_WORD;
        else if (in_pre) begin
          which <= V_PRE;
          // the next number's address has stood for a clock behind L_AGAIN
          if (BACK || octave_there) state <= BACK || octave[0] ? L_COPY : L_AGAIN;
        end else if (last_octave) state <= L_WAIT;
      L_WORD: if (word_valid && group_full && !(flows && !last_group)) state <= L_CLOSE;
      L_CLOSE: state <= (BACK ? region_over : last_group) ? L_AGAIN : L_WORD;
      L_AGAIN: state <= L_REGION;
      L_WAIT: if (committed) state <= L_ALIGN;
      L_ALIGN: begin
        which <= V_MOMENT;
        if (aligned) state <= BACK ? L_FILL : L_TURN;
      end
      L_FETCH: state <= L_COPY;
      L_COPY: state <= BACK ? L_FILL : L_TURN;
      L_FILL: state <= L_TURN;
      L_TURN:
        if (turn_end) begin
          case (which)
            V_PRE: state <= L_REGION;
            V_MOMENT: begin
              which <= V_POST;
              state <= L_COPY;
            end
            V_POST: begin
              which <= V_LAST;
              state <= L_FETCH;
            end
            default: state <= L_DONE;
          endcase
        end
      default: state <= L_IDLE;
    endcase
    if (begin_load) state <= KEPT == 0 ? L_SEQUENCE : L_AGAIN;
    if (forget || rst) state <= L_IDLE;
  end

  always @(posedge clk) begin
    if (begin_load || turn_end || (state == L_ALIGN && aligned)) place <= PLACE_FIRST;
    else if (BACK && state == L_ALIGN) place <= place - 6'd1;
    else if (state == L_WAIT) place <= {2'b00, octave};
    else if (step || state == L_ALIGN) place <= place + 6'd1;
    // an octave's number is less
    if (begin_load || turn_end || state == L_WAIT || (state == L_ALIGN && (BACK || place_end))) place_end <= 1'b0;
    else if (state == L_FILL) place_end <= place == place_last;
    else if (step || state == L_ALIGN) place_end <= place == place_last - 6'd1;

    last_group <= BACK && takes_group ? groups_left == {{(GROUPS_BITS-2){1'b0}}, 2'd2} : groups_left == {{(GROUPS_BITS-1){1'b0}}, 1'b1};
    closing <= takes_group && !begin_load && !forget && !rst;
    if (group_begins) first_group <= 1'b1;
    else if (in_close) first_group <= 1'b0;
    again <= follows;
    last_octave <= octave == octaves;

    if (begin_load) committed <= 1'b0;
    else if (commit) committed <= 1'b1;

    if (begin_load) begin
      raw_load <= raw;
      index <= {INDEX_BITS{1'b0}};
    end else if (in_close) begin
      index <= index + {{(INDEX_BITS-1){1'b0}}, 1'b1};
    end

    if (begin_load) begin
      in_pre <= 1'b1;
      octave <= BACK ? 4'd0 : LAYOUT;
      groups_left <= BACK ? pre : {GROUPS_BITS{1'b0}};
      region_over <= !BACK || pre == {GROUPS_BITS{1'b0}};
      bin_last <= 11'd7;
    end else if (in_turn && which == V_PRE) begin      // in each clock of it: turn_end comes late
      in_pre <= 1'b0;
      if (BACK) groups_left <= fine;
      if (BACK) region_over <= fine == {GROUPS_BITS{1'b0}};
      bin_last <= 11'd0;
    end else if (next_octave || next_number) begin
      octave <= octave_address;
      groups_left <= {{(GROUPS_BITS-8){1'b0}}, octave_next};
      region_over <= octave_next == 8'd0;
      bin_last <= next_octave ? {bin_last[9:0], 1'b1} : bin_last;
    end else if (BACK ? takes_group : in_close) begin
      groups_left <= groups_left - {{(GROUPS_BITS-1){1'b0}}, 1'b1};
      region_over <= groups_left == {{(GROUPS_BITS-1){1'b0}}, 1'b1};
    end
  end
endmodule
`default_nettype wire
