// The arithmetic of the fit processor: one pipeline for every instruction that makes a register or an output word.
//
//   c + a*b, c - a*b; reciprocal seed; 2^(floor(64a)/64) and a - floor(64a)/64; round; min, max, |a|, select, power of two;
//   integer * 2^exponent -> number (IN); number -> output word (OUTM, OUTW, OUTX); a < b
//
// Number:     {sign, exponent[9:0], mantissa[W-1:0]}, W = WORD_BITS, value = mantissa * 2^(exponent - W), leading one explicit;
//             zero is {0, -512, 0}. Bit for bit host/model/fit_float.c: three guard bits, cut bits dropped before the sum, rounding
//             half away from zero, once.
// Operands:   a_word, b_word, c_word come from the register file, whose addresses the processor chooses per instruction:
//               c +- a*b                a, b, c        min, max, a < b      a, -, b       select      a, c, b
//               seed, exp2, rest, round, |a|, power     -, -, a             IN            -, -, c
//               OUTM, OUTX              a, -, a        OUTW                 c, b, a
//             OUTW: a, with its sign turned where b is negative, on the exponent of c plus that of b.
// Latency:    op in clock t, operands in t+1, a_less in t+2, in_value and in_exponent in t+3, result, out_word in t+9.
//             Throughput one instruction a clock; nothing ever waits.
// Overflow:   largest magnitude; underflow: zero.
// Method:     both addends lie in a frame of W+4 bits on the larger of the exponents (the product not normalised, its fourth guard
//             bit used only where normalising would have kept it). A negative sum is inverted, and the one that is missing is added
//             with the rounding, when everything below the kept bits is ones.
// Not given:  a valid bit (the processor counts clocks), a reset, words that are not canonical.
`default_nettype none

module fit_float_unit #(
  // mantissa bits: 16, 18 or 20
  parameter WORD_BITS = 16,
  // see rtl/arith/multiply.v
  parameter [55:0] TARGET = "generic",
  // its multiplier: a TARGET, or "adders"
  parameter [55:0] MULTIPLIER = TARGET
) (
  input  wire                  clk,

  // instruction and operands
  input  wire [4:0]            op,
  input  wire [WORD_BITS+10:0] a_word,
  input  wire [WORD_BITS+10:0] b_word,
  input  wire [WORD_BITS+10:0] c_word,
  input  wire [53:0]           in_value,
  input  wire [9:0]            in_exponent,

  // results
  output wire                  a_less,
  output wire [WORD_BITS+10:0] result,
  output wire [31:0]           out_word
);

  localparam W = WORD_BITS;
  localparam FRAME = W + 4;
  // The normaliser's input: W + 1 bits from any of 32 places on.
  localparam SPAN = W + 32;

  localparam [4:0] OP_FMA  = 5'd0;
  localparam [4:0] OP_FMS  = 5'd1;
  localparam [4:0] OP_RCP  = 5'd2;
  localparam [4:0] OP_EX2  = 5'd3;
  localparam [4:0] OP_FRC  = 5'd4;
  localparam [4:0] OP_RND  = 5'd5;
  localparam [4:0] OP_MIN  = 5'd6;
  localparam [4:0] OP_MAX  = 5'd7;
  localparam [4:0] OP_ABS  = 5'd8;
  localparam [4:0] OP_SEL  = 5'd9;
  localparam [4:0] OP_POW  = 5'd10;
  localparam [4:0] OP_IN   = 5'd11;
  localparam [4:0] OP_OUTM = 5'd12;
  localparam [4:0] OP_OUTW = 5'd13;
  localparam [4:0] OP_OUTX = 5'd14;

  // ---- clock t: decode ----
  reg fma1, fms1, rcp1, ex2_1, frc1, rnd1, min1, max1, abs1, sel1, pow1, in1, outm1, outw1, outx1;
  always @(posedge clk) begin
    fma1  <= op == OP_FMA || op == OP_FMS;
    fms1  <= op == OP_FMS;
    rcp1  <= op == OP_RCP;
    ex2_1 <= op == OP_EX2;
    frc1  <= op == OP_FRC;
    rnd1  <= op == OP_RND;
    min1  <= op == OP_MIN;
    max1  <= op == OP_MAX;
    abs1  <= op == OP_ABS || op == OP_POW;
    sel1  <= op == OP_SEL;
    pow1  <= op == OP_POW;
    in1   <= op == OP_IN;
    outm1 <= op == OP_OUTM;
    outw1 <= op == OP_OUTW;
    outx1 <= op == OP_OUTX;
  end

  // ---- clock t+1: compare, choose, exponent of the product (ECP5: in t+2) ----
  wire a_sign = a_word[W+10];
  wire [9:0] b_exponent = b_word[W+9:W];
  wire select_a = sel1 & ~b_word[W+10];
  wire out1 = outm1 | outw1 | outx1;
  wire fixed1 = ex2_1 | frc1 | rnd1;

  localparam [31:0] FROM_EX2 = W - 2;
  localparam [31:0] FROM_FRC = 9;
  localparam [31:0] FROM_RND = W + 3;
  wire [10:0] fixed_exponent1 = ({11{ex2_1}} & FROM_EX2[10:0]) | ({11{frc1}} & FROM_FRC[10:0])
                              | ({11{rnd1}} & FROM_RND[10:0]);

  wire a_less2;
  reg sign2;
  // Where the first operand is taken (minimum, maximum, choice) nothing is added to it: no sum waits for the choice.
  wire take2;
  wire taken_sign2;
  wire [9:0] taken_exponent2;
  wire [W-1:0] taken_mantissa2;
  wire c_sign2;
  wire [9:0] c_inverse2;               // its exponent, inverted: what is subtracted has no inverters before the carries
  wire [W-1:0] c_mantissa2;
  wire [10:0] p_exponent2;
  reg nothing2;
  reg turned2;
  reg fma2, rcp2, ex2_2, frc2, rnd2, in2, out2, outm2, outw2, outx2;
  always @(posedge clk) begin
    sign2 <= a_sign ^ b_word[W+10] ^ fms1;
    // no second addend: the product is zero, or there is none
    turned2 <= outw1 & b_word[W+10];
    nothing2 <= fma1 ? ~(a_word[W-1] & b_word[W-1]) : ~(fixed1 | out1);
    fma2  <= fma1;
    rcp2  <= rcp1;
    ex2_2 <= ex2_1;
    frc2  <= frc1;
    rnd2  <= rnd1;
    in2   <= in1;
    out2  <= out1;
    outm2 <= outm1;
    outw2 <= outw1;
    outx2 <= outx1;
  end
  assign a_less = a_less2;

  // What is compared comes late out of the register file: the ECP5's block memories take more than half a clock of 100 MHz. There comparison
  // and choice are made behind registers, in a small part before them. Both give the same in the same clock.
  generate
    if (TARGET == "ecp5") begin : g_choice_behind
      reg [W+10:0] a_then, c_then;
      reg [9:0] b_exponent_then;
      reg min_then, max_then, select_then, abs_then, rcp_then, pow_then, fma_then, outw_then, out_then;
      reg [10:0] fixed_exponent_then;
      wire less;
      fit_compare #(.WORD_BITS(W)) u_compare (
        .a(a_then), .c(c_then), .take_min(min_then), .take_max(max_then), .take_always(select_then), .less(less), .take_a(take2)
      );
      always @(posedge clk) begin
        a_then <= a_word;
        b_exponent_then <= b_exponent;
        c_then <= c_word;
        min_then <= min1;
        max_then <= max1;
        select_then <= select_a;
        abs_then <= abs1;
        rcp_then <= rcp1;
        pow_then <= pow1;
        fma_then <= fma1;
        outw_then <= outw1;
        out_then <= out1;
        fixed_exponent_then <= fixed_exponent1;
      end
      assign a_less2 = less;
      assign {taken_sign2, taken_exponent2, taken_mantissa2} = a_then;
      assign c_sign2 = c_then[W+10] & ~abs_then;
      assign c_inverse2 = ~c_then[W+9:W] ^ {10{rcp_then}};
      assign c_mantissa2 = {c_then[W-1], c_then[W-2:0] & {(W - 1){~pow_then}}};
      wire [9:0] on_top2 = b_exponent_then & {10{fma_then | outw_then}};
      assign p_exponent2 = fma_then | out_then ? {a_then[W+9], a_then[W+9:W]} + {on_top2[9], on_top2} : fixed_exponent_then;
    end else begin : g_choice_before
      wire less, take_a;
      wire [9:0] a_exponent = a_word[W+9:W];
      fit_compare #(.WORD_BITS(W), .PAIRS(1)) u_compare (
        .a(a_word), .c(c_word), .take_min(min1), .take_max(max1), .take_always(select_a), .less(less), .take_a(take_a)
      );
      wire [10:0] product_exponent1 = {a_exponent[9], a_exponent} + {b_exponent[9], b_exponent};
      wire [W+10:0] chosen = take_a ? a_word : c_word;
      reg less_q, sign_q;
      reg [9:0] exponent_q;
      reg [W-1:0] mantissa_q;
      reg [10:0] p_exponent_q;
      always @(posedge clk) begin
        less_q <= less;
        sign_q <= chosen[W+10] & ~abs1;
        exponent_q <= ~chosen[W+9:W] ^ {10{rcp1}};
        mantissa_q <= {chosen[W-1], chosen[W-2:0] & {(W - 1){~pow1}}};
        p_exponent_q <= fma1 | outw1 ? product_exponent1 : fixed_exponent1 | ({11{outm1 | outx1}} & {a_exponent[9], a_exponent});
      end
      assign a_less2 = less_q;
      assign {take2, taken_sign2, taken_exponent2, taken_mantissa2} = {(W + 12){1'b0}};
      assign c_sign2 = sign_q;
      assign c_inverse2 = exponent_q;
      assign c_mantissa2 = mantissa_q;
      assign p_exponent2 = p_exponent_q;
    end
  endgenerate

  wire [2*W-1:0] product;
  multiply #(
    .WIDTH_A(W),
    .WIDTH_B(W),
    .A_SIGNED(0),
    .B_SIGNED(0),
    .TARGET(MULTIPLIER)
  ) u_multiply (
    .clk(clk),
    .ce(1'b1),
    .a(a_word[W-1:0]),
    .b(b_word[W-1:0]),
    .p(product)
  );

  // ---- clock t+2: distance of the exponents; floor of a negative number by m - 1 and inversion later ----
  wire [9:0] c_exponent2 = ~c_inverse2;
  wire [11:0] p_wide2 = {p_exponent2[10], p_exponent2};
  wire one_less2 = c_sign2 & (ex2_2 | frc2 | rnd2);
  // Limits of exponents by their bits: a comparison with a number would be a carry chain. An OUTX's above 127 + W, below W - 128: W <= 31.
  wire from_w2 = c_exponent2[6:5] != 2'd0 || c_exponent2[4:0] >= W[4:0];
  wire over_nine2 = ~c_exponent2[9] & ((|c_exponent2[8:4]) | (c_exponent2[3] & (|c_exponent2[2:1])));

  wire [11:0] ahead2 = p_wide2 + {{2{c_inverse2[9]}}, c_inverse2} + 12'd1;
  wire far_exponent2 = ex2_2 & over_nine2;

  reg [11:0] ahead3;
  reg c_shifts3, c_stands3;
  reg [W-1:0] c_mantissa3;
  reg c_fill3;
  reg [11:0] c_inverse3, p_exponent3;
  reg sign3, c_sign3, nothing3, far_exponent3, force3, kill3;
  reg fma3, rcp3, ex2_3, frc3, rnd3, in3, out3, outw3, outx3;
  always @(posedge clk) begin
    ahead3 <= ahead2;
    c_stands3 <= ~in2 & (nothing2 | (ahead2[11] & ~out2 & ~far_exponent2));
    c_shifts3 <= ~nothing2 & (~ahead2[11] | out2 | far_exponent2);
    c_mantissa3 <= take2 ? taken_mantissa2 : c_mantissa2 + {W{one_less2}};
    c_fill3 <= one_less2;
    // IN: 53 bits, of which one is added below as for all; the seed: -a - 1 + 1
    c_inverse3 <= take2 ? ~{{2{taken_exponent2[9]}}, taken_exponent2} : {{2{c_inverse2[9]}}, c_inverse2} - {6'd0, in2, in2, 2'd0, in2, in2 | rcp2};
    p_exponent3 <= frc2 ? 12'hffe : p_wide2;
    sign3 <= sign2;
    c_sign3 <= take2 ? taken_sign2 : c_sign2 ^ turned2;
    nothing3 <= nothing2;
    far_exponent3 <= far_exponent2;
    force3 <= outx2 & ~c_exponent2[9] & (c_exponent2[8] | (c_exponent2[7] & from_w2));
    kill3 <= (outx2 & c_exponent2[9] & ~(c_exponent2[8] & c_exponent2[7] & from_w2))
           | (outm2 & (c_sign2 | ~c_mantissa2[W-1]))
           | ((ex2_2 & c_sign2 | frc2) & over_nine2);
    fma3  <= fma2;
    rcp3  <= rcp2;
    ex2_3 <= ex2_2;
    frc3  <= frc2;
    rnd3  <= rnd2;
    in3   <= in2;
    out3  <= out2;
    outw3 <= outw2;
    outx3 <= outx2;
  end

  // ---- clock t+3: which addend stands, which is shifted; shift by 16, 8 and 4; an integer's upper or lower part ----
  wire ones3 = force3 | (outw3 & ahead3[11]);
  // Behind, it is one more: then it is the product that is shifted, or nothing, and the one place is in its source.
  wire [11:0] distance3 = ahead3 ^ {12{ahead3[11]}};
  wire [4:0] shift3 = distance3[4:0] & {5{~ones3}};
  // The rest's source has W + 15 bits: W - 17 of them are left after a shift by 32.
  wire by32_3 = (W > 17) & frc3 & (distance3[11:5] == 7'd1);
  wire [W-1:0] left32_3 = c_mantissa3 >> 17;
  wire gone3 = ((|distance3[11:5]) & ~ones3 & ~by32_3) | nothing3 | (~c_shifts3 & ~fma3) | far_exponent3;
  // The last bit of the frame exists only for a product below 1/2 that stands before the other addend.
  wire last3 = ~fma3 | (~product[2*W-1] & ~ahead3[11] & (|ahead3));
  wire [FRAME-1:0] p_frame3 = product[2*W-1:W-4];
  wire [FRAME-1:0] c_frame3 = {c_mantissa3, {4{c_fill3}}};
  localparam [FRAME-1:0] HALF_OUT = {{(FRAME - 4){1'b0}}, 4'd8};
  localparam [FRAME-1:0] ONE_EX2 = {{(FRAME - 7){1'b0}}, 7'd64};
  localparam [FRAME-1:0] MUCH_EX2 = {{(FRAME - 17){1'b0}}, 17'h10000};
  wire [FRAME-1:0] constants3 = ({FRAME{out3}} & HALF_OUT) | ({FRAME{ex2_3}} & ONE_EX2)
                              | ({FRAME{far_exponent3}} & MUCH_EX2);
  wire in_sign3 = in_value[53];
  wire in_small3 = in_value[52:21] == {32{in_sign3}};
  wire [SPAN-1:0] in_span3 = (in_small3 ? {in_value[20:0], {(W + 11){1'b0}}} : in_value[52:21-W]) & {SPAN{in3}};
  wire p_stands3 = c_shifts3 & fma3;
  wire [FRAME-1:0] stands3 = (p_frame3 & {FRAME{p_stands3}}) | (c_frame3 & {FRAME{c_stands3}})
                           | constants3 | in_span3[SPAN-2:27];

  wire [FRAME+14:0] source3 =
      by32_3    ? {{(FRAME + 15 - W){1'b0}}, left32_3}
    : frc3      ? {4'd0, c_mantissa3, {15{c_fill3}}}
    : c_shifts3 ? {15'd0, c_mantissa3 | {W{ones3}}, {4{c_fill3}}}
    :             {16'd0, p_frame3[FRAME-1:1]};
  wire [FRAME+14:0] by16_3 = shift3[4] ? {16'd0, source3[FRAME+14:16]} : source3;
  wire [FRAME+6:0] by8_3 = shift3[3] ? by16_3[FRAME+14:8] : by16_3[FRAME+6:0];
  wire [FRAME+2:0] by4_3 = shift3[2] ? by8_3[FRAME+6:4] : by8_3[FRAME+2:0];

  reg [FRAME:0] stands4;
  reg [FRAME+2:1] shifted4;
  reg [3:0] last_shifted4;
  reg [1:0] shift4;
  reg gone4, upper_gone4, upper_invert4, invert4, subtract4, carry4, sign4, kill4;
  reg [11:0] exponent4;
  reg [26:0] in_span4;
  reg in_sign4, in_small4, in_clean4;
  reg [9:0] in_exponent4;
  reg rcp4, ex2_4, frc4, rnd4, out4, outw4, outx4;
  always @(posedge clk) begin
    stands4 <= {in_span3[SPAN-1], stands3[FRAME-1:1], stands3[0] & (last3 | ~c_shifts3)};
    shifted4 <= by4_3[FRAME+2:1];
    shift4 <= shift3[1:0];
    gone4 <= gone3;
    last_shifted4 <= by4_3[3:0] & {4{last3}};
    upper_gone4 <= gone3 | frc3;
    upper_invert4 <= fma3 ? sign3 ^ c_sign3 : c_sign3 & (ex2_3 | out3);
    invert4 <= fma3 ? sign3 ^ c_sign3 : c_sign3 & (ex2_3 | frc3 | out3);
    subtract4 <= fma3 & (sign3 ^ c_sign3);
    carry4 <= fma3 ? sign3 ^ c_sign3 : rnd3;
    sign4 <= (c_shifts3 & fma3 ? sign3 : c_sign3) & ~(ex2_3 | frc3 | in3);
    exponent4 <= c_shifts3 ? p_exponent3 : ~c_inverse3;
    kill4 <= kill3;
    in_span4 <= in_span3[26:0];
    in_sign4 <= in3 & in_sign3;
    in_small4 <= in3 & in_small3;
    in_clean4 <= ~in3 | in_small3 | ~(|in_value[20-W:0]);
    in_exponent4 <= in_exponent & {10{in3}};
    rcp4  <= rcp3;
    ex2_4 <= ex2_3;
    frc4  <= frc3;
    rnd4  <= rnd3;
    out4  <= out3;
    outw4 <= outw3;
    outx4 <= outx3;
  end

  // ---- clock t+4: the rest of the shift, the sum. The rest has W bits: nothing above them. ----
  wire [FRAME:1] by2_4 = (shift4[1] ? shifted4[FRAME+2:3] : shifted4[FRAME:1])
                       & {{(FRAME - W){~upper_gone4}}, {W{~gone4}}};
  wire [1:0] last2_4 = (shift4[1] ? last_shifted4[3:2] : last_shifted4[1:0]) & {2{~gone4}};
  wire [FRAME-1:1] by1_4 = shift4[0] ? by2_4[FRAME:2] : by2_4[FRAME-1:1];
  wire last_4 = shift4[0] ? last2_4[1] : last2_4[0];
  wire [FRAME:0] moves4 = {1'b0, by1_4[FRAME-1:W+1], by1_4[W] & ~frc4, by1_4[W-1:1], last_4}
                        ^ {{5{upper_invert4}}, {W{invert4}}};
  wire [FRAME:0] sum4 = stands4 + moves4 + {{FRAME{1'b0}}, carry4};

  reg [SPAN-1:0] span5;
  reg [11:0] exponent5;
  reg negative5, sign5, clean5, small5, kill5;
  reg rcp5, ex2_5, out5, outw5, outx5;
  always @(posedge clk) begin
    span5 <= {sum4[FRAME:1], sum4[0] & ~rnd4, in_span4};
    clean5 <= in_clean4;
    negative5 <= in_sign4 | (subtract4 & sum4[FRAME]);
    small5 <= in_small4;
    sign5 <= sign4;
    exponent5 <= exponent4 + {{2{in_exponent4[9]}}, in_exponent4} + 12'd1;
    kill5 <= kill4;
    rcp5  <= rcp4;
    ex2_5 <= ex2_4;
    out5  <= out4;
    outw5 <= outw4;
    outx5 <= outx4;
  end

  // ---- clock t+5: shift left by 16; address of the table ----
  wire zero16_5 = (span5[SPAN-1:SPAN-16] == {16{negative5}}) & ~(out5 | rcp5);
  wire [SPAN-1:0] positive5 = span5 ^ {SPAN{negative5}};
  wire [7:0] drop16_5 = exponent5[11:4] - {6'd0, small5, zero16_5};

  reg [W+15:0] span6;
  reg [11:0] exponent6;
  reg negative6, sign6, clean6, table6, kill6, out6, outw6, outx6;
  reg zero8_6;                         // the 8 bits on top of span6 are zero
  // 0..255 seeds, 256..319 powers, 511 zero
  wire [8:0] address_5 = {~rcp5, rcp5 ? span5[W+29:W+22] : {2'b00, span5[32:27]} | {8{~ex2_5 | kill5}}};
  always @(posedge clk) begin
    span6 <= zero16_5 ? positive5[W+15:0] : positive5[SPAN-1:16];
    zero8_6 <= ~(|(zero16_5 ? positive5[W+15:W+8] : positive5[SPAN-1:SPAN-8])) & ~out5;
    clean6 <= clean5 & (zero16_5 | (&positive5[15:0]));
    exponent6 <= ex2_5 ? span5[44:33] : {drop16_5, exponent5[3:0]};
    negative6 <= negative5;
    sign6 <= sign5 ^ negative5;
    table6 <= rcp5 | ex2_5;
    kill6 <= kill5;
    out6 <= out5;
    outw6 <= outw5;
    outx6 <= outx5;
  end

  // The table's words without their leading one. In an ECP5 a register stands behind the block memory, in a small part before it.
  wire [W-2:0] table7;
  generate
    if (TARGET == "ecp5") begin : g_table_held
      wire [W-2:0] found;
      reg [W-2:0] held;
      fit_table #(
        .WORD_BITS(W)
      ) u_table (
        .clk(clk),
        .address(address_5),
        .word(found)
      );
      always @(posedge clk) held <= found;
      assign table7 = held;
    end else begin : g_table
      reg [8:0] address6;
      always @(posedge clk) address6 <= address_5;
      fit_table #(
        .WORD_BITS(W)
      ) u_table (
        .clk(clk),
        .address(address6),
        .word(table7)
      );
    end
  endgenerate

  // ---- clock t+6: shift left by 8 and 4 ----
  wire [W+7:0] by8_6 = (zero8_6 ? span6[W+7:0] : span6[W+15:8]) & {(W + 8){~(kill6 | table6)}};
  wire zero4_6 = ~(|by8_6[W+7:W+4]) & ~out6;
  wire [1:0] drop6 = {zero8_6, zero4_6} & {2{~table6}};

  localparam [31:0] OUT_FROM = W + 1;
  reg [W+3:0] span7;
  reg [11:0] exponent7;
  reg negative7, sign7, clean7, leading7, out7, outw7, outx7;
  always @(posedge clk) begin
    span7 <= zero4_6 ? by8_6[W+3:0] : by8_6[W+7:4];
    clean7 <= clean6 & (zero8_6 | (&span6[7:0])) & (zero4_6 | (&by8_6[3:0]));
    // what is killed is zero as an output word, too
    exponent7 <= kill6 ? OUT_FROM[11:0] : {exponent6[11:2] - {8'd0, drop6}, exponent6[1:0]};
    negative7 <= negative6;
    sign7 <= sign6;
    leading7 <= table6 & ~kill6;
    out7 <= out6;
    outw7 <= outw6;
    outx7 <= outx6;
  end

  // ---- clock t+7: shift left by 2 and 1, or the table's word ----
  wire zero2_7 = ~(|span7[W+3:W+2]) & ~out7;
  wire [W+1:0] by2_7 = (zero2_7 ? span7[W+1:0] : span7[W+3:2]) | {leading7, table7, 2'b00};
  wire zero1_7 = ~by2_7[W+1] & ~out7;
  wire [W:0] by1_7 = zero1_7 ? by2_7[W:0] : by2_7[W+1:1];
  wire clean_7 = clean7 & (zero2_7 | (&span7[1:0])) & (zero1_7 | by2_7[0]);

  reg [11:0] past8;                    // exponent less OUT_FROM, less one more where its negative is meant: its inverse is that
  reg [W:0] mantissa8;
  reg round8, sign8, out8, outw8, outx8;
  reg [11:0] exponent8;
  always @(posedge clk) begin
    mantissa8 <= by1_7;
    round8 <= (by1_7[0] | (negative7 & clean_7)) & ~out7;
    out8 <= out7;
    exponent8 <= exponent7 - {10'd0, {zero2_7, zero1_7} & {2{~leading7}}};
    past8 <= exponent7 + {~OUT_FROM[11:1], outx7};
    sign8 <= sign7;
    outw8 <= outw7;
    outx8 <= outx7;
  end

  // ---- clock t+8: round, saturate; clip the exponent of an output word ----
  wire [W-1:0] rounded8 = mantissa8[W:1] + {{(W - 1){1'b0}}, round8};
  // the carry out of the sum, without its chain
  wire up8 = (&mantissa8[W:1]) & round8;
  wire top8 = &exponent8[8:0];
  // an output word's mantissa is neither
  wire over8 = ~exponent8[11] & ((|exponent8[10:9]) | (top8 & up8)) & ~out8;
  wire under8 = ((exponent8[11] & ~(&exponent8[10:9]) & ~(top8 & up8 & exponent8[10])) | ~mantissa8[W]) & ~out8;
  wire [9:0] exponent_8 = exponent8[9:0] + {9'd0, up8};

  wire [11:0] out_exponent8 = past8 ^ {12{~outx8}};
  wire out_high8 = ~out_exponent8[11] & (outx8 ? |out_exponent8[10:7] : |out_exponent8[10:6]);
  wire out_low8 = outw8 & out_exponent8[11] & ~(&out_exponent8[10:4]);

  reg [W+10:0] result9;
  reg last9;
  reg [7:0] out_exponent9;
  always @(posedge clk) begin
    if (under8) result9 <= {1'b0, 10'h200, {W{1'b0}}};
    else if (over8) result9 <= {sign8, 10'h1ff, {W{1'b1}}};
    else result9 <= {sign8, exponent_8, rounded8[W-1] | up8, rounded8[W-2:0]};
    last9 <= mantissa8[0];
    // OUTM 0..63, OUTW -16..63 in 7 bits, OUTX -128..127
    if (out_exponent8[11] & ~outx8 & ~outw8) out_exponent9 <= 8'd0;
    else if (out_low8) out_exponent9 <= 8'h70;
    else if (out_high8) out_exponent9 <= outx8 ? 8'd127 : 8'd63;
    else out_exponent9 <= {out_exponent8[7] & outx8, out_exponent8[6:0]};
  end
  assign result = result9;
  assign out_word = {out_exponent9, {(23 - W){result9[W-1]}}, result9[W-1:0], last9};
endmodule

`default_nettype wire
