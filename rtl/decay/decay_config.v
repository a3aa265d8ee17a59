// The configuration's layout: takes the words of a `config` load, decodes and checks the layout,
// keeps what the engine needs of it.
//
// Purpose    The first LAYOUT_WORDS words are decoded and checked one item (fine bins, pre-groups,
//            each octave's groups) after the other with one shifter and three adders; the floats
//            behind them go to the store.
//              bins      = 8 pre + fine + sum 2^o groups_o   the word LAYOUT_BINS, <= BINS_MAX
//              groups    = pre + fine + sum groups_o         the word LAYOUT_GROUPS, <= GROUPS_MAX
//              irf words = fine + 34 + sum groups_o + (octaves - 1 when there are any)
//            Good: 1 <= components <= COMPONENTS_MAX, taps 2, 4, 6 or 8, shift taps as many (1 with
//            2 taps), 2 <= fine <= FINE_MAX, octaves without a gap, evaluations_max below
//            2^EVALUATIONS_BITS.
// Formats    words as in protocol.vh; octave_groups[8 (o - 1) +: 8] groups of width 2^o, o = 1..11
// Latency    `bad` is final in the clock after the last layout word is taken
// Throughput a float a clock, with OCTAVE_MEMORY every second; a layout word within 60 clocks
// Overflow   a sum beyond its register makes the layout bad
// Does not   look at the other floats. Does not keep a configuration that was begun and not committed:
//            `held` falls at `begin_load`.
`default_nettype none
module decay_config #(
  // what this build holds
  parameter COMPONENTS_MAX = 3,
  parameter BINS_MAX = 1024,
  parameter FINE_MAX = 192,
  parameter GROUPS_MAX = 256,
  // bits of the sums: BINS_MAX, GROUPS_MAX and the largest number of IRF words must fit
  parameter BINS_BITS = 11,
  parameter GROUPS_BITS = 9,
  parameter IRF_BITS = 9,
  // 1: the numbers of groups go to the store as the floats do, with octave_write; octave_groups is zero, pre and fine are for nobody. What a word
  // is, is told by registers.
  parameter OCTAVE_MEMORY = 0,
  // 1: word_index is the number of the word that comes; float_index is right a clock behind float_write
  parameter COUNTED = 0
) (
  input  wire                   clk,
  input  wire                   rst,
  // load
  input  wire                   begin_load,     // pulse: forget, take words
  input  wire                   commit,         // pulse: use them
  input  wire                   word_valid,
  output wire                   word_ready,
  input  wire [31:0]            word,
  // verilator lint_off UNUSEDSIGNAL
  input  wire [5:0]             word_index,
  // verilator lint_on UNUSEDSIGNAL
  output reg                    bad,
  output reg                    held,
  // floats to the store
  output wire                   float_write,
  output wire [5:0]             float_index,
  // an octave's groups to the store: of width 2^octave_index; 15: pre-groups, 0: single bins
  output wire                   octave_write,
  output wire [3:0]             octave_index,
  output wire [7:0]             low_byte,       // the groups; bits 7..0 of `word` otherwise
  // layout
  output reg  [2:0]             components,
  output wire [3:0]             taps,
  output wire [3:0]             shift_taps,
  output reg                    period,
  output reg                    compact,
  output reg  [GROUPS_BITS-1:0] pre,
  output reg  [GROUPS_BITS-1:0] fine,
  output wire [95:0]            octave_groups,
  output reg  [3:0]             octaves,
  // sums
  output reg  [BINS_BITS-1:0]   bin_count,
  output reg  [GROUPS_BITS-1:0] group_count,
  output reg  [IRF_BITS-1:0]    irf_words
);
  `include "protocol.vh"

  localparam [3:0]           OCTAVES_MAX = 4'd11;
  localparam [IRF_BITS-1:0]  IRF_START = 33;       // 34 with the carry of the fine bins
  localparam [BINS_BITS-1:0] BINS_LIMIT = BINS_MAX[BINS_BITS-1:0];
  localparam [GROUPS_BITS-1:0] GROUPS_LIMIT = GROUPS_MAX[GROUPS_BITS-1:0];
  localparam [GROUPS_BITS-1:0] FINE_LIMIT = FINE_MAX[GROUPS_BITS-1:0];
  integer                    n;
  localparam [2:0]           COMPONENTS_LIMIT = COMPONENTS_MAX[2:0];
  localparam [5:0]           FLOATS = LAYOUT_WORDS;
  localparam [5:0]           EVALUATIONS_INDEX = CFG_EVALUATIONS_MAX;

  reg [5:0]           counted;
  wire [5:0]          index = COUNTED != 0 ? word_index : counted;    // of the word that comes
  reg [1:0]           item_index;  // of the item in its word
  reg [3:0]           octave;      // of the item, from 1
  reg                 adding;      // an item is being shifted and added
  reg [3:0]           shift_left;
  reg                 shifted;     // shift_left == 0
  reg [BINS_BITS-1:0] part;

  wire is_model, is_fine, is_octaves, is_bins, is_groups, is_float;
  wire settled;                    // they are those of the word that comes
  wire [5:0] kinds = {index == LAYOUT_MODEL, index == LAYOUT_FINE,
                      index == LAYOUT_OCTAVES_0 || index == LAYOUT_OCTAVES_1 || index == LAYOUT_OCTAVES_2,
                      index == LAYOUT_BINS, index == LAYOUT_GROUPS, index >= FLOATS};
  generate
    if (OCTAVE_MEMORY != 0) begin : g_kinds_held
      reg [5:0] kinds_q;
      reg       settled_q;
      always @(posedge clk) begin
        kinds_q <= kinds;
        settled_q <= !(word_valid && word_ready) && !begin_load;
      end
      assign {is_model, is_fine, is_octaves, is_bins, is_groups, is_float} = kinds_q;
      assign settled = settled_q;
    end else begin : g_kinds
      assign {is_model, is_fine, is_octaves, is_bins, is_groups, is_float} = kinds;
      assign settled = 1'b1;
    end
  endgenerate

  // ---- the item ----
  wire        upper = is_fine ? item_index[0] : item_index[1];
  wire [15:0] half = upper ? word[31:16] : word[15:0];
  wire [7:0]  byte_of = item_index[0] ? half[15:8] : half[7:0];
  wire [15:0] item_seen = is_fine ? half : {8'd0, byte_of};
  wire        is_pre = is_fine && item_index[0];
  wire        beyond_seen = octave > OCTAVES_MAX;            // the last byte means nothing
  wire        last_item = is_fine ? item_index[0] : item_index == 2'd3;
  wire        item_stands = word_valid && settled && (is_fine || is_octaves) && !adding;
  wire        added = adding && shifted;
  wire [15:0] item;
  wire        take_item, beyond;
  generate
    if (OCTAVE_MEMORY != 0) begin : g_item_held
      reg [15:0] item_q;
      reg        take_q, beyond_q;
      always @(posedge clk) begin
        item_q <= item_seen;
        beyond_q <= beyond_seen;
        take_q <= item_stands && !take_q && !begin_load && !rst;
      end
      assign {item, beyond, take_item} = {item_q, beyond_q, take_q};
    end else begin : g_item
      assign {item, beyond, take_item} = {item_seen, beyond_seen, item_stands};
    end
  endgenerate
  wire        used = item != 16'd0;

  assign word_ready = settled && (is_fine || is_octaves ? added && last_item : 1'b1);
  wire take = word_valid && word_ready;
  wire takes_one = word_valid && settled;          // what is no row of items is taken in one clock: no item's end stands before it
  assign float_write = takes_one && is_float;
  assign float_index = index - (COUNTED != 0 ? FLOATS + 6'd1 : FLOATS);

  // ---- sums ----
  wire [GROUPS_BITS:0] groups_next = {1'b0, group_count} + {1'b0, item[GROUPS_BITS-1:0]};
  wire [BINS_BITS:0]   bins_next = {1'b0, bin_count} + {1'b0, part};
  reg                  irf_adds, irf_carry;         // the item stands in `part`

  always @(posedge clk) begin
    irf_adds <= take_item && !beyond && !is_pre;
    irf_carry <= is_fine || (octave != 4'd1 && used);
    if (begin_load) begin
      group_count <= {GROUPS_BITS{1'b0}};
      irf_words <= IRF_START;
      bin_count <= {BINS_BITS{1'b0}};
    end else begin
      if (take_item && !beyond) group_count <= groups_next[GROUPS_BITS-1:0];
      if (irf_adds) irf_words <= irf_words + part[IRF_BITS-1:0] + {{(IRF_BITS-1){1'b0}}, irf_carry};
      if (added) bin_count <= bins_next[BINS_BITS-1:0];
    end
    if (take_item) part <= beyond ? {BINS_BITS{1'b0}} : item[BINS_BITS-1:0];
    else part <= {part[BINS_BITS-2:0], 1'b0};
  end

  // ---- steps ----
  always @(posedge clk) begin
    shifted <= take_item ? (is_fine ? !item_index[0] : beyond) : shift_left == 4'd1;
    if (take_item) begin
      adding <= 1'b1;
      shift_left <= is_fine ? {2'b00, item_index[0], item_index[0]} : beyond ? 4'd0 : octave;
    end else if (added) begin
      adding <= 1'b0;
      item_index <= last_item ? 2'd0 : item_index + 2'd1;
      if (!is_fine) octave <= octave + 4'd1;
    end else begin
      shift_left <= shift_left - 4'd1;
    end
    if (take) counted <= counted + 6'd1;
    if (begin_load || rst) begin
      counted <= 6'd0;
      item_index <= 2'd0;
      octave <= 4'd1;
      adding <= 1'b0;
    end
  end

  // ---- fields ----
  always @(posedge clk) begin
    if (takes_one && is_model) begin
      components <= word[2:0];
      half_taps <= word[11:9];
      period <= word[24];
      compact <= word[25];
    end
    if (take_item && is_fine && !is_pre) fine <= item[GROUPS_BITS-1:0];
    if (take_item && is_pre) pre <= item[GROUPS_BITS-1:0];
    if (begin_load) octaves <= 4'd0;
    else if (take_item && is_octaves && used && !beyond) octaves <= octave;
  end

  // of a good layout: there are 2, 4, 6 or 8 taps, and as many of the shift, 1 where they are 2
  reg  [2:0] half_taps;
  wire       two = half_taps == 3'd1;
  assign taps = {half_taps, 1'b0};
  assign shift_taps = {half_taps[2:1], half_taps[0] && !two, two};

  assign octave_write = take_item && (is_octaves || (OCTAVE_MEMORY != 0 && is_fine)) && !beyond;
  assign octave_index = OCTAVE_MEMORY != 0 && is_fine ? {4{item_index[0]}} : octave;
  assign low_byte = item_seen[7:0];
  generate
    if (OCTAVE_MEMORY != 0) begin : g_octave_memory
      assign octave_groups = 96'd0;
    end else begin : g_octave_groups
      reg [87:0] octave_count;
      always @(posedge clk) if (octave_write) octave_count <= {item[7:0], octave_count[87:8]};
      assign octave_groups = {8'd0, octave_count};
    end
  endgenerate

  // ---- check ----
  // A good word equals its sum, so that the limits need be checked on the sums only.
  wire [31:0] sum = is_bins ? {{(32-BINS_BITS){1'b0}}, bin_count}
                            : {{(32-GROUPS_BITS){1'b0}}, group_count};
  wire taps_bad = word[8] || word[11:8] == 4'd0 || word[11:8] > 4'd8;
  wire shift_taps_bad = word[19:16] != (word[11:8] == 4'd2 ? 4'd1 : word[11:8]);
  wire components_bad = word[2:0] == 3'd0 || word[2:0] > COMPONENTS_LIMIT;

  // Told one clock after the word, in shorter steps; floats follow before the commit.
  reg model_bad, fine_new, fine_high, item_bad, groups_carry, groups_added, part_bad, sum_bad, evaluations_bad;
  // above the limit, bit by bit: a comparison with a number would be a chain of carries
  reg         fine_above;               // the item stands in `part`
  always @* begin
    fine_above = 1'b0;
    for (n = 0; n < GROUPS_BITS; n = n + 1) fine_above = FINE_LIMIT[n] ? fine_above && part[n] : fine_above || part[n];
  end
  wire        fine_bad = fine_new && (fine_high || part[GROUPS_BITS-1:1] == {(GROUPS_BITS-1){1'b0}} || fine_above);

  always @(posedge clk) begin
    model_bad <= takes_one && is_model && (taps_bad || shift_taps_bad || components_bad);
    item_bad <= take_item &&
                ((is_pre && item[15:BINS_BITS] != {(16-BINS_BITS){1'b0}}) ||
                 (is_octaves && !beyond && used && octave != octaves + 4'd1));
    fine_new <= take_item && is_fine && !is_pre;
    fine_high <= item[15:GROUPS_BITS] != {(16-GROUPS_BITS){1'b0}};
    groups_carry <= groups_next[GROUPS_BITS];
    groups_added <= take_item && !beyond;
    part_bad <= (adding && !added && part[BINS_BITS-1]) || (added && bins_next[BINS_BITS]);
    sum_bad <= takes_one && (((is_bins || is_groups) && word != sum) || (is_bins && bin_count > BINS_LIMIT) ||
                        (is_groups && group_count > GROUPS_LIMIT));
    evaluations_bad <= float_write && index == FLOATS + EVALUATIONS_INDEX && word[31:EVALUATIONS_BITS] != {(32-EVALUATIONS_BITS){1'b0}};
    if (model_bad || fine_bad || item_bad || (groups_carry && groups_added) || part_bad || sum_bad || evaluations_bad) bad <= 1'b1;
    if (begin_load) begin
      model_bad <= 1'b0;
      fine_new <= 1'b0;
      item_bad <= 1'b0;
      groups_added <= 1'b0;
      part_bad <= 1'b0;
      sum_bad <= 1'b0;
      evaluations_bad <= 1'b0;
    end
    if (begin_load) bad <= 1'b0;
    if (commit) held <= !bad;
    if (begin_load || rst) held <= 1'b0;
  end
endmodule
`default_nettype wire
