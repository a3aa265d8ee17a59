// The columns of an evaluation, kept, and the pass of another wavelength over them: the sums that its signals are in, and no others.
//
//   residual = y - offset - (sum_k A_k F_k + c0 Eg + c1 v Eg)
//   sums of weight x item x residual over the items of ta_pass, and of weight x residual^2
//
// Purpose    While ta_pass makes the columns of an evaluation they are written here too: F_k, Eg and v Eg as the model takes them, and the items times
//            their weights, without regard to which signals are missing. For another trace with the same lifetimes, t0 and width (variable projection)
//            a walk over the delays then reads them, a delay a clock, and the Gram matrix stays what it was. Same bits as ta_pass.
// Formats    as in ta_pass; the factor of the item 1 is the weight itself and has a place of its own
// Latency    `done` delays + 23 clocks behind start; sums 2 clocks behind acc_address; of_gradient with them: this address's sum is made here
// Throughput a delay a clock
// Overflow   residual saturates, sums cannot overflow
// Does not   know whether the columns are those of the coefficients: ta_pass does. Coefficients must stand from 4 clocks behind start on.
`default_nettype none
module ta_kept_pass #(
  parameter DELAYS_MAX = 512,
  // 18 or 20
  parameter WORD_BITS = 18,
  parameter ACCUMULATOR_BITS = 54,
  // multiplier cells: "generic" or "ecp5" (multiply.v)
  parameter [55:0] TARGET = "generic",
  parameter ADDRESS_BITS = $clog2(DELAYS_MAX)
) (
  input  wire                               clk,
  input  wire                               rst,
  // layout
  input  wire [2:0]                         components,
  input  wire                               extended,
  input  wire [ADDRESS_BITS:0]              delays,
  // columns: place 0 to 3 F_k, 3 Eg as well (extended: K is at most 3)
  input  wire                               value_write,
  input  wire [ADDRESS_BITS-1:0]            value_address,
  input  wire [1:0]                         value_place,
  input  wire [WORD_BITS-1:0]               value,
  input  wire                               slope_write,
  input  wire [ADDRESS_BITS-1:0]            slope_address,
  input  wire [18:0]                        slope_value,         // v Eg, below 1 in size
  input  wire                               left_write,
  input  wire [ADDRESS_BITS-1:0]            left_address,
  input  wire [3:0]                         left_item,
  input  wire [17:0]                        left,
  // walk
  input  wire                               start,
  output wire                               done,
  output wire [ADDRESS_BITS-1:0]            y_address,           // y, gone a clock behind their addresses
  input  wire [23:0]                        y,
  output wire [ADDRESS_BITS-1:0]            gone_address,
  input  wire                               gone,
  // coefficients: sizes and signs, of A_k in places 0 to 3 from the lowest bits on
  input  wire signed [23:0]                 offset,
  input  wire [5:0]                         amplitude_shift,
  input  wire [4*WORD_BITS+3:0]             amplitudes,
  input  wire [WORD_BITS:0]                 artefact,
  input  wire [WORD_BITS:0]                 slope,
  // sums
  input  wire [6:0]                         acc_address,
  output reg  signed [ACCUMULATOR_BITS-1:0] acc_value,
  output reg                                of_gradient
);
  // Rounding and saturation drop bits of sums and words.
  // verilator lint_off UNUSEDSIGNAL
  localparam N = ADDRESS_BITS, W = WORD_BITS, X = W - 18, A = ACCUMULATOR_BITS;
  localparam M = 41 + 2 * X;                    // of the model's sum
  localparam VALUES = 5, LEFTS = 10, ONE = 10;  // lefts from 1 on; the last is the weight
  wire [2:0] pairs_of = components + {2'd0, extended};
  wire [3:0] item_one = {pairs_of, 1'b0} + 4'd2;

  // ---- the walk: a delay a clock, from the clock on in which the coefficients stand ----
  localparam STAGES = 18;
  reg  [3:0]      begins;
  reg             walking;
  reg  [N:0]      next;
  reg             valid [0:STAGES-1];
  reg  [N-1:0]    at [0:9];
  integer         i;
  wire            over = next + {{N{1'b0}}, 1'b1} == delays;
  always @(posedge clk) begin
    begins <= {begins[2:0], start && !rst};
    if (walking) next <= next + {{N{1'b0}}, 1'b1};
    if (walking && over) walking <= 1'b0;
    if (begins[3]) begin
      walking <= 1'b1;
      next <= {(N+1){1'b0}};
    end
    valid[0] <= walking && !rst;
    at[0] <= next[N-1:0];
    for (i = 1; i < STAGES; i = i + 1) valid[i] <= valid[i-1] && !rst;
    for (i = 1; i < 10; i = i + 1) at[i] <= at[i-1];
    if (rst) begin
      begins <= 4'd0;
      walking <= 1'b0;
    end
  end
  assign y_address = at[6];
  assign gone_address = at[9];
  assign done = valid[STAGES-1] && !valid[STAGES-2];

  // ---- 1: values; 2: sizes of those there are, of their factors; 4: products; 5, 6: sum ----
  wire [2*W-1:0]  product_4 [0:VALUES-1];
  reg             minus_2 [0:VALUES-1];
  reg             minus_3 [0:VALUES-1];
  reg             minus_4 [0:VALUES-1];
  genvar          g;
  generate
    for (g = 0; g < VALUES; g = g + 1) begin : g_value
      localparam [2:0] PLACE = g;
      wire         writes;
      wire [W-1:0] size_1;
      wire         minus_1, there;
      wire [W:0]   factor;
      if (g < 4) begin : g_column
        (* ram_style = "block", no_rw_check *) reg [W-1:0] values [0:DELAYS_MAX-1];
        reg [W-1:0] read;
        assign writes = value_write && value_place == PLACE[1:0];
        always @(posedge clk) begin
          if (writes) values[value_address] <= value;
          read <= values[at[0]];
        end
        assign size_1 = read;
        assign minus_1 = 1'b0;
        if (g < 3) begin : g_component
          assign there = PLACE < components;
          assign factor = amplitudes[(W+1)*g +: W+1];
        end else begin : g_both
          assign there = extended || PLACE < components;
          assign factor = extended ? artefact : amplitudes[(W+1)*g +: W+1];
        end
      end else begin : g_slope
        (* ram_style = "block", no_rw_check *) reg [18:0] values [0:DELAYS_MAX-1];
        reg  [18:0] read;
        wire [18:0] size = read[18] ? -read : read;
        wire [W:0]  size_wide = {size[17:0], {(X+1){1'b0}}};
        assign writes = slope_write;
        always @(posedge clk) begin
          if (writes) values[slope_address] <= slope_value;
          read <= values[at[0]];
        end
        assign size_1 = size_wide[W:1];
        assign minus_1 = read[18];
        assign there = extended;
        assign factor = slope;
      end
      wire [W:0]  factor_size = factor[W] ? -factor : factor;
      reg [W-1:0] value_2, factor_2;
      always @(posedge clk) begin
        value_2 <= there ? size_1 : {W{1'b0}};
        factor_2 <= there ? factor_size[W-1:0] : {W{1'b0}};
        minus_2[g] <= factor[W] ^ (there && minus_1);
        minus_3[g] <= minus_2[g];
        minus_4[g] <= minus_3[g];
      end
      multiply #(.WIDTH_A(W), .WIDTH_B(W), .A_SIGNED(0), .B_SIGNED(0), .TARGET(TARGET)) of_model (
        .clk(clk), .ce(1'b1), .a(value_2), .b(factor_2), .p(product_4[g])
      );
    end
  endgenerate
  wire signed [M-1:0] signed_4 [0:VALUES-1];
  generate
    for (g = 0; g < VALUES; g = g + 1) begin : g_sign
      assign signed_4[g] = minus_4[g] ? -{5'd0, product_4[g]} : {5'd0, product_4[g]};
    end
  endgenerate
  reg signed [M-1:0] low_5, high_5, last_5, sum_6;
  always @(posedge clk) begin
    low_5 <= signed_4[0] + signed_4[1];
    high_5 <= signed_4[2] + signed_4[3];
    last_5 <= signed_4[4];
    sum_6 <= low_5 + high_5 + last_5;
  end

  // ---- 7: shifted; 8: rounded; 9: residual; 11: operand ----
  reg  signed [M:0]   wide_7;
  wire [M:0]          rounded_7 = wide_7 + {{M{1'b0}}, 1'b1};
  reg  signed [M-1:0] model_8;
  reg  signed [24:0]  above_8;                  // y - offset
  reg  signed [M:0]   difference_9;
  reg  signed [25:0]  residual_10;
  reg  [17:0]         residual_11, residual_12, residual_13, residual_14;
  reg                 coarse_11, coarse_12, coarse_13, coarse_14, coarse_15, coarse_16;
  wire                difference_fits = difference_9[M:25] == {(M-24){difference_9[M]}};
  wire                fine = residual_10[25:17] == {9{residual_10[25]}};
  wire signed [26:0]  lifted = {residual_10[25], residual_10} + 27'sd128;
  wire                lifted_over = !lifted[26] && lifted[25];
  always @(posedge clk) begin
    wide_7 <= $signed({sum_6, 1'b0}) >>> amplitude_shift;
    model_8 <= rounded_7[M:1];
    above_8 <= {y[23], y} - {offset[23], offset};
    difference_9 <= {{(M-24){above_8[24]}}, above_8} - {model_8[M-1], model_8};
    residual_10 <= difference_fits ? difference_9[25:0] : {difference_9[M], {25{~difference_9[M]}}};
    residual_11 <= fine ? residual_10[17:0] : lifted_over ? 18'h1ffff : lifted[25:8];
    residual_12 <= residual_11;
    residual_13 <= residual_12;
    residual_14 <= residual_13;
    coarse_11 <= !fine;
    coarse_12 <= coarse_11;
    coarse_13 <= coarse_12;
    coarse_14 <= coarse_13;
    coarse_15 <= coarse_14;
    coarse_16 <= coarse_15;
  end

  // ---- 10: lefts; 11: those of signals that are there; 13: products; 14: raised; sums behind them ----
  wire signed [A-1:0] sums [0:LEFTS];
  wire signed [35:0]  product_13 [1:LEFTS];
  generate
    for (g = 1; g <= LEFTS; g = g + 1) begin : g_left
      localparam [3:0] ITEM = g;
      (* ram_style = "block", no_rw_check *) reg [17:0] lefts [0:DELAYS_MAX-1];
      wire        is_one = left_item == item_one;
      wire        writes = left_write && (g == ONE ? is_one : !is_one && left_item == ITEM);
      wire        there = g == ONE || ITEM < item_one;
      reg  [17:0] read_10, left_11;
      reg  signed [43:0] raised_14;
      reg  signed [A-1:0] sum;
      always @(posedge clk) begin
        if (writes) lefts[left_address] <= left;
        read_10 <= lefts[at[9]];
        left_11 <= gone || !there ? 18'd0 : read_10;
        raised_14 <= coarse_13 ? {product_13[g], 8'd0} : {{8{product_13[g][35]}}, product_13[g]};
        if (valid[14]) sum <= sum + {{(A-44){raised_14[43]}}, raised_14};
        if (start) sum <= {A{1'b0}};
      end
      multiply #(.WIDTH_A(18), .WIDTH_B(18), .A_SIGNED(1), .B_SIGNED(1), .TARGET(TARGET)) of_residual_item (
        .clk(clk), .ce(1'b1), .a(left_11), .b(residual_11), .p(product_13[g])
      );
      assign sums[g] = sum;
    end
  endgenerate

  // ---- weight x residual^2; 14: weighted residual; 16: product; 17: term ----
  reg  [17:0]         weighted_14;
  wire signed [35:0]  square_16;
  reg  signed [43:0]  term_17;
  reg  signed [A-1:0] chi2;
  wire [35:0]         weighted_13 = product_13[ONE];
  multiply #(.WIDTH_A(18), .WIDTH_B(18), .A_SIGNED(1), .B_SIGNED(1), .TARGET(TARGET)) squares (
    .clk(clk), .ce(1'b1), .a(weighted_14), .b(residual_14), .p(square_16)
  );
  always @(posedge clk) begin
    weighted_14 <= weighted_13[33:16] + {17'd0, weighted_13[15]};
    term_17 <= coarse_16 ? {square_16, 8'd0} : ({{8{square_16[35]}}, square_16} + 44'sd128) >>> 8;
    if (valid[17]) chi2 <= chi2 + {{(A-44){term_17[43]}}, term_17};
    if (start) chi2 <= {A{1'b0}};
  end
  assign sums[0] = chi2;

  // ---- pair (i, 0) stands at i(i+1)/2 ----
  reg  [3:0] item, place;
  reg        of_residual;
  always @* begin
    of_residual = 1'b1;
    case (acc_address)
      7'd0: item = 4'd0;
      7'd1: item = 4'd1;
      7'd3: item = 4'd2;
      7'd6: item = 4'd3;
      7'd10: item = 4'd4;
      7'd15: item = 4'd5;
      7'd21: item = 4'd6;
      7'd28: item = 4'd7;
      7'd36: item = 4'd8;
      7'd45: item = 4'd9;
      7'd55: item = 4'd10;
      default: begin
        item = 4'd0;
        of_residual = 1'b0;
      end
    endcase
  end
  reg of_residual_q;
  always @(posedge clk) begin
    place <= item == item_one ? 4'd10 : item;
    of_residual_q <= of_residual;
    acc_value <= sums[place];
    of_gradient <= of_residual_q;
  end
  // verilator lint_on UNUSEDSIGNAL
endmodule
`default_nettype wire
