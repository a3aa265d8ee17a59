// Signed quotient towards zero, one bit a clock.
//
// Equation   q = (a * 2^shift) / b, shift = 0 or 16; |q| is at most 2^63 - 1, which it is for b = 0, too
// Formats    two's complement, 64 bits
// Latency    `done` comes 68 (shift 0) or 84 (shift 16) clocks behind `start`, with q, which then stands
// Throughput one at a time
// Overflow   saturates
// Method     non-restoring
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
  reg         begun, ending, ended;
  reg         running;
  reg  [6:0]  steps;
  reg         negative;
  reg         a_negative, b_negative;
  reg  [63:0] divisor, rest;
  reg  [79:0] bits;               // dividend from the top, quotient from below

  // The rest is made smaller by the divisor, or larger where the step before went below zero; what stays at or above zero is a bit of the quotient.
  wire        subtract = !rest[63];
  wire [63:0] next_rest = {rest[62:0], bits[79]} + (divisor ^ {64{subtract}}) + {63'd0, subtract};
  reg         zero;

  always @(posedge clk) begin
    begun <= start;
    ended <= ending;
    done <= ended;
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
      rest <= next_rest;
      bits <= {bits[78:0], !next_rest[63]};
      steps <= steps - 7'd1;
      if (steps == 7'd0) running <= 1'b0;
    end else if (ending) begin
      q <= (|bits[79:63]) || zero ? {1'b0, {63{1'b1}}} : bits[63:0];
    end else if (ended) begin
      q <= (q ^ {64{negative}}) + {63'd0, negative};
    end
    if (rst) begin
      begun <= 1'b0;
      running <= 1'b0;
      ending <= 1'b0;
      ended <= 1'b0;
      done <= 1'b0;
    end
  end
endmodule
`default_nettype wire
