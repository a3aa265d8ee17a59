// The base columns of a delay: one slot a component, one for the Gaussian, one more for the artefact's columns.
//
//   v = (t - t0) B/s,  Eg = 2^(-v^2);  of a component:  z = v - k',  q = k' z,
//   F = 2^(-2q - k'^2) Phi(z/B) for z > 0, else Eg 1/2 erfcx(-z/(B sqrt 2));  W = q F
//
// Slots      kind 0: first = F, second = W;  kind 1: first = Eg, second = v Eg;  kind 2: first = Eg, second = v^2 Eg
// Purpose    One pipeline for all kinds: exponent, factor, product, then the product with q, v or v^2. Also lends the pass a multiplier.
// Formats    t 32 bits, v, z 16 fraction bits (v 32 bits), q and the exponents 18; first unsigned 18 fraction bits, below 1; second 18
//            fraction bits, 24 bits signed. Rounding as in host/model/ta_pass.c.
// Latency    first 26 clocks, second 27 clocks behind slot. Throughput a slot every second clock: the stages share 6 multipliers; t stands with its slot.
// Overflow   v saturates at 32 bits, q at 24, the second factor at 18, z at 8 in the tables (F is zero or Phi one there)
// Does not   know which delay it works on.
`default_nettype none
module ta_basis #(
  // multiplier cells: "generic", "ice40" or "ecp5" (multiply.v)
  parameter [55:0] TARGET = "generic"
) (
  input  wire               clk,
  // slot: in every second clock
  input  wire               turn,               // one stands
  input  wire [1:0]         kind,
  input  wire signed [31:0] t,
  input  wire [1:0]         component,
  // coefficients
  input  wire signed [23:0] t0,
  input  wire [17:0]        inverse,
  input  wire [5:0]         inverse_shift,      // less 1
  output wire [1:0]         k_component,        // whose coefficients stand at the following, in the same clock
  input  wire [17:0]        k_mantissa,
  input  wire [5:0]         k_shift,            // less 1
  input  wire [17:0]        k_fixed,
  input  wire [21:0]        k_square,
  // a product of the pass: operands three clocks behind a slot's 24, product two behind them
  input  wire [17:0]        model_a,
  input  wire [17:0]        model_b,
  output wire [35:0]        model_product,
  // columns
  output reg  [17:0]        first,
  output reg  signed [23:0] second
);
  // Rounding and saturation drop bits of sums and words.
  // verilator lint_off UNUSEDSIGNAL
  // ---- kinds and components of the stages ----
  reg [3:0] tag [1:24];
  integer i;
  always @(posedge clk) begin
    tag[1] <= {kind, component};
    for (i = 2; i < 25; i = i + 1) tag[i] <= tag[i-1];
  end

  // ---- 1: t - t0; 3: times B/s; 4, 5: shifted, rounded, saturated ----
  reg  signed [32:0] distance_1, z_6;
  reg  [17:0]        k_6;
  wire signed [50:0] scaled_3;
  reg  signed [50:0] scaled_4;
  reg  signed [31:0] v_5;
  wire signed [50:0] halved_4 = (scaled_4 + 51'sd1) >>> 1;
  wire               v_fits = halved_4[50:31] == {20{halved_4[50]}};
  // with k' z: operands of odd and of even stages take turns, here and below
  multiply #(.WIDTH_A(33), .WIDTH_B(18), .A_SIGNED(1), .B_SIGNED(0), .TARGET(TARGET)) scale (
    .clk(clk), .ce(1'b1), .a(turn ? z_6 : distance_1), .b(turn ? k_6 : inverse), .p(scaled_3)
  );
  always @(posedge clk) begin
    distance_1 <= {t[31], t} - {{9{t0[23]}}, t0};
    scaled_4 <= scaled_3 >>> inverse_shift;
    v_5 <= v_fits ? halved_4[31:0] : {halved_4[50], {31{~halved_4[50]}}};
  end

  // ---- 6: z; 7: |z|, |v|; 8: place in the table, |v| / 2; 10: v^2, k' z; 11: rounded ----
  assign k_component = tag[5][1:0];
  reg  [5:0]         k_shift_6, k_shift_7, k_shift_8;
  reg  [21:0]        k_square_6;
  reg  [17:0]        half_6;
  reg  signed [31:0] v_6;
  reg  signed [17:0] v_cut_7;
  reg                late_7, late_8;
  reg  [32:0]        z_size_7;
  reg  [18:0]        place_8;
  // |v| + 1
  wire [32:0]        v_up = ({33{v_5[31]}} ^ {v_5[31], v_5}) + {31'd0, v_5[31], !v_5[31]};
  wire [32:0]        v_quarter = {v_6[31], v_6} + 33'd2;
  wire               v_cut_fits = v_quarter[32:19] == {14{v_quarter[32]}};
  always @(posedge clk) begin
    z_6 <= {v_5[31], v_5} - {15'd0, k_fixed};
    k_6 <= k_mantissa;
    k_shift_6 <= k_shift;
    k_square_6 <= k_square;
    v_6 <= v_5;
    half_6 <= (|v_up[32:19]) ? 18'h3ffff : v_up[18:1];
    v_cut_7 <= v_cut_fits ? v_quarter[19:2] : {v_quarter[32], {17{~v_quarter[32]}}};
    late_7 <= !z_6[32] && z_6 != 33'sd0;
    z_size_7 <= z_6[32] ? -z_6 : z_6;
    k_shift_7 <= k_shift_6;
    late_8 <= late_7;
    place_8 <= (|z_size_7[32:19]) ? 19'h7ffff : z_size_7[18:0];
    k_shift_8 <= k_shift_7;
  end

  wire signed [50:0] q_wide_8 = scaled_3;
  reg  signed [50:0] q_wide_9;
  reg  signed [23:0] q_10;
  wire signed [50:0] q_half = (q_wide_9 + 51'sd1) >>> 1;
  wire               q_fits = q_half[50:23] == {28{q_half[50]}};
  reg  [35:0]        square_9;
  wire [35:0]        product_21;                // also v^2, two clocks behind half_6
  reg  [23:0]        v_square_10;
  always @(posedge clk) begin
    q_wide_9 <= q_wide_8 >>> k_shift_8;
    square_9 <= product_21;
    q_10 <= q_fits ? q_half[23:0] : {q_half[50], {23{~q_half[50]}}};
    v_square_10 <= square_9[35:12] + {23'd0, square_9[11]};
  end

  // ---- 11: exponent, second factor ----
  reg  [21:0]        k_square_7, k_square_8, k_square_9, k_square_10;
  reg                late_9, late_10;
  reg  signed [17:0] v_cut_8, v_cut_9, v_cut_10;
  reg  [24:0]        exponent_11;
  reg  signed [17:0] second_11;
  wire               by_q = tag[10][3:2] == 2'd0;
  wire [24:0]        q_exponent = {q_10, 1'b0} + {3'd0, k_square_10};
  wire signed [24:0] cut = (by_q ? {q_10[23], q_10} : {1'b0, v_square_10}) + 25'sd32;
  wire               cut_fits = cut[24:23] == {2{cut[24]}};
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
    second_11 <= tag[10][3:2] == 2'd1 ? v_cut_10 : cut_fits ? cut[23:6] : {cut[24], {17{~cut[24]}}};
  end

  // ---- 16: factor; 19: power ----
  wire [18:0] factor_16, power_19;
  reg  [18:0] factor_17, factor_18, factor_19;
  ta_interpolate #(.INDEX_BITS(8), .REST_BITS(12), .TABLE_FILE("ta_factor.hex"), .TARGET(TARGET)) factors (
    .clk(clk), .second(turn), .x({!late_8, place_8}), .value(factor_16)
  );
  ta_interpolate #(.INDEX_BITS(5), .REST_BITS(13), .TABLE_FILE("ta_exp2.hex"), .TARGET(TARGET)) powers (
    .clk(clk), .second(!turn), .x(exponent_11[17:0]), .value(power_19)
  );

  // ---- 21: product; 24: scaled, rounded ----
  reg  [6:0]         down [12:22];
  reg  signed [17:0] seconds [12:23];
  integer            n;
  always @(posedge clk) begin
    down[12] <= exponent_11[24:18];
    for (n = 13; n < 23; n = n + 1) down[n] <= down[n-1];
    seconds[12] <= second_11;
    for (n = 13; n < 24; n = n + 1) seconds[n] <= seconds[n-1];
    factor_17 <= factor_16;
    factor_18 <= factor_17;
    factor_19 <= tag[18][3:2] == 2'd0 ? factor_18 : 19'h40000;
  end
  reg  [18:0] power_20, power_21, factor_20, factor_21;
  reg  [36:0] product_22;
  reg  [19:0] value_23;                        // with a bit below the point
  reg  [17:0] first_24, first_25;
  multiply #(.WIDTH_A(18), .WIDTH_B(18), .A_SIGNED(0), .B_SIGNED(0), .TARGET(TARGET)) joiner (
    .clk(clk), .ce(1'b1), .a(turn ? half_6 : power_19[17:0]), .b(turn ? half_6 : factor_19[17:0]), .p(product_21)
  );
  wire [6:0]  down_22 = down[22];
  wire [36:0] value_22 = product_22 >> down_22;
  wire [19:0] value_24 = value_23 + 20'd1;
  always @(posedge clk) begin
    power_20 <= power_19;
    power_21 <= power_20;
    factor_20 <= factor_19;
    factor_21 <= factor_20;
    // one does not fit the multiplier
    product_22 <= factor_21[18] ? {power_21, 18'd0} : power_21[18] ? {factor_21, 18'd0} : {1'b0, product_21};
    value_23 <= down_22 > 7'd20 ? 20'd0 : value_22[36:17];
    first_24 <= value_24[19] ? 18'h3ffff : value_24[18:1];
  end

  // ---- 26: times the second factor ----
  // size and sign: the pass's product has no sign either
  reg  [17:0]        size_24;
  reg                minus_24, minus_25, minus_26;
  multiply #(.WIDTH_A(18), .WIDTH_B(18), .A_SIGNED(0), .B_SIGNED(0), .TARGET(TARGET)) tail (
    .clk(clk), .ce(1'b1), .a(turn ? size_24 : model_a), .b(turn ? first_24 : model_b), .p(model_product)
  );
  reg of_v_25, of_v_26;
  // the product, negated where it is negative, and half a unit of the result
  wire signed [36:0] column_26 = $signed({37{minus_26}} ^ {1'b0, model_product}) +
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
