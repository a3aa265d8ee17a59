// A product of operands somewhat longer than the ECP5's multiplier cells: cells for the upper 18 bits, adders for the bit or two below.
//
//   p(t + 2) = a(t) * b(t) = a_high b_high 2^(LOW_A + LOW_B) + a_low b_high 2^LOW_B + a b_low
//
// Format:     a of 19 to 36 bits, two's complement (A_SIGNED 1) or a magnitude; b a magnitude of 19 or 20 bits. The product has
//             WIDTH_A + WIDTH_B bits.
// Latency:    2 clocks (operand registers, product registers; behind them the sum of the parts). Throughput: one product a clock.
// Overflow:   cannot happen.
// Cells:      one MULT18X18D for a of up to 20 bits, two beyond.
// Not given:  a reset, a b of two's complement. multiply.v chooses it where TARGET is "ecp5".
`default_nettype none

module multiply_long #(
  // bits of a: 19 to 36
  parameter WIDTH_A = 20,
  // bits of b: 19 or 20
  parameter WIDTH_B = 20,
  // 1: a is two's complement
  parameter A_SIGNED = 0,
  // 1: the upper part of an a of more than 20 bits without a cell
  parameter HIGH_ADDERS = 0
) (
  input  wire                       clk,
  input  wire                       ce,
  input  wire [WIDTH_A-1:0]         a,
  input  wire [WIDTH_B-1:0]         b,
  output wire [WIDTH_A+WIDTH_B-1:0] p
);
  localparam P = WIDTH_A + WIDTH_B;
  localparam [0:0] SIGN_A = A_SIGNED != 0;
  localparam LOW_A = WIDTH_A > 20 ? 18 : WIDTH_A - 18;
  localparam LOW_B = WIDTH_B - 18;
  localparam HIGH_A = WIDTH_A - LOW_A;          // up to 18

  // ---- a_high b_high ----
  wire [35:0]  high;
  wire [17:0]  a_high;
  wire [P-1:0] high_wide = {{(P-36){SIGN_A & high[35]}}, high} << (LOW_A + LOW_B);
  generate
    if (HIGH_A < 18) begin : g_high
      assign a_high = {{(18 - HIGH_A){SIGN_A & a[WIDTH_A-1]}}, a[WIDTH_A-1:LOW_A]};
    end else begin : g_whole
      assign a_high = a[WIDTH_A-1:LOW_A];
    end
  endgenerate
  generate
    if (HIGH_ADDERS != 0) begin : g_adders
      multiply_adders #(.WIDTH_A(18), .WIDTH_B(18), .A_SIGNED(A_SIGNED), .B_SIGNED(0)) u_high (.clk(clk), .ce(ce), .a(a_high), .b(b[WIDTH_B-1:LOW_B]), .p(high));
    end else begin : g_cell_high
      multiply_ecp5 #(.A_SIGNED(A_SIGNED), .B_SIGNED(0)) u_high (.clk(clk), .ce(ce), .a(a_high), .b(b[WIDTH_B-1:LOW_B]), .p(high));
    end
  endgenerate

  // ---- a_low b_high ----
  wire [P-1:0] low_wide;
  generate
    if (WIDTH_A > 20) begin : g_cell
      wire [35:0] low;
      multiply_ecp5 #(.A_SIGNED(0), .B_SIGNED(0)) u_low (.clk(clk), .ce(ce), .a(a[17:0]), .b(b[WIDTH_B-1:LOW_B]), .p(low));
      assign low_wide = {{(P-36){1'b0}}, low} << LOW_B;
    end else begin : g_few
      reg [LOW_A-1:0] few;
      reg [17:0]      many;
      reg [19:0]      low;
      always @(posedge clk) if (ce) begin
        few <= a[LOW_A-1:0];
        many <= b[WIDTH_B-1:LOW_B];
        low <= (few[0] ? {2'd0, many} : 20'd0) + (LOW_A > 1 && few[LOW_A-1] ? {1'b0, many, 1'b0} : 20'd0);
      end
      assign low_wide = {{(P-20){1'b0}}, low} << LOW_B;
    end
  endgenerate

  // ---- a b_low ----
  reg  [LOW_B-1:0]   few_b;
  reg  [WIDTH_A-1:0] all_a;
  reg  [P-1:0]       corner;
  wire [P-1:0]       a_wide = {{WIDTH_B{SIGN_A & all_a[WIDTH_A-1]}}, all_a};
  always @(posedge clk) if (ce) begin
    few_b <= b[LOW_B-1:0];
    all_a <= a;
    corner <= (few_b[0] ? a_wide : {P{1'b0}}) + (LOW_B > 1 && few_b[LOW_B-1] ? {a_wide[P-2:0], 1'b0} : {P{1'b0}});
  end
  assign p = high_wide + low_wide + corner;
endmodule

`default_nettype wire
