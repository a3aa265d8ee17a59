// The base columns of a delay: one slot a component, one for the Gaussian, one more for the artefact's columns.
//
//   v = (t - t0) B/s,  Eg = 2^(-v^2);  of a component:  z = v - k',  q = k' z,
//   F = 2^(-2q - k'^2) Phi(z/B) for z > 0, else Eg 1/2 erfcx(-z/(B sqrt 2));  W = q F
//
// Slots      kind 0: first = F, second = W;  kind 1: first = Eg, second = v Eg;  kind 2: first = Eg, second = v^2 Eg
// Purpose    One pipeline for all kinds: exponent, factor, product, then the product with q, v or v^2. Also lends the pass a multiplier.
// Formats    X = WORD_BITS - 18. t 32 bits, t0 with X fraction bits, v, z 16 + X (v 32 + X bits), q and the exponents 18 + X; first unsigned
//            18 + X fraction bits, below 1; second 18 fraction bits, 24 bits signed, of first's upper 18 bits. Rounding as in host/model/ta_pass.c.
// Latency    first 26 clocks, second 27 clocks behind slot. Throughput a slot every second clock: the stages share 5 multipliers (6 cells); t stands with its slot.
// Overflow   v saturates at 32 + X bits, q at 24 + X, the second factor at 18, z at 8 in the tables (F is zero or Phi one there)
// Does not   know which delay it works on.
`default_nettype none
module ta_basis #(
  // 18 or 20
  parameter WORD_BITS = 18,
  // multiplier cells: "generic", "ice40" or "ecp5" (multiply.v)
  parameter [55:0] TARGET = "generic",
  // 1: as few cells as there can be; adders multiply instead (with "ecp5")
  parameter FEW_CELLS = 0
) (
  input  wire               clk,
  // slot: in every second clock
  input  wire               turn,               // one stands
  input  wire [1:0]         kind,
  input  wire signed [31:0] t,
  input  wire [1:0]         component,
  // coefficients
  input  wire signed [23:0] t0,
  input  wire [WORD_BITS-1:0] inverse,
  input  wire [5:0]         inverse_shift,      // less 1
  output wire [1:0]         k_component,        // whose coefficients stand at the following, in the same clock
  input  wire [WORD_BITS-1:0] k_mantissa,
  input  wire [5:0]         k_shift,            // less 1
  input  wire [WORD_BITS-1:0] k_fixed,
  input  wire [WORD_BITS+3:0] k_square,
  // a product of the pass: operands three clocks behind a slot's 24, product two behind them
  input  wire [WORD_BITS-1:0] model_a,
  input  wire [WORD_BITS-1:0] model_b,
  output wire [2*WORD_BITS-1:0] model_product,
  // columns
  output reg  [WORD_BITS-1:0] first,
  output reg  signed [23:0] second
);
  // Rounding and saturation drop bits of sums and words.
  // verilator lint_off UNUSEDSIGNAL
  localparam W = WORD_BITS, X = W - 18;
  localparam INDEX_BITS = W == 18 ? 8 : 9;      // of the factor's table, with the side of t0
  localparam [31:0] SCALE_MAX = 20 + X;

  // ---- kinds and components of the stages ----
  reg [3:0] tag [1:24];
  integer i;
  always @(posedge clk) begin
    tag[1] <= {kind, component};
    for (i = 2; i < 25; i = i + 1) tag[i] <= tag[i-1];
  end

  // ---- 1: t - t0; 3: times B/s; 4, 5: shifted, rounded, saturated ----
  localparam P = 51 + 2 * X;
  reg  signed [32+X:0] distance_1, z_6;
  reg  [W-1:0]         k_6;
  wire signed [P-1:0]  scaled_3;
  reg  signed [P-1:0]  scaled_4;
  reg  signed [31+X:0] v_5;
  wire signed [P-1:0]  halved_4 = (scaled_4 + $signed({{(P-1){1'b0}}, 1'b1})) >>> 1;
  wire                 v_fits = halved_4[P-1:31+X] == {(P-31-X){halved_4[P-1]}};
  wire signed [32+X:0] t_wide = {{(X+1){t[31]}}, t};
  wire signed [32+X:0] t_up = t_wide <<< X;
  // with k' z: operands of odd and of even stages take turns, here and below
  wire signed [32+X:0] scale_a = turn ? z_6 : distance_1;
  wire [W-1:0]         scale_b = turn ? k_6 : inverse;
  generate
    if (TARGET == "ecp5" && W == 20) begin : g_long
      multiply_long #(.WIDTH_A(33 + X), .WIDTH_B(W), .A_SIGNED(1), .HIGH_ADDERS(FEW_CELLS)) scale (.clk(clk), .ce(1'b1), .a(scale_a), .b(scale_b), .p(scaled_3));
    end else begin : g_two
      // upper bits, lower 18
      wire signed [P-19:0] upper;
      wire [17+W:0]        lower;
      multiply #(.WIDTH_A(15 + X), .WIDTH_B(W), .A_SIGNED(1), .B_SIGNED(0), .TARGET(FEW_CELLS != 0 && TARGET == "ecp5" ? "adders" : TARGET)) scale (
        .clk(clk), .ce(1'b1), .a(scale_a[32+X:18]), .b(scale_b), .p(upper)
      );
      multiply #(.WIDTH_A(18), .WIDTH_B(W), .A_SIGNED(0), .B_SIGNED(0), .TARGET(TARGET)) scale_low (
        .clk(clk), .ce(1'b1), .a(scale_a[17:0]), .b(scale_b), .p(lower)
      );
      assign scaled_3 = {upper, 18'd0} + {{(P-18-W){1'b0}}, lower};
    end
  endgenerate
  always @(posedge clk) begin
    distance_1 <= t_up - {{(9+X){t0[23]}}, t0};
    scaled_4 <= scaled_3 >>> inverse_shift;
    v_5 <= v_fits ? halved_4[31+X:0] : {halved_4[P-1], {(31+X){~halved_4[P-1]}}};
  end

  // ---- 6: z; 7: |z|, |v|; 8: place in the table, |v| / 2; 10: v^2, k' z; 11: rounded ----
  assign k_component = tag[5][1:0];
  reg  [5:0]         k_shift_6, k_shift_7, k_shift_8;
  reg  [W+3:0]       k_square_6;
  reg  [W-1:0]       half_6;
  reg  signed [31+X:0] v_6;
  reg  signed [17:0] v_cut_7;
  reg                late_7, late_8;
  reg  [32+X:0]      z_size_7;
  reg  [W:0]         place_8;
  // |v| + 1
  wire [32+X:0]      v_up = ({(33+X){v_5[31+X]}} ^ {v_5[31+X], v_5}) + {{(31+X){1'b0}}, v_5[31+X], !v_5[31+X]};
  wire [32+X:0]      v_quarter = {v_6[31+X], v_6} + {{31{1'b0}}, 1'b1, {(X+1){1'b0}}};
  wire               v_cut_fits = v_quarter[32+X:19+X] == {14{v_quarter[32+X]}};
  always @(posedge clk) begin
    z_6 <= {v_5[31+X], v_5} - {15'd0, k_fixed};
    k_6 <= k_mantissa;
    k_shift_6 <= k_shift;
    k_square_6 <= k_square;
    v_6 <= v_5;
    half_6 <= (|v_up[32+X:19+X]) ? {W{1'b1}} : v_up[W:1];
    v_cut_7 <= v_cut_fits ? v_quarter[19+X:2+X] : {v_quarter[32+X], {17{~v_quarter[32+X]}}};
    late_7 <= !z_6[32+X] && (|z_6);
    z_size_7 <= z_6[32+X] ? -z_6 : z_6;
    k_shift_7 <= k_shift_6;
    late_8 <= late_7;
    place_8 <= (|z_size_7[32+X:19+X]) ? {(W+1){1'b1}} : z_size_7[W:0];
    k_shift_8 <= k_shift_7;
  end

  wire signed [P-1:0] q_wide_8 = scaled_3;
  reg  signed [P-1:0] q_wide_9;
  reg  signed [23+X:0] q_10;
  wire signed [P-1:0] q_half = (q_wide_9 + $signed({{(P-1){1'b0}}, 1'b1})) >>> 1;
  wire               q_fits = q_half[P-1:23+X] == {(P-23-X){q_half[P-1]}};
  reg  [2*W-1:0]     square_9;
  wire [2*W-1:0]     product_21;                // also v^2, two clocks behind half_6
  reg  [23+X:0]      v_square_10;
  always @(posedge clk) begin
    q_wide_9 <= q_wide_8 >>> k_shift_8;
    square_9 <= product_21;
    q_10 <= q_fits ? q_half[23+X:0] : {q_half[P-1], {(23+X){~q_half[P-1]}}};
    v_square_10 <= square_9[2*W-1:12+X] + {{(23+X){1'b0}}, square_9[11+X]};
  end

  // ---- 11: exponent, second factor ----
  reg  [W+3:0]       k_square_7, k_square_8, k_square_9, k_square_10;
  reg                late_9, late_10;
  reg  signed [17:0] v_cut_8, v_cut_9, v_cut_10;
  reg  [24+X:0]      exponent_11;
  reg  signed [17:0] second_11;
  wire               by_q = tag[10][3:2] == 2'd0;
  wire [24+X:0]      q_exponent = {q_10, 1'b0} + {3'd0, k_square_10};
  wire signed [24+X:0] cut = (by_q ? {q_10[23+X], q_10} : {1'b0, v_square_10}) + {{19{1'b0}}, 1'b1, {(X+5){1'b0}}};
  wire               cut_fits = cut[24+X:23+X] == {2{cut[24+X]}};
  always @(posedge clk) begin
    k_square_7 <= k_square_6;
    k_square_8 <= k_square_7;
    k_square_9 <= k_square_8;
    k_square_10 <= k_square_9;
    late_9 <= late_8;
    late_10 <= late_9;
    v_cut_8 <= v_cut_7;
    v_cut_9 <= v_cut_8;
    v_cut_10 <= v_cut_9;
    exponent_11 <= by_q && late_10 ? q_exponent : {1'b0, v_square_10};
    second_11 <= tag[10][3:2] == 2'd1 ? v_cut_10 : cut_fits ? cut[23+X:6+X] : {cut[24+X], {17{~cut[24+X]}}};
  end

  // ---- 16: factor; 19: power ----
  wire [W:0] factor_16, power_19;
  wire [14:0] factor_rest, power_rest;
  wire signed [17:0] factor_slope, power_slope;
  wire signed [32:0] line_product;
  reg  [W:0] factor_17, factor_18, factor_19;
  ta_interpolate #(
    .INDEX_BITS(INDEX_BITS), .REST_BITS(W + 2 - INDEX_BITS), .TABLE_FILE(W == 18 ? "ta_factor_18.hex" : "ta_factor_20.hex"), .WORD_BITS(W), .TARGET(TARGET)
  ) factors (
    .clk(clk), .x({!late_8, place_8}), .rest(factor_rest), .slope(factor_slope), .product(line_product), .value(factor_16)
  );
  ta_interpolate #(
    .INDEX_BITS(5), .REST_BITS(W - 5), .TABLE_FILE(W == 18 ? "ta_exp2_18.hex" : "ta_exp2_20.hex"), .WORD_BITS(W), .TARGET(TARGET)
  ) powers (
    .clk(clk), .x(exponent_11[W-1:0]), .rest(power_rest), .slope(power_slope), .product(line_product), .value(power_19)
  );
  multiply #(.WIDTH_A(15), .WIDTH_B(18), .A_SIGNED(0), .B_SIGNED(1), .TARGET(TARGET)) lines (
    .clk(clk), .ce(1'b1), .a(turn ? factor_rest : power_rest), .b(turn ? factor_slope : power_slope), .p(line_product)
  );

  // ---- 21: product; 24: scaled, rounded ----
  reg  [6:0]         down [12:22];
  reg  signed [17:0] seconds [12:23];
  integer            n;
  always @(posedge clk) begin
    down[12] <= exponent_11[24+X:W];
    for (n = 13; n < 23; n = n + 1) down[n] <= down[n-1];
    seconds[12] <= second_11;
    for (n = 13; n < 24; n = n + 1) seconds[n] <= seconds[n-1];
    factor_17 <= factor_16;
    factor_18 <= factor_17;
    factor_19 <= tag[18][3:2] == 2'd0 ? factor_18 : {1'b1, {W{1'b0}}};
  end
  reg  [W:0]   power_20, power_21, factor_20, factor_21;
  reg  [2*W:0] product_22;
  reg  [W+1:0] value_23;                       // with a bit below the point
  reg  [W-1:0] first_24, first_25;
  multiply #(.WIDTH_A(W), .WIDTH_B(W), .A_SIGNED(0), .B_SIGNED(0), .TARGET(TARGET)) joiner (
    .clk(clk), .ce(1'b1), .a(turn ? half_6 : power_19[W-1:0]), .b(turn ? half_6 : factor_19[W-1:0]), .p(product_21)
  );
  wire [6:0]  down_22 = down[22];
  wire [2*W:0] value_22 = product_22 >> down_22;
  wire [W+1:0] value_24 = value_23 + {{(W+1){1'b0}}, 1'b1};
  always @(posedge clk) begin
    power_20 <= power_19;
    power_21 <= power_20;
    factor_20 <= factor_19;
    factor_21 <= factor_20;
    // one does not fit the multiplier
    product_22 <= factor_21[W] ? {power_21, {W{1'b0}}} : power_21[W] ? {factor_21, {W{1'b0}}} : {1'b0, product_21};
    value_23 <= down_22 > SCALE_MAX[6:0] ? {(W+2){1'b0}} : value_22[2*W:W-1];
    first_24 <= value_24[W+1] ? {W{1'b1}} : value_24[W:1];
  end

  // ---- 26: times the second factor ----
  // size and sign: the pass's product has no sign either
  reg  [17:0]        size_24;
  reg                minus_24, minus_25, minus_26;
  wire [W:0]         size_wide = {{(X+1){1'b0}}, size_24};
  wire [W-1:0]       size_up = size_wide[W-1:0];
  wire [W-1:0]       first_cut = first_24 >> X;
  multiply #(.WIDTH_A(W), .WIDTH_B(W), .A_SIGNED(0), .B_SIGNED(0), .TARGET(TARGET)) tail (
    .clk(clk), .ce(1'b1), .a(turn ? size_up : model_a), .b(turn ? first_cut : model_b), .p(model_product)
  );
  reg of_v_25, of_v_26;
  // the product, negated where it is negative, and half a unit of the result
  wire signed [36:0] column_26 = $signed({37{minus_26}} ^ {1'b0, model_product[35:0]}) +
                                 $signed({23'd0, of_v_26, 1'b0, !of_v_26, 11'd0} + {36'd0, minus_26});
  always @(posedge clk) begin
    size_24 <= seconds[23][17] ? -seconds[23] : seconds[23];
    minus_24 <= seconds[23][17];
    minus_25 <= minus_24;
    minus_26 <= minus_25;
    first_25 <= first_24;
    first <= first_25;
    of_v_25 <= tag[24][3:2] == 2'd1;
    of_v_26 <= of_v_25;
    second <= of_v_26 ? {column_26[36], column_26[36:14]} : column_26[35:12];
  end
  // verilator lint_on UNUSEDSIGNAL
endmodule
`default_nettype wire
