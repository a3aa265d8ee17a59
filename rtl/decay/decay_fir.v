// Sum of products at the pass's input, shifted and rounded; also expands float words (states, background, anchor).
//
//   result = saturate(round(sum_i (-1)^s_i m_i g_i / 2^shift)),  shift that of the last word
//   a float word m 2^e becomes m 2^(W-1) / 2^(W-1-e-scale): the same sum with one term
//
// Purpose    One multiplier for the input FIR, group inputs al g + be g_before, the shift column's input; a second one for the FIR of the next
//            component, which sees the same g: its sum waits until `take` sends it the same way.
// Formats    words {negative, magnitude[W-1:0], exponent[7:0]}, shift -16..63 in exponent[6:0]; g unsigned of W bits, result signed
//            of 2W bits
// Latency    7 clocks from word and g (same clock), or from `take`, to result. Throughput: one product of each multiplier a clock.
// Overflow   result saturates. A background needs 8 more fraction bits: `result_wide` says it lacks them (they are zero).
// Does not   check that sums of more than eight products fit, that no sum of the first multiplier ends in the clock of `take`.
`default_nettype none
module decay_fir #(
  // bits of magnitudes and of g
  parameter WORD_BITS = 16,
  // multiplier cells: "generic", "ice40" or "ecp5" (multiply.v)
  parameter [55:0] TARGET = "generic"
) (
  input  wire                          clk,
  // one product
  input  wire [WORD_BITS+8:0]          word,
  input  wire [WORD_BITS-1:0]          g,
  input  wire                          first,
  input  wire                          last,
  input  wire                          as_float,
  input  wire [5:0]                    scale,       // of a float word: its result has this many fraction bits
  input  wire                          more,        // 8 more
  input  wire [2:0]                    kind,        // 0: none; 1: a state's
  // the other product: with_other, first as above
  // verilator lint_off UNUSEDSIGNAL
  input  wire [WORD_BITS+8:0]          other_word,
  // verilator lint_on UNUSEDSIGNAL
  input  wire                          with_other,
  input  wire                          take,        // what the other sum has become is a state's result
  // sum
  output reg  signed [2*WORD_BITS-1:0] state,       // the last result of kind 1
  output reg  signed [2*WORD_BITS-1:0] result,      // of another kind
  output reg                           result_wide,
  output reg  [2:0]                    result_kind
);
  localparam W = WORD_BITS, S = 2 * W, SUM = S + 4, TOP = SUM + 16;   // shifts to the left reach 16
  localparam [31:0] UNIT_32 = W - 1;
  localparam signed [9:0] UNIT = UNIT_32[9:0];
  localparam [2:0] NONE = 3'd0, STATE = 3'd1;

  // words come from memories: they are held first. Clocks behind that: product at 2, sum at 3, coarse shift at 4, fine shift at 5, result at 6
  reg  [W+8:0] word_0;
  reg  [W-1:0] g_0;
  reg          first_0, last_0, float_0, more_0;
  reg  [5:0]   scale_0;
  reg  [2:0]   kind_0;
  reg          other_negative_0;
  reg  [W-1:0] other_0;
  reg  [6:0]   other_amount_0;
  reg          with_0, take_0;
  always @(posedge clk) begin
    word_0 <= word;
    g_0 <= g;
    first_0 <= first;
    last_0 <= last;
    float_0 <= as_float;
    scale_0 <= scale;
    more_0 <= more;
    kind_0 <= kind;
    {other_negative_0, other_0} <= other_word[W+8:8];
    other_amount_0 <= other_word[6:0];
    with_0 <= with_other;
    take_0 <= take;
  end
  wire [S-1:0] product;
  multiply #(.WIDTH_A(W), .WIDTH_B(W), .A_SIGNED(0), .B_SIGNED(0), .TARGET(TARGET)) multiplier (
    .clk(clk), .ce(1'b1), .a(word_0[W+7:8]), .b(g_0), .p(product)
  );

  wire [S-1:0] other_product;
  multiply #(.WIDTH_A(W), .WIDTH_B(W), .A_SIGNED(0), .B_SIGNED(0), .TARGET(TARGET)) other_multiplier (
    .clk(clk), .ce(1'b1), .a(other_0), .b(g_0), .p(other_product)
  );

  reg signed [9:0] amount_1;
  reg        negative_1, first_1, last_1, float_1, more_1, some_1;
  reg [2:0]  kind_1, kind_2, kind_3, kind_4, kind_5;
  reg        negative_2, first_2, wide_2, force_2, wide_3, force_3, wide_4, force_4, wide_5, force_5;
  reg [6:0]  amount_2, amount_3;                          // two's complement
  reg [2:0]  amount_4;
  reg [6:0]  other_amount_1, other_amount_2, other_amount;
  reg        other_negative_1, other_negative_2, with_1, with_2, take_1, take_2, take_3;
  reg signed [SUM-1:0] sum, other_sum;
  reg signed [TOP:0]   coarse, fine;

  wire signed [9:0] room = {{2{word_0[7]}}, word_0[7:0]} + {4'd0, scale_0} + {6'd0, more_0, 3'd0};
  wire       lacks = more_1 && amount_1 < 10'sd0;
  wire signed [9:0] amount_wide = lacks ? amount_1 + 10'sd8 : amount_1;
  wire [S-1:0] signed_product = negative_2 ? ~product : product;
  // a negative zero is no term
  wire [SUM-1:0] term = {{4{negative_2}}, signed_product};
  wire [S-1:0] other_signed = other_negative_2 ? ~other_product : other_product;
  wire signed [S-1:0] rounded = fine[S:1] + {{(S-1){1'b0}}, fine[0]};
  // told before the rounding carry is known
  wire over = fine[TOP:S] != {(TOP-S+1){fine[TOP]}} || fine[S:0] == {1'b0, {S{1'b1}}};

  always @(posedge clk) begin
    amount_1 <= float_0 ? UNIT - room : {{3{word_0[6]}}, word_0[6:0]};
    float_1 <= float_0;
    more_1 <= more_0 && float_0;
    some_1 <= word_0[W+7:8] != {W{1'b0}};
    negative_1 <= word_0[W+8];
    first_1 <= first_0;
    last_1 <= last_0;
    kind_1 <= kind_0;

    amount_2 <= amount_wide > 10'sd63 ? 7'd63 : amount_wide[6:0];
    force_2 <= float_1 && amount_wide < 10'sd0 && some_1;
    wide_2 <= lacks;
    negative_2 <= negative_1;
    first_2 <= first_1;
    kind_2 <= take_1 ? STATE : last_1 ? kind_1 : NONE;

    // a sum without products stays
    other_amount_1 <= other_amount_0;
    other_negative_1 <= other_negative_0 && other_0 != {W{1'b0}};
    with_1 <= with_0;
    take_1 <= take_0;
    other_amount_2 <= other_amount_1;
    other_negative_2 <= other_negative_1;
    with_2 <= with_1;
    take_2 <= take_1;
    take_3 <= take_2;
    if (with_2) begin
      other_sum <= (first_2 ? {SUM{1'b0}} : other_sum) + {{4{other_negative_2}}, other_signed} + {{(SUM-1){1'b0}}, other_negative_2};
      other_amount <= other_amount_2;
    end

    sum <= (first_2 ? {SUM{1'b0}} : sum) + term + {{(SUM-1){1'b0}}, negative_2};
    amount_3 <= amount_2;
    force_3 <= force_2;
    wide_3 <= wide_2;
    kind_3 <= kind_2;

    coarse <= $signed({take_3 ? other_sum : sum, 17'd0}) >>> {(take_3 ? other_amount[6:3] : amount_3[6:3]) + 4'd2, 3'd0};
    amount_4 <= take_3 ? other_amount[2:0] : amount_3[2:0];
    force_4 <= force_3 && !take_3;
    wide_4 <= wide_3;
    kind_4 <= kind_3;

    fine <= coarse >>> amount_4;
    force_5 <= force_4;
    wide_5 <= wide_4;
    kind_5 <= kind_4;

    if (kind_5 == STATE) state <= over || force_5 ? {fine[TOP], {(S-1){!fine[TOP]}}} : rounded;
    else if (kind_5 != NONE) begin
      result <= over || force_5 ? {fine[TOP], {(S-1){!fine[TOP]}}} : rounded;
      result_wide <= wide_5;
    end
    result_kind <= kind_5;
  end
endmodule
`default_nettype wire
