// One multiplier of adders, where a part's multiplier cells are short: two clocks as multiply.v.
//
//   p(t + 2) = a(t) * b(t)
//
// Format:     as multiply.v; b is cut into digits of four bits, whose products are registered and then summed.
// Latency:    2 clocks (products of the digits, product). Throughput: one product a clock.
// Overflow:   cannot happen.
// Size:       about WIDTH_A WIDTH_B + 4 WIDTH_A cells of carry chain.
// Not given:  a reset.
`default_nettype none

module multiply_adders #(
  // bits of a
  parameter WIDTH_A = 18,
  // bits of b: 6 to 20
  parameter WIDTH_B = 18,
  // 1: a is two's complement
  parameter A_SIGNED = 0,
  // 1: b is two's complement
  parameter B_SIGNED = 0
) (
  input  wire                       clk,
  input  wire                       ce,
  input  wire [WIDTH_A-1:0]         a,
  input  wire [WIDTH_B-1:0]         b,
  output reg  [WIDTH_A+WIDTH_B-1:0] p
);
  localparam P = WIDTH_A + WIDTH_B;
  localparam D = WIDTH_A + 5;                   // bits of a digit's product: two's complement
  localparam [0:0] SIGN_A = A_SIGNED != 0, SIGN_B = B_SIGNED != 0;

  wire [D-1:0] wide = {{5{SIGN_A & a[WIDTH_A-1]}}, a};
  // verilator lint_off UNUSEDSIGNAL
  wire [20:0]  digits = {{(21-WIDTH_B){1'b0}}, b};
  // verilator lint_on UNUSEDSIGNAL
  reg  [D-1:0] part [0:4];
  reg          negative;                        // b's sign: 2^WIDTH_B a too much
  reg  [WIDTH_A-1:0] less;
  wire [P-1:0] at_0 = {{(WIDTH_B-5){part[0][D-1]}}, part[0]}, at_1 = {{(WIDTH_B-5){part[1][D-1]}}, part[1]}, at_2 = {{(WIDTH_B-5){part[2][D-1]}}, part[2]};
  wire [P-1:0] at_3 = {{(WIDTH_B-5){part[3][D-1]}}, part[3]}, at_4 = {{(WIDTH_B-5){part[4][D-1]}}, part[4]};
  integer n;
  always @(posedge clk) if (ce) begin
    for (n = 0; n < 5; n = n + 1)
      part[n] <= ((digits[4*n] ? wide : {D{1'b0}}) + (digits[4*n+1] ? wide << 1 : {D{1'b0}})) +
                 ((digits[4*n+2] ? wide << 2 : {D{1'b0}}) + (digits[4*n+3] ? wide << 3 : {D{1'b0}}));
    negative <= SIGN_B & b[WIDTH_B-1];
    less <= a;
    p <= ((at_0 + (at_1 << 4)) + ((at_2 << 8) + (at_3 << 12))) + ((at_4 << 16) - (negative ? {less, {WIDTH_B{1'b0}}} : {P{1'b0}}));
  end
endmodule

`default_nettype wire
