// Which of two numbers is less, and whether a minimum, a maximum or a choice takes the first.
//
//   less = a < c;  take_a = take_min ? less : take_max ? !less : take_always
//
// Formats    numbers as in fit_float_unit.v, canonical; of take_min, take_max, take_always one at most
// Latency    0. Throughput: a comparison a clock.
// PAIRS      1: the carry chain takes two bits a step, each from two tables: where a table and a carry are cells of their own (iCE40)
// Overflow   none
// Does not   compare with fewer levels than a carry chain as long as a number: its end comes last, what depends on it is prepared both ways.
`default_nettype none
module fit_compare #(
  // mantissa bits
  parameter WORD_BITS = 16,
  parameter PAIRS = 0
) (
  input  wire [WORD_BITS+10:0] a,
  input  wire [WORD_BITS+10:0] c,
  input  wire                  take_min,
  input  wire                  take_max,
  input  wire                  take_always,
  output wire                  less,
  output wire                  take_a
);
  localparam W = WORD_BITS;
  wire a_sign = a[W+10];
  wire c_sign = c[W+10];
  // Magnitudes in order as unsigned numbers; < becomes <= for two negative numbers. Only the borrow is of use.
  wire [W+9:0] a_order = {~a[W+9], a[W+8:0]};
  wire [W+9:0] c_order = {~c[W+9], c[W+8:0]};
  wire borrow;
  generate
    if (PAIRS != 0) begin : g_pairs
      localparam N = W / 2 + 5;
      wire [N-1:0] below, at_most;
      genvar n;
      for (n = 0; n < N; n = n + 1) begin : g_pair
        assign below[n] = a_order[2*n +: 2] < c_order[2*n +: 2];
        assign at_most[n] = a_order[2*n +: 2] <= c_order[2*n +: 2];
      end
      // verilator lint_off UNUSEDSIGNAL
      wire [N:0] sum = {1'b0, below} + {1'b0, at_most} + {{N{1'b0}}, a_sign};
      // verilator lint_on UNUSEDSIGNAL
      assign borrow = sum[N];
    end else begin : g_bits
      // verilator lint_off UNUSEDSIGNAL
      wire [W+11:0] magnitude_order = {1'b0, a_order, 1'b0} - {1'b0, c_order, a_sign};
      // verilator lint_on UNUSEDSIGNAL
      assign borrow = magnitude_order[W+11];
    end
  endgenerate
  wire less_borrow = a_sign != c_sign ? a_sign : ~a_sign;
  (* keep *) wire take_borrow = (take_min & less_borrow) | (take_max & ~less_borrow) | take_always;
  (* keep *) wire take_none = (take_min & a_sign) | (take_max & ~a_sign) | take_always;
  assign less = (a_sign != c_sign) ? a_sign : a_sign ^ borrow;
  assign take_a = borrow ? take_borrow : take_none;
endmodule
`default_nettype wire
