// Signed product of two 32-bit numbers, rounded and shifted to the right.
//
// Equation   p = floor((a * b + 2^(shift-1)) / 2^shift), shift = 8 * shift_bytes; without rounding for 0
// Formats    a, b: two's complement, 32 bits; p: two's complement, 64 bits; `gives`: bit shift_bytes and no other, or none: p is then 0, for a sum
//            of choices outside
// Latency    p is valid in the 3rd clock behind the first with a and b; shift_bytes and gives stand until then
// Throughput one product in 3 clocks
// Overflow   none
// Method     four products of 16 x 16 bits (rtl/arith/multiply.v), summed in the last two clocks
// Does not   keep p when a or b change
`default_nettype none
module sclc_multiplier #(
  // rtl/arith/multiply.v
  parameter [55:0] TARGET = "generic"
) (
  input  wire        clk,
  input  wire [31:0] a,
  input  wire [31:0] b,
  input  wire [1:0]  shift_bytes,
  input  wire [3:0]  gives,
  output wire [63:0] p
);
  wire [31:0] low_low, low_high, high_low, high_high;

  multiply #(.WIDTH_A(16), .WIDTH_B(16), .A_SIGNED(0), .B_SIGNED(0), .TARGET(TARGET)) u_low_low (
    .clk(clk), .ce(1'b1), .a(a[15:0]), .b(b[15:0]), .p(low_low)
  );
  multiply #(.WIDTH_A(16), .WIDTH_B(16), .A_SIGNED(0), .B_SIGNED(1), .TARGET(TARGET)) u_low_high (
    .clk(clk), .ce(1'b1), .a(a[15:0]), .b(b[31:16]), .p(low_high)
  );
  multiply #(.WIDTH_A(16), .WIDTH_B(16), .A_SIGNED(1), .B_SIGNED(0), .TARGET(TARGET)) u_high_low (
    .clk(clk), .ce(1'b1), .a(a[31:16]), .b(b[15:0]), .p(high_low)
  );
  multiply #(.WIDTH_A(16), .WIDTH_B(16), .A_SIGNED(1), .B_SIGNED(1), .TARGET(TARGET)) u_high_high (
    .clk(clk), .ce(1'b1), .a(a[31:16]), .b(b[31:16]), .p(high_high)
  );

  // the middle products; the rounding bit (2^7, 2^15, 2^23) into the outer ones
  reg  [32:0] middle;
  reg  [63:0] outer;
  wire [23:0] half = {shift_bytes == 2'd3, 7'd0, shift_bytes == 2'd2, 7'd0, shift_bytes == 2'd1, 7'd0};
  always @(posedge clk) begin
    middle <= {low_high[31], low_high} + {high_low[31], high_low};
    outer <= {high_high, low_low} + {40'd0, half};
  end

  wire [63:0] total = {outer[63:16] + {{15{middle[32]}}, middle}, outer[15:0]};
  // Behind 48 bits of carry: one gate each, then their union.
  assign p = (total & {64{gives[0]}}) | ({{8{total[63]}}, total[63:8]} & {64{gives[1]}})
           | ({{16{total[63]}}, total[63:16]} & {64{gives[2]}}) | ({{24{total[63]}}, total[63:24]} & {64{gives[3]}});
endmodule
`default_nettype wire
