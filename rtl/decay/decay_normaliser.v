// Operands of the pair sums: left = J / mu, (y - mu) / mu, right = J, y - mu.
//
//   left_i  = round(saturate(round(J_i 2^FQ / 2^E)) r),    r = 1 / (mu / 2^E) from a table, FQ = W - 5
//   left_0  = round(saturate(round((y - mu) 2^RQ / 2^E)) r), RQ = W - 2; 8 bits coarser when it does not fit (relative_coarse)
//   right_i = saturate(round(J_i / 2^W)),                  right of the background: the group's width
//   right_0 = y - mu in units of 2^rf, in units of 2^rc when it does not fit (coarse)
// Items: 0 residual, 1 + 2k c_k, 2 + 2k -v_k, 2K + 1 shift column, 2K + 2 background.
//
// Purpose    One shifter and one multiplier for all items of a group. Follows the recursion's clocks in the step that normalises
//            (norm): in clock 3 and 4 of a frame c and v come from the states' memory, in 5 and 6 of the first frame the residual
//            is taken for left and right, in 5 and 6 of the last one the shift column, and the residual again (with one component
//            in 9 and 10).
// Formats    states, residual signed 2W bits; left, right signed W bits
// Latency    left 7 clocks, right 2 clocks behind the clock in which an item is taken; `go` 8 clocks behind the last
// Throughput an item a clock
// Overflow   saturates
// Does not   hold an item: lanes keep them.
`default_nettype none
module decay_normaliser #(
  parameter WORD_BITS = 16,
  // multiplier cells: "generic", "ice40" or "ecp5" (multiply.v)
  parameter [55:0] TARGET = "generic"
) (
  input  wire                          clk,
  input  wire                          rst,
  input  wire [2:0]                    components,
  // residual operand: shifts rf and rc
  input  wire [5:0]                    residual_fine,
  input  wire [5:0]                    residual_coarse,
  // the recursion's clocks
  // verilator lint_off UNUSEDSIGNAL
  input  wire [11:0]                   at,
  // verilator lint_on UNUSEDSIGNAL
  input  wire                          early_first,
  input  wire                          early_norm,
  input  wire [1:0]                    middle_component,
  input  wire                          middle_first,
  input  wire                          middle_last,
  input  wire                          middle_norm,
  input  wire [1:0]                    early_component,
  input  wire                          late_norm,
  input  wire signed [2*WORD_BITS-1:0] state,
  input  wire signed [2*WORD_BITS-1:0] shift_item,
  // the group
  input  wire [5:0]                    exponent,
  input  wire [7:0]                    index,
  input  wire signed [2*WORD_BITS-1:0] residual,
  input  wire [WORD_BITS-1:0]          background_operand,
  input  wire [3:0]                    width,
  // items to the lanes
  output wire                          left_write,
  output wire [5:0]                    left_address,     // {group modulo 4, item}
  output reg  [WORD_BITS-1:0]          left,
  output wire                          right_write,
  output wire [5:0]                    right_address,
  output reg  [WORD_BITS-1:0]          right,
  output reg                           go,               // the group's items are all written
  output reg  [1:0]                    go_group,
  output wire [WORD_BITS-1:0]          right_residual,   // with go
  output reg                           coarse,
  output reg                           relative_coarse
);
  localparam W = WORD_BITS, S = 2 * W, RQ = W - 2;
  localparam Z = S + RQ + 1;
  localparam [31:0] RQ_32 = RQ;
  localparam [5:0] RQ_6 = RQ_32[5:0];
  localparam [1:0] COLUMN = 2'd0, RELATIVE = 2'd1, FINE = 2'd2, COARSE = 2'd3;

  // ---- what is taken in this clock ----
  // the layout's, which stands long before a pass: from registers of its own, as what else depends on it lies all over the part
  reg        one;
  reg  [3:0] double_components;
  always @(posedge clk) begin
    one <= components == 3'd1;
    double_components <= {components, 1'b0};
  end
  wire take_c = at[3] && early_norm;
  wire take_v = at[4] && middle_norm;
  wire take_relative = at[5] && middle_norm && middle_first;
  wire take_fine = at[6] && middle_norm && middle_first;
  wire take_shift = one ? at[9] && late_norm : at[5] && middle_last && middle_norm;
  wire take_coarse = one ? at[10] && late_norm : at[6] && middle_last && middle_norm;

  // ---- item, shift, window ----
  reg signed [S-1:0] x;
  reg [S-1:0]        minus;
  reg [1:0]          group;
  reg                valid_1, valid_2, valid_3, valid_4, valid_5, valid_6, valid_7;
  reg [1:0]          kind_1, kind_2, kind_3, kind_4;
  reg [5:0]          item_1, item_2, item_3, item_4, item_5, item_6, item_7;
  reg [5:0]          shift_q;
  wire [5:0]         shift_1 = kind_1[1] ? shift_q : exponent;
  reg [2:0]          shift_2;
  reg signed [Z-1:0] z_a, z_b;

  always @* begin
    minus = -state;
    if (state[S-1] && minus[S-1]) minus = {1'b0, {(S-1){1'b1}}};
  end

  always @(posedge clk) begin
    x <= take_c ? state : take_v ? minus : take_shift ? shift_item : residual;
    valid_1 <= take_c || take_v || take_relative || take_shift || take_fine || take_coarse;
    kind_1 <= take_relative ? RELATIVE : take_fine ? FINE : take_coarse ? COARSE : COLUMN;
    shift_q <= (take_fine ? residual_fine : residual_coarse) + RQ_6;
    if (take_c && early_first) group <= group + 2'd1;
    item_1[5:4] <= take_c && early_first ? group + 2'd1 : group;
    item_1[3:0] <= take_c ? {1'b0, early_component, 1'b0} + 4'd1 : take_v ? {1'b0, middle_component, 1'b0} + 4'd2 :
                   take_shift ? double_components + 4'd1 : take_coarse ? double_components + 4'd2 : 4'd0;
    z_a <= $signed({x, {(RQ+1){1'b0}}}) >>> {shift_1[5:3], 3'd0};
    shift_2 <= shift_1[2:0];
    z_b <= z_a >>> shift_2;

    kind_2 <= kind_1;
    kind_3 <= kind_2;
    kind_4 <= kind_3;
    valid_2 <= valid_1;
    valid_3 <= valid_2;
    valid_4 <= valid_3;
    valid_5 <= valid_4;
    valid_6 <= valid_5;
    valid_7 <= valid_6 && !rst;
    item_2 <= item_1;
    item_3 <= item_2;
    item_4 <= item_3;
    item_5 <= item_4;
    item_6 <= item_5;
    item_7 <= item_6;
    if (rst) begin
      valid_1 <= 1'b0;
      group <= 2'd0;
    end
  end

  // ---- right: by 2 clocks ----
  wire [W-1:0] right_cut = x[S-1:W] + {{(W-1){1'b0}}, x[W-1]};
  reg          right_2;
  always @(posedge clk) begin
    right <= kind_1 == COARSE ? {{(W-1){1'b0}}, 1'b1} << width : !x[S-1] && right_cut[W-1] ? {1'b0, {(W-1){1'b1}}} : right_cut;
    right_2 <= valid_1 && !rst && (kind_1 == COLUMN || kind_1 == COARSE);
  end
  assign right_write = right_2;
  assign right_address = item_2;

  // ---- window, saturation, rounding ----
  wire sign = z_b[Z-1];
  wire fits_exact = z_b[Z-1:W] == {(Z-W){sign}} && !(z_b[W:0] == {1'b0, {W{1'b1}}});   // rounded up it must fit, too
  wire fits_column = z_b[Z-1:W+3] == {(Z-W-3){sign}};
  wire fits_far = z_b[Z-1:W+8] == {(Z-W-8){sign}};
  wire cut_column = kind_3 == COLUMN;
  wire cut_far = kind_3 == RELATIVE && !fits_exact;
  reg  [W-1:0] value;
  reg          round_up, out_of_range, negative;
  wire [W-1:0] operand = out_of_range || (round_up && value == {1'b0, {(W-1){1'b1}}}) ? {negative, {(W-1){!negative}}} :
                         value + {{(W-1){1'b0}}, round_up};
  reg          fine_fits;
  reg          far;
  reg  [W-1:0] residual_operand;
  always @(posedge clk) begin
    negative <= sign;
    {value, round_up} <= cut_column ? z_b[W+3:3] : cut_far ? z_b[W+8:8] : z_b[W:0];
    out_of_range <= cut_column ? !fits_column : cut_far ? !fits_far : z_b[Z-1:W] != {(Z-W){sign}};
    if (valid_3 && kind_3 == FINE) fine_fits <= fits_exact;
    if (valid_3 && kind_3 == RELATIVE) far <= !fits_exact;
    if (valid_4 && (kind_4 == FINE || (kind_4 == COARSE && !fine_fits))) residual_operand <= operand;
  end

  // ---- times 1 / mu ----
  (* ram_style = "block" *) reg [W-2:0] reciprocals [0:255];
  // 2^RQ / (1 + (i + 1/2)/256), rounded: rtl/fit/program/tables.py has the same for the model
  integer i;
  /* verilator lint_off UNUSEDSIGNAL */
  reg [31:0] rounded;   // wide for the division only
  /* verilator lint_on UNUSEDSIGNAL */
  initial begin
    for (i = 0; i < 256; i = i + 1) begin
      rounded = ((32'd1 << (W + 8)) + (32'd513 + (i << 1))) / (32'd1026 + (i << 2));
      reciprocals[i] = rounded[W-2:0];
    end
  end
  reg  [W-2:0] reciprocal;
  always @(posedge clk) reciprocal <= reciprocals[index];

  wire signed [S-1:0] product;
  multiply #(.WIDTH_A(W), .WIDTH_B(W), .A_SIGNED(1), .B_SIGNED(0), .TARGET(TARGET)) multiplier (
    .clk(clk), .ce(1'b1), .a(kind_4 == COARSE ? background_operand : operand), .b({1'b0, reciprocal}), .p(product)
  );

  reg [1:0] kind_5, kind_6, kind_7;
  always @(posedge clk) begin
    kind_5 <= kind_4;
    kind_6 <= kind_5;
    kind_7 <= kind_6;
    left <= product[RQ+W-1:RQ] + {{(W-1){1'b0}}, product[RQ-1]};
    go <= valid_7 && kind_7 == COARSE && !rst;
    go_group <= item_7[5:4];
    if (valid_5 && kind_5 == COARSE) begin
      coarse <= !fine_fits;
      relative_coarse <= far;
    end
  end
  assign right_residual = residual_operand;
  assign left_write = valid_7 && kind_7 != FINE;
  assign left_address = item_7;
endmodule
`default_nettype wire
