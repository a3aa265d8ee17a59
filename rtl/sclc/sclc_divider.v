// Signed quotient towards zero, one bit a clock.
//
// Equation   q = (a * 2^shift) / b, shift = 0 or 16; |q| is at most 2^63 - 1, which it is for b = 0, too
// Formats    two's complement, 64 bits
// Latency    `done` comes 67 (shift 0) or 83 (shift 16) clocks behind `start`, with q, which then stands
// Throughput one at a time
// Overflow   saturates
// Does not   say that it saturated; give a remainder
`default_nettype none
module sclc_divider (
  input  wire        clk,
  input  wire        rst,
  input  wire        start,
  input  wire        by_2_16,     // shift is 16
  input  wire [63:0] a,
  input  wire [63:0] b,
  output reg         done,
  output reg  [63:0] q
);
  reg         begun, ending;
  reg         running;
  reg  [6:0]  steps;
  reg         negative;
  reg         a_negative, b_negative;
  reg  [63:0] divisor, rest;
  reg  [79:0] bits;               // dividend from the top, quotient from below

  wire [64:0] wider = {rest, bits[79]};
  wire [64:0] less = wider - {1'b0, divisor};
  wire        fits = !less[64];
  reg         zero;

  always @(posedge clk) begin
    begun <= start;
    done <= ending;
    ending <= running && steps == 7'd0;
    if (start) begin
      bits <= {a, 16'd0};
      divisor <= b;
      a_negative <= a[63];
      b_negative <= b[63];
      steps <= by_2_16 ? 7'd79 : 7'd63;
    end else if (begun) begin
      // magnitudes
      bits[79:16] <= (bits[79:16] ^ {64{a_negative}}) + {63'd0, a_negative};
      divisor <= (divisor ^ {64{b_negative}}) + {63'd0, b_negative};
      zero <= divisor == 64'd0;
      negative <= a_negative ^ b_negative;
      rest <= 64'd0;
      running <= 1'b1;
    end else if (running) begin
      rest <= fits ? less[63:0] : wider[63:0];
      bits <= {bits[78:0], fits};
      steps <= steps - 7'd1;
      if (steps == 7'd0) running <= 1'b0;
    end else if (ending) begin
      q <= (((|bits[79:63]) || zero ? {1'b0, {63{1'b1}}} : bits[63:0]) ^ {64{negative}}) + {63'd0, negative};
    end
    if (rst) begin
      begun <= 1'b0;
      running <= 1'b0;
      ending <= 1'b0;
      done <= 1'b0;
    end
  end
endmodule
`default_nettype wire
