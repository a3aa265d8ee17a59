// A product of operands somewhat longer than the part's multiplier cells: cells for the upper 18 bits, adders for the bits below.
//
//   p(t + 2) = a(t) * b(t),  a = 2^LOW_A a_high + a_low, b = 2^LOW_B b_high + b_low, LOW of a bit or two
//
// Format:     a of up to 36 + LOW_B bits, two's complement (A_SIGNED 1) or a magnitude; b a magnitude of up to 20 bits. The product has
//             WIDTH_A + WIDTH_B bits.
// Latency:    2 clocks (operand registers, product registers; behind them a sum where the operands are longer than 18 bits). Throughput:
//             one product a clock.
// Overflow:   cannot happen.
// TARGET:     "ecp5": one cell for a of up to 20 bits, two beyond; else as multiply.v
// Not given:  a reset, a b of two's complement.
`default_nettype none

module multiply_long #(
  // bits of a: 16 to 36
  parameter WIDTH_A = 20,
  // bits of b: 16 to 20
  parameter WIDTH_B = 20,
  // 1: a is two's complement
  parameter A_SIGNED = 0,
  // "generic", "ice40" or "ecp5" (multiply.v)
  parameter [55:0] TARGET = "generic"
) (
  input  wire                       clk,
  input  wire                       ce,
  input  wire [WIDTH_A-1:0]         a,
  input  wire [WIDTH_B-1:0]         b,
  output wire [WIDTH_A+WIDTH_B-1:0] p
);
  localparam P = WIDTH_A + WIDTH_B;
  localparam LOW_B = WIDTH_B > 18 ? WIDTH_B - 18 : 0;
  localparam [0:0] SIGN_A = A_SIGNED != 0;

  generate
    if (TARGET != "ecp5" || (WIDTH_A <= 18 && WIDTH_B <= 18)) begin : g_plain
      multiply #(.WIDTH_A(WIDTH_A), .WIDTH_B(WIDTH_B), .A_SIGNED(A_SIGNED), .B_SIGNED(0), .TARGET(TARGET)) u_multiply (
        .clk(clk), .ce(ce), .a(a), .b(b), .p(p)
      );
    end else begin : g_parts
      // a b = a_high b_high 2^(LOW_A + LOW_B) + a_low b_high 2^LOW_B + a b_low
      localparam LOW_A = WIDTH_A > 20 ? 18 : WIDTH_A - 18;
      wire [WIDTH_A-LOW_A-1:0]    a_high = a[WIDTH_A-1:LOW_A];
      wire [LOW_A-1:0]            a_low = a[LOW_A-1:0];
      wire [WIDTH_B-LOW_B-1:0]    b_high = b[WIDTH_B-1:LOW_B];
      wire [WIDTH_A-LOW_A+WIDTH_B-LOW_B-1:0] high;
      wire [P-1:0]                high_wide = {{(LOW_A+LOW_B){SIGN_A & high[WIDTH_A-LOW_A+WIDTH_B-LOW_B-1]}}, high} << (LOW_A + LOW_B);
      wire [LOW_A+WIDTH_B-LOW_B-1:0] low;
      wire [P-1:0]                low_wide = {{(WIDTH_A-LOW_A+LOW_B){1'b0}}, low} << LOW_B;
      multiply #(.WIDTH_A(WIDTH_A-LOW_A), .WIDTH_B(WIDTH_B-LOW_B), .A_SIGNED(A_SIGNED), .B_SIGNED(0), .TARGET(TARGET)) u_high (
        .clk(clk), .ce(ce), .a(a_high), .b(b_high), .p(high)
      );
      if (WIDTH_A > 20) begin : g_cell
        multiply #(.WIDTH_A(LOW_A), .WIDTH_B(WIDTH_B-LOW_B), .A_SIGNED(0), .B_SIGNED(0), .TARGET(TARGET)) u_low (
          .clk(clk), .ce(ce), .a(a_low), .b(b_high), .p(low)
        );
      end else begin : g_few
        reg [LOW_A-1:0]                few_q;
        reg [WIDTH_B-LOW_B-1:0]        many_q;
        reg [LOW_A+WIDTH_B-LOW_B-1:0]  low_q;
        always @(posedge clk) if (ce) begin
          few_q <= a_low;
          many_q <= b_high;
          low_q <= (few_q[0] ? {{LOW_A{1'b0}}, many_q} : {(LOW_A+WIDTH_B-LOW_B){1'b0}}) +
                   (few_q[LOW_A-1] && LOW_A > 1 ? {{(LOW_A-1){1'b0}}, many_q, 1'b0} : {(LOW_A+WIDTH_B-LOW_B){1'b0}});
        end
        assign low = low_q;
      end
      if (LOW_B > 0) begin : g_corner
        reg [LOW_B-1:0]   few_q;
        reg [WIDTH_A-1:0] many_q;
        reg [P-1:0]       corner_q;
        wire [P-1:0]      many = {{WIDTH_B{SIGN_A & many_q[WIDTH_A-1]}}, many_q};
        always @(posedge clk) if (ce) begin
          few_q <= b[LOW_B-1:0];
          many_q <= a;
          corner_q <= (few_q[0] ? many : {P{1'b0}}) + (few_q[LOW_B-1] && LOW_B > 1 ? {many[P-2:0], 1'b0} : {P{1'b0}});
        end
        assign p = high_wide + low_wide + corner_q;
      end else begin : g_no_corner
        assign p = high_wide + low_wide;
      end
    end
  endgenerate
endmodule

`default_nettype wire
