// One multiply-accumulate lane for every pair sum of a pass; its memory is what the processor
// reads.
//
//   pair (i, j) += left_i right_j, i >= j, over the groups, at i(i+1)/2 + j
//   pair (i, 0) += left_i right_0 2^up when the residual operand was coarse (up = rc - rf)
//   pair (0, 0) += left_0 right_0 2^up / 2^8, rounded; without the 2^-8 when left_0 was coarse
//   (chi2, 8 bits coarser)
//
// Purpose    Works on a group's items, which lie in one bank, while the next group's are written
//            to the other.
// Formats    operands signed 16 bits, sums signed ACCUMULATOR_BITS
// Latency    a group 6 clocks, a clock a pair and one a left item; sum 2 clocks behind its address, while no group
//            is worked on
// Throughput a group in 20, 35, 54 clocks (1, 2, 3 components) and what pairs take that are shifted, a bit a clock: 10 more for pair
//            (0, 0) unless left_0 or the residual operand was coarse; with a coarse residual operand and 0 <= up < 8 up to 10 for each
//            pair (i, 0), 18 for (0, 0)
// Overflow   sums wrap at ACCUMULATOR_BITS
// Does not   take a group while `held`, one clock before or later: `go` must come 9 clocks or more
//            behind the first clock without `held`.
`default_nettype none
module decay_serial_lane #(
  parameter ACCUMULATOR_BITS = 48,
  // multiplier cells: "generic", "ice40" or "ecp5" (multiply.v)
  parameter [55:0] TARGET = "generic"
) (
  input  wire                               clk,
  input  wire                               rst,
  input  wire [1:0]                         components,
  // pass
  input  wire                               start,
  output wire                               busy,
  output wire                               held,
  input  wire [3:0]                         residual_up,
  // items
  input  wire                               item_write,
  input  wire                               item_left,
  input  wire [3:0]                         item,                // those from 9 on are not read
  input  wire [15:0]                        value,
  input  wire                               go,
  input  wire                               coarse,
  input  wire                               relative_coarse,
  // sums
  input  wire [6:0]                         acc_address,
  output reg  signed [ACCUMULATOR_BITS-1:0] acc_value
);
  localparam A = ACCUMULATOR_BITS;
  // {bank, left, item}; a left item is read once and stays in the multiplier for its pairs
  (* ram_style = "block", no_rw_check *) reg [15:0] items [0:63];
  (* ram_style = "block", no_rw_check *) reg [A-1:0] sums [0:255];
  integer n;
  initial for (n = 0; n < 256; n = n + 1) sums[n] = {A{1'b0}};

  // address at 1, operands 2, product 4, term and sum 5, their total 6
  reg         fetches, shows_left;                         // address, operand of a left item
  reg         bank, run_1, run_2, run_3, run_4, run_5, write_6, fresh, begun;          // the pass's first group; there was one
  reg         zero_2, zero_3, zero_4;                      // pair (i, 0)
  reg         slow_2, slow_3, slow_4;                      // one that is shifted by bits
  reg         far;                                         // up is 8: nothing to shift by bits, up and down again is nothing
  reg         resting, shifting;                           // a pair that is shifted: nothing is behind it
  reg  [4:0]  shifts;
  reg  [3:0]  i, j;
  reg  [6:0]  pair, acc_address_q;
  reg  [15:0] operand;
  reg         up_now, far_now, by_bits;
  wire [31:0] product;
  wire        row_over = i == j;
  wire        last = row_over && i == {1'b0, components, 1'b0} + 4'd2;

  wire        issue = run_1 && !resting && !fetches;
  wire        is_down = i == 4'd0 && !far_now;
  wire        slow = j == 4'd0 && (by_bits || (is_down && !up_now));
  wire        shifted = shifting && shifts == 5'd0;

  assign busy = run_1 || run_2 || run_3 || run_4 || run_5 || write_6 || shifting;
  // the last row has at most 9 pairs, of which two are under way: all are through in 9 clocks
  assign held = run_1 && (resting || i != {1'b0, components, 1'b0} + 4'd2 || j[3:1] == 3'd0);

  multiply_held #(.TARGET(TARGET)) multiplier (.clk(clk), .take_a(shows_left), .a(operand), .b(operand), .p(product));

  always @(posedge clk) begin
    if (item_write) items[{bank, item_left, item}] <= value;
    operand <= items[{!bank, fetches, fetches ? i : j}];
  end

  always @(posedge clk) begin
    fetches <= go || (issue && row_over);
    shows_left <= fetches;
    if (issue) begin
      j <= row_over ? 4'd0 : j + 4'd1;
      if (row_over) i <= i + 4'd1;
      if (last) run_1 <= 1'b0;
    end
    if (go) begin
      run_1 <= 1'b1;
      i <= 4'd0;
      j <= 4'd0;
      pair <= 7'd0;
      bank <= !bank;
      up_now <= coarse;
      far_now <= relative_coarse;
      by_bits <= coarse && !far;
    end
    // the next one is multiplied when the last bit is shifted
    if (shifting && shifts == 5'd1) resting <= 1'b0;
    else if (issue && slow) resting <= 1'b1;
    slow_2 <= issue && slow;
    slow_3 <= slow_2;
    slow_4 <= slow_3;
    far <= residual_up[3];
    zero_2 <= issue && j == 4'd0;
    zero_3 <= zero_2;
    zero_4 <= zero_3;
    run_2 <= issue;
    run_3 <= run_2;
    run_4 <= run_3;
    run_5 <= run_4 && !slow_4;
    shifting <= slow_4 || (shifting && !shifted);
    if (run_4) pair <= pair + 7'd1;
    // when a group's first pair begins nothing of the one before is to be read any more
    if (start) begun <= 1'b0;
    else if (shows_left && i == 4'd0) begin
      begun <= 1'b1;
      fresh <= !begun;
    end
    if (rst) begin
      run_1 <= 1'b0;
      resting <= 1'b0;
      shifting <= 1'b0;
      bank <= 1'b0;
    end
  end

  // ---- term: a product as it is, or 2^8 too high where it is raised, then down a bit a clock ----
  reg signed [39:0]  term;
  reg                half;
  wire               down = pair == 7'd0 && !far_now;
  wire               raised_4 = zero_4 && up_now && !(down && far);
  always @(posedge clk) begin
    if (run_4) begin
      term <= raised_4 ? {product, 8'd0} : {{8{product[31]}}, product};
      half <= 1'b0;
      shifts <= (up_now ? 5'd8 - {1'b0, residual_up} : 5'd0) + {1'b0, down, 3'd0};
    end else if (!shifted) begin
      term <= term >>> 1;
      half <= term[0];
      shifts <= shifts - 5'd1;
    end
  end

  // ---- sums: a pass's first group begins with words that are never written ----
  reg  [A-1:0] sum;
  wire [A-1:0] next = sum + {{(A-40){term[39]}}, term} + {{(A-1){1'b0}}, half};
  reg  [A-1:0] total;                                      // is written a clock later; no pair comes again so soon
  // the pair that is written: a count of its own instead of the other's delayed; a group's first pair comes behind the last write of the one before
  reg  [6:0]   written;
  always @(posedge clk) begin
    total <= next;
    if (run_4 && pair == 7'd0) written <= 7'd0;
    else if (write_6) written <= written + 7'd1;
    write_6 <= run_5 || shifted;
    acc_address_q <= acc_address;
    if (!shifting) sum <= sums[run_4 ? {fresh, pair} : {1'b0, acc_address_q}];
    if (write_6) sums[{1'b0, written}] <= total;
  end
  always @* acc_value = sum;
endmodule
`default_nettype wire
