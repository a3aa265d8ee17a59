// The pass for small parts: the same sums as decay_pass, bit by bit, one micro-operation a clock
// through one datapath.
//
//   mu_n = background + sum_k c_k[n],  J = (c_k, -v_k, sum_k rate_k c_k - shift input, 1)
//   pair sums  H = sum J_i J_j / mu,  gradient = sum J_i (y - mu) / mu,  chi2 = sum (y - mu)^2 / mu
//
// Purpose    decay_serial_control  blocks of the microprogram (program/serial.py), addresses
//            here                  the datapath: sum of products -> shift -> accumulate -> write
//            decay_serial_shift    its shifter, out of multiplier cells
//            decay_serial_lane     pair sums
//            multiply_sum          sums of products
//            A word's clocks: 0 word; 1 addresses; 2 coefficient, IRF word, operand o; 4 sum of
//            products, scratch address, shift amount; 5 shifter's input; 8 accumulator; 9 its
//            value t: saturated, cut to o (and what the cut leaves), to 16 bits for the lane's left
//            operand; 10 to the scratch memory, its upper half to the lane's right operands; 11
//            times 1/mu, binade.
// Formats    W = 16. States and mu: 32 bits signed, F fraction bits; o and items 16 bits;
//            accumulator 38 bits (products by up to 2^35, three of them); sums ACCUMULATOR_BITS.
//            Words as in docs/fit_processor.md.
// Latency    `done` 16 clocks and a group's pairs behind the last step. Sums 2 clocks behind
//            acc_address, while not busy.
// Throughput bins and groups by their blocks' lengths: tests/rtl/decay_serial prints the clocks of
//            a pass. One pass at a time.
// Overflow   as in the model: states, means and operands saturate, sums wrap
// Does not   hold two contexts: used_* are those of the last pass while none is busy, coefficients the last written
//            (they must not change while busy, but for those of the groups before `whole`; with
//            states before the first pre-group `whole` must stand at the start). Does not check layout or coefficients (words as
//            the fit processor gives them: a float's mantissa is normalised; y 2^F < 2^30,
//            background >= 0, IRF addresses within fine + 34 words).
`default_nettype none
module decay_serial #(
  parameter COUNT_BITS = 20,
  parameter GROUPS_MAX = 256,
  // more than 40
  parameter ACCUMULATOR_BITS = 48,
  // bits of addresses
  parameter INDEX_BITS = $clog2(GROUPS_MAX),
  parameter IRF_BITS = $clog2(GROUPS_MAX + 45),
  // multiplier cells: "generic", "ice40" or "ecp5" (multiply.v)
  parameter [55:0] TARGET = "generic",
  // microprogram
  parameter PROGRAM_FILE = "decay_serial.hex"
) (
  input  wire                               clk,
  input  wire                               rst,
  // control
  input  wire                               start,
  input  wire                               first,               // the job's first pass
  input  wire [5:0]                         fraction_bits,       // F, at most 22
  output reg                                busy,
  output wire                               done,
  input  wire                               whole,               // the words of the groups are there too; else they come while busy
  // layout, stable while busy
  // verilator lint_off UNUSEDSIGNAL
  input  wire [2:0]                         components,          // 1 to 3
  // verilator lint_on UNUSEDSIGNAL
  input  wire [3:0]                         taps,
  input  wire [3:0]                         shift_taps,
  output wire [3:0]                         octave_address,      // groups of width 2^octave_address a clock later; 15: pre-groups, 0: single bins
  input  wire                               octave_read,         // they are; in a block's last clock always, but for the first two blocks
  input  wire [7:0]                         octave_groups,
  input  wire [3:0]                         octaves,
  // counts; y_address is the number of the group that is loaded, too: from zero behind load_begins, one more behind load_moves
  input  wire                               load_begins,
  input  wire                               load_moves,
  output wire [INDEX_BITS-1:0]              y_address,
  input  wire [COUNT_BITS-1:0]              y_data,
  output reg                                y_looks,             // clock 1 of the word that takes y_data in clock 5
  output reg                                irf_looks,           // clock 1 of a word that takes irf_data: no other does
  // IRF: fine response from bin -16 on (fine + 34 words), then step sums
  output wire [IRF_BITS-1:0]                irf_address,
  input  wire [15:0]                        irf_data,
  // coefficients from the processor
  input  wire                               cf_write,
  input  wire [9:0]                         cf_address,
  // the middle of a mantissa holds copies of its sign
  // verilator lint_off UNUSEDSIGNAL
  input  wire [31:0]                        cf_word,
  // verilator lint_on UNUSEDSIGNAL
  // sums and scales to the processor
  input  wire [6:0]                         acc_address,
  output wire signed [ACCUMULATOR_BITS-1:0] acc_value,
  output wire [5:0]                         used_residual_fine,
  output wire signed [6:0]                  used_background_exponent
);
  `include "decay_serial_program.vh"
  integer i;

  // ---- control, scales ----
  wire             ended, lane_busy, lane_held;
  wire             begins = start && !busy;
  reg              first_pass;
  reg  [4:0]       residual_coarse, next_coarse;          // at most 17
  reg  signed [5:0] background_exponent, least_exponent;   // -11 .. 31
  reg  [4:0]       residual_binade;
  wire             far = residual_coarse[4] || (residual_coarse[3] && residual_coarse[2:0] != 3'd0);    // above 8
  reg  [3:0]       residual_fine;
  reg  [3:0]       residual_up;
  always @(posedge clk) begin
    residual_fine <= far ? {residual_coarse[4], residual_coarse[2:0]} : 4'd0;
    residual_up <= far ? 4'd8 : residual_coarse[3:0];
  end
  assign done = ended;
  // nothing of them changes until the next pass begins
  assign used_residual_fine = {2'd0, residual_fine};
  assign used_background_exponent = {background_exponent[5], background_exponent};

  // ---- microprogram ----
  wire [5:0] kind_0;
  wire [4:0] rd_0, wr_0;
  wire       more_0, no_input, two_before;
  wire [3:0] width;
  wire [7:0] coefficient_address;
  reg        anchor_10, node_10;

  decay_serial_control #(
    .INDEX_BITS(INDEX_BITS), .IRF_BITS(IRF_BITS),
        .PROGRAM_FILE(PROGRAM_FILE)
  ) control (
    .clk(clk), .rst(rst), .start(begins), .whole(whole), .lane_busy(lane_busy), .lane_held(lane_held), .ended(ended),
    .load_begins(load_begins), .load_moves(load_moves), .components(components[1:0]), .taps(taps), .shift_taps(shift_taps),
    .octave_address(octave_address), .octave_read(octave_read), .octave_groups(octave_groups), .octaves(octaves),
    .anchor_valid(anchor_10), .node_valid(node_10), .expanded(t_10[7:0]),
    .irf_address(irf_address), .coefficient_address(coefficient_address), .y_address(y_address),
    .kind(kind_0), .rd(rd_0), .wr(wr_0), .more(more_0),
    .width(width), .no_input(no_input), .two_before(two_before)
  );

  // what belongs to a word travels with it; the late part through a ring of a memory instead of
  // registers
  reg [5:0] kind_1, kind_2, kind_3, kind_4, kind_7, kind_8, kind_9;
  reg [4:0] rd_1, rd_2, rd_3, rd_4;
  reg [4:0] wr_1, wr_7, wr_8, wr_9, wr_10;
  reg       more_1, more_2, more_3;
  (* ram_style = "block", no_rw_check *) reg [10:0] ring [0:15];
  reg [3:0] now;
  // now - 5, without carries
  wire       low_two = now[1] || now[0];
  wire [3:0] then_5 = {now[3] ~^ (now[2] && low_two), now[2] ^ low_two, now[1] ~^ now[0], !now[0]};
  initial begin
    now = 4'd0;
    for (i = 0; i < 16; i = i + 1) ring[i] = 11'd0;
  end
  always @(posedge clk) begin
    now <= now + 4'd1;
    ring[now] <= {kind_1, wr_1};
    {kind_7, wr_7} <= ring[then_5];
    kind_1 <= kind_0;
    y_looks <= IN_COUNTS[kind_0];
    irf_looks <= IN_INPUT[kind_0];
    wr_1 <= wr_0;
    kind_2 <= kind_1;
    kind_3 <= kind_2;
    kind_4 <= kind_3;
    kind_8 <= kind_7;
    kind_9 <= kind_8;
    rd_1 <= rd_0;
    rd_2 <= rd_1;
    rd_3 <= rd_2;
    rd_4 <= products_3 ? NOTHING : rd_3;
    wr_8 <= wr_7;
    wr_9 <= wr_8;
    wr_10 <= wr_9;
    more_1 <= more_0;
    more_2 <= more_1;
    more_3 <= more_2;
  end

  localparam [4:0] NOTHING = 5'd8;       // a scratch word that is never written: zero
  wire      products_3 = IN_PRODUCTS[kind_3];

  // ---- clock 1: coefficients {negative, magnitude, exponent}, at their address less 16 ----
  (* ram_style = "block", no_rw_check *) reg [24:0] coefficients [0:255];
  wire        negative_in = cf_word[23];
  // -x = ~(x - 1): nothing stands before the carries
  wire [15:0] magnitude_in = (cf_word[15:0] + {16{negative_in}}) ^ {16{negative_in}};
  reg  [24:0] coefficient;
  always @(posedge clk) begin
    if (cf_write && cf_address[9:8] == 2'd0)
      coefficients[{cf_address[7:4] - 4'd1, cf_address[3:0]}] <= {negative_in, magnitude_in,
          cf_word[31:24]};
    coefficient <= coefficients[coefficient_address];
  end

  // ---- clock 2: products: of an IRF word, of the operand's magnitude, of one ----
  reg  [15:0] operand;
  reg  [1:0]  cut;                     // eighths: 0, 1, 2
  // a section before the IRF has no other products of inputs
  wire        of_float = IN_FLOAT[kind_2];
  wire        of_operand = IN_OPERAND[kind_2];
  wire        none = no_input || (IN_TWO_BACK[kind_2] && !two_before) || of_float;
  // -x = ~(x - 1): the word, nothing, or the sum as it is or inverted, by two bits
  wire        sign_2 = operand[15];
  wire [15:0] less_one = operand + {16{sign_2}};
  wire [1:0]  of = {of_operand, of_operand ? sign_2 : !none};
  wire [15:0] factor = ((of[1] ? less_one ^ {16{of[0]}} : irf_data & {16{of[0]}})) | {15'd0, of_float};
  reg         minus_3, minus_4;        // the product is taken from the sum
  wire [31:0] low_a, low_b;
  wire [3:0]  high;

  multiply_sum #(.TARGET(TARGET)) products (
    .clk(clk), .a(factor), .b(coefficient[23:8]), .takes_next(products_3), .more_next(more_3), .negative(minus_4),
    .low_a(low_a), .low_b(low_b), .high(high)
  );

  // shift that goes with the coefficient, at least -4 behind an operand's cut; minus a float's
  // exponent less 1
  wire [6:0]  less = {1'b0, coefficient[5:0]} - {2'd0, cut, 3'd0};
  wire        floor_4 = less[6] && less[5:2] != 4'hf;
  reg  [7:0]  given_3;
  always @(posedge clk) begin
    given_3 <= of_operand ? (floor_4 ? 8'hfc : {less[6], less}) :
               of_float ? ~coefficient[7:0] : {coefficient[6], coefficient[6:0]};
    minus_3 <= coefficient[24] ^ (of_operand && sign_2);
    minus_4 <= minus_3;
  end

  // ---- clock 4: sum; shift amount ----
  // amount = 16 + shift to the right, 0..63
  reg         background_wide;         // kept without its 8 more fraction bits
  reg         background_5;
  reg         below;                   // the mean is below its floor
  reg  [4:0]  mean_binade, floor_binade;
  wire [4:0]  binade = below ? floor_binade : mean_binade;
  // The kind tells a clock before: base, what of it is another where the background is wide; what is taken from it.
  reg  [5:0]  base_3;
  reg  [1:0]  wide_3;
  reg         by_fraction_3, by_least_3, by_width_3, by_background_3;
  reg  [5:0]  fraction_least;          // at least 14
  reg  [7:0]  width_background;
  wire [7:0]  base = {2'b00, base_3[5], base_3[4:3] ^ (wide_3 & {2{background_wide}}), base_3[2:0]};
  wire [7:0]  less_3 = {2'd0, (fraction_bits & {6{by_fraction_3}}) | (fraction_least & {6{by_least_3}}) | ({2'd0, width} & {6{by_width_3}})}
                     | (width_background & {8{by_background_3}});
  reg  signed [8:0] offset_4;
  always @(posedge clk) begin
    fraction_least <= fraction_bits < 6'd14 ? 6'd14 : fraction_bits;
    width_background <= {4'd0, width} + {{2{background_exponent[5]}}, background_exponent};
    wide_3 <= {IN_WIDE_1[kind_2], IN_WIDE_0[kind_2]};
    by_fraction_3 <= IN_BY_FRACTION[kind_2];
    by_least_3 <= IN_BY_LEAST[kind_2];
    by_width_3 <= IN_BY_WIDTH[kind_2];
    by_background_3 <= IN_BY_BACKGROUND[kind_2];
    base_3 <= {IN_BASE_5[kind_2], IN_BASE_4[kind_2], IN_BASE_3[kind_2], IN_BASE_2[kind_2], IN_BASE_1[kind_2], IN_BASE_0[kind_2]};
  end
  // What is shifted by besides: the binade, which comes late, or what a register has a clock before: what goes with a coefficient, or the residual's
  // (which stands from the pass's begin), or nothing.
  reg  [7:0] other_4;
  reg        by_binade_4;
  wire       by_given_3 = IN_BY_GIVEN[kind_3];
  wire       by_residual_3 = IN_BY_RESIDUAL[kind_3];
  wire [4:0] residual_3 = IN_COARSE[kind_3] ? residual_coarse : {1'b0, residual_fine};
  wire [7:0] pivot = other_4 | {3'd0, binade & {5{by_binade_4}}};
  wire signed [9:0] amount_4 = $signed({{2{pivot[7]}}, pivot}) + $signed({offset_4[8], offset_4});
  reg  [5:0]        amount;
  always @(posedge clk) begin
    offset_4 <= $signed({1'b0, base}) - $signed({less_3[7], less_3});
    other_4 <= (given_3 & {8{by_given_3}}) | {3'd0, residual_3 & {5{by_residual_3}}};
    by_binade_4 <= IN_BY_BINADE[kind_3];
    amount <= amount_4[9] ? 6'd0 : amount_4[8:6] != 3'd0 ? 6'd63 : amount_4[5:0];
    if (background_5) background_wide <= amount == 6'd0;
  end

  // ---- clock 4: scratch; 5: shifter's input ----
  (* ram_style = "block", no_rw_check *) reg [31:0] scratch [0:255];
  reg  [31:0] kept, t_10;
  // a word that is never written is zero (program/serial.py: NOTHING)
  initial for (i = 0; i < 256; i = i + 1) scratch[i] = 32'd0;
  reg         write_10;
  wire        of_mean = IN_OF_MEAN[kind_4];
  always @(posedge clk) begin
    if (write_10) scratch[{3'd0, wr_10}] <= t_10;
    kept <= scratch[{3'd0, rd_4[4:1], rd_4[0] | (of_mean & below)}];
  end

  // What is not meant is zero, so that no choice is needed: the sum where there are no products, the word NOTHING.
  reg         counts_5, one_5, higher_5;
  always @(posedge clk) begin
    counts_5 <= IN_COUNTS[kind_4];
    background_5 <= IN_BACKGROUND[kind_4];
    higher_5 <= IN_BACKGROUND_RIGHT[kind_4];
    one_5 <= IN_ONE[kind_4];
  end
  wire [35:0] x = {high, low_a} | {4'd0, low_b} | {{4{kept[31]}}, kept} | {{(30-COUNT_BITS){1'b0}}, y_data & {COUNT_BITS{counts_5}}, 5'd0, one_5}
                | {23'd0, higher_5, 12'd0};

  wire negate_7 = IN_NEGATE[kind_7];
  wire [36:0] shifted;
  wire        half, shifted_over, shifted_sign;
  decay_serial_shift #(.TARGET(TARGET)) shifter (
    .clk(clk), .x(x), .amount(amount), .negate(negate_7),
    .y(shifted), .half(half), .over(shifted_over), .sign(shifted_sign)
  );

  // ---- clock 8: accumulator ----
  reg         adds, negated, rounds;   // to what it held; one more where something was complemented; half a unit
  reg         rounds_higher;
  reg  [37:0] accumulator;
  reg         forced, forced_sign;
  wire        carries = (negated ^ half) && rounds;
  always @(posedge clk) begin
    adds <= IN_ADDS[kind_7];
    negated <= negate_7;
    // the residual's right operand stands 16 places higher and is rounded there
    rounds <= IN_ROUNDS[kind_7];
    rounds_higher <= IN_BY_RESIDUAL[kind_7];
    accumulator <= (adds ? accumulator : {22'd0, rounds_higher, 15'd0}) + {shifted[36], shifted} + {37'd0, carries};
    forced <= shifted_over || (adds && forced);
    if (shifted_over) forced_sign <= shifted_sign;
  end

  // ---- clock 9: what becomes of it ----
  wire        sign = forced ? forced_sign : accumulator[37];
  wire        over = forced || accumulator[37:31] != {7{accumulator[37]}};
  wire        fits_16 = !forced && accumulator[37:15] == {23{accumulator[37]}};
  wire        fits_24 = !forced && accumulator[37:23] == {15{accumulator[37]}};
  wire [15:0] item = fits_16 ? accumulator[15:0] : {sign, {15{!sign}}};
  wire        rest = IN_REST[kind_9];
  wire [31:0] t = over ? {sign, {31{!sign}}} : accumulator[31:0];
  reg  [31:0] t_9;
  reg         write_9;

  always @* begin
    t_9 = t;
    if (rest) t_9[31:16] = 16'd0;
    if (rest && fits_24) t_9[15:8] = 8'd0;
    if (rest && fits_16) t_9[7:0] = 8'd0;
    write_9 = IN_WRITES[kind_9];
  end

  // binade of t where it is positive
  wire [31:1] size = t_10[31:1];
  reg  [4:3]  high_10, high_11;
  reg  [7:1]  byte_10, byte_11;
  reg  [3:1]  half_byte;
  reg  [4:0]  size_binade;
  always @* begin
    high_10[4] = size[31:16] != 16'd0;
    high_10[3] = high_10[4] ? size[31:24] != 8'd0 : size[15:8] != 8'd0;
    case (high_10)
      2'd3: byte_10 = size[31:25];
      2'd2: byte_10 = size[23:17];
      2'd1: byte_10 = size[15:9];
      default: byte_10 = size[7:1];
    endcase
    size_binade[4:3] = high_11;
    size_binade[2] = byte_11[7:4] != 4'd0;
    half_byte = size_binade[2] ? byte_11[7:5] : byte_11[3:1];
    size_binade[1] = half_byte[3:2] != 2'd0;
    size_binade[0] = size_binade[1] ? half_byte[3] : half_byte[1];
  end
  always @(posedge clk) begin
    high_11 <= high_10;
    byte_11 <= byte_10;
  end

  // ---- clock 10: written; 11: its binade; 12: compared ----
  wire signed [5:0] relative_binade = $signed({1'b0, binade}) - $signed({2'b00, width});
  reg         coarse, relative_coarse, residual_fine_10, residual_coarse_10, background_right_10;
  reg         mean_10, floor_10, background_10, residual_10, residual_11, residual_12;
  reg         mean_11, floor_11, background_11, over_10, over_11, relative_10;
  reg  [4:0]  binade_12;
  reg  signed [5:0] relative_binade_10;
  // compared without carries: a chain of these cells would do nothing else
  wire [5:0]  now_10 = {!relative_binade_10[5], relative_binade_10[4:0]}, least_10 = {!least_exponent[5], least_exponent[4:0]};
  wire        less_10 = now_10[5:4] < least_10[5:4] || (now_10[5:4] == least_10[5:4] &&
                        (now_10[3:2] < least_10[3:2] || (now_10[3:2] == least_10[3:2] && now_10[1:0] < least_10[1:0])));
  wire        more_12 = binade_12[4:3] > residual_binade[4:3] || (binade_12[4:3] == residual_binade[4:3] &&
                        (binade_12[2:1] > residual_binade[2:1] || (binade_12[2:1] == residual_binade[2:1] && binade_12[0] && !residual_binade[0])));
  // binade less 13, of 14 and more
  wire        any_12 = residual_binade[1] || residual_binade[0];
  wire [4:0]  less_13 = {residual_binade[4] && residual_binade[3] && residual_binade[2] && any_12, residual_binade[3] ^ (residual_binade[2] && any_12),
                         residual_binade[2] ^ any_12, residual_binade[1] ~^ residual_binade[0], !residual_binade[0]};
  wire        above_13 = residual_binade[4] || (residual_binade[3] && residual_binade[2] && residual_binade[1]);
  always @(posedge clk) begin
    if (IN_OPERAND_OUT[kind_9]) begin
      operand <= over ? {sign, {15{!sign}}} : fits_16 ? accumulator[15:0] : fits_24 ?
          accumulator[23:8] : accumulator[31:16];
      cut <= fits_16 ? 2'd0 : fits_24 ? 2'd1 : 2'd2;
    end
    if (IN_FLOOR[kind_9]) below <= sign;
    if (IN_LEFT_FINE[kind_9]) relative_coarse <= !fits_16;
    residual_fine_10 <= IN_FINE[kind_9];
    residual_coarse_10 <= IN_COARSE[kind_9];
    background_right_10 <= IN_BACKGROUND_RIGHT[kind_9];
    if (residual_fine_10) coarse <= over_10;
    t_10 <= t_9;
    write_10 <= write_9;
    anchor_10 <= IN_ANCHOR[kind_9];
    node_10 <= IN_NODE[kind_9];
    mean_10 <= IN_MEAN[kind_9];
    floor_10 <= IN_FLOOR_VALUE[kind_9];
    background_10 <= IN_BACKGROUND_VALUE[kind_9];
    over_10 <= over;
    residual_10 <= IN_RESIDUALS[kind_9];
    relative_10 <= IN_INDEX[kind_9];
    relative_binade_10 <= relative_binade;
    mean_11 <= mean_10;
    floor_11 <= floor_10;
    background_11 <= background_10;
    over_11 <= over_10;
    residual_12 <= residual_11;
    if (mean_11) mean_binade <= size_binade;
    if (floor_11) floor_binade <= size_binade;
    binade_12 <= size_binade;
    residual_11 <= residual_10 && !t_10[31];
  end

  always @(posedge clk) begin
    if (relative_10 && less_10) least_exponent <= relative_binade_10;
    if (residual_12 && more_12) residual_binade <= binade_12;
    if (background_11 && first_pass) background_exponent <= over_11 ? 6'sd31 : {1'b0, size_binade};
    if (begins) begin
      busy <= 1'b1;
      first_pass <= first;
      residual_coarse <= first ? 5'd16 : next_coarse;
      background_exponent <= least_exponent;
      least_exponent <= 6'sd31;
      residual_binade <= 5'd0;
    end
    if (ended) begin
      busy <= 1'b0;
      next_coarse <= less_13 & {5{above_13}};
    end
    if (rst) busy <= 1'b0;
  end

  // ---- clock 9: times 1/mu; 11: to the lane ----
  // 2^14 / (1 + (i + 1/2)/256), rounded: rtl/fit/program/tables.py has the same for the model
  (* ram_style = "block", no_rw_check *) reg [14:0] reciprocals [0:255];
  // verilator lint_off UNUSEDSIGNAL
  reg [31:0] rounded;   // wide for the division only
  // verilator lint_on UNUSEDSIGNAL
  initial begin
    for (i = 0; i < 256; i = i + 1) begin
      rounded = ((32'd1 << 24) + (32'd513 + (i << 1))) / (32'd1026 + (i << 2));
      reciprocals[i] = rounded[14:0];
    end
  end
  reg  [14:0] reciprocal;
  always @(posedge clk) if (IN_INDEX[kind_8]) reciprocal <= reciprocals[shifted[7:0]];

  // the lowest bits are rounded away
  // verilator lint_off UNUSEDSIGNAL
  wire [31:0] left_product;
  // verilator lint_on UNUSEDSIGNAL
  multiply #(.WIDTH_A(16), .WIDTH_B(16), .A_SIGNED(1), .B_SIGNED(0),
      .TARGET(TARGET)) left_multiplier (
    .clk(clk), .ce(1'b1), .a(item), .b({1'b0, reciprocal}), .p(left_product)
  );
  reg        left_10, left_11;
  reg  [3:0] left_item_10, left_item_11;
  always @(posedge clk) begin
    left_10 <= IN_LEFTS[kind_9] || (IN_LEFT_COARSE[kind_9] && relative_coarse);
    left_11 <= left_10;
    left_item_10 <= wr_9[3:0];
    left_item_11 <= left_item_10;
  end

  // ---- clock 10: upper half of what is written, rounded: the right operand of the item whose number the scratch word has ----
  wire        top = t_10[31:16] == 16'h7fff;
  wire        right_rounds = t_10[15] && !top && !residual_fine_10 && !residual_coarse_10;
  wire        right_10 = write_10 || background_right_10 || residual_fine_10 || (residual_coarse_10 && coarse);
  // a left item goes to the same memory: the program leaves the clock to it
  wire [15:0] put = (left_11 ? left_product[29:14] : t_10[31:16]) + {15'd0, left_11 ? left_product[13] : right_rounds};

  decay_serial_lane #(.ACCUMULATOR_BITS(ACCUMULATOR_BITS), .TARGET(TARGET)) lane (
    .clk(clk), .rst(rst), .components(components[1:0]), .start(begins), .busy(lane_busy), .held(lane_held),
        .residual_up(residual_up),
    .item_write(left_11 || (right_10 && !wr_10[4])), .item_left(left_11), .item(left_11 ? left_item_11 : wr_10[3:0]), .value(put),
    .go(IN_GO[kind_9]), .coarse(coarse), .relative_coarse(relative_coarse),
    .acc_address(acc_address), .acc_value(acc_value)
  );
endmodule
`default_nettype wire
