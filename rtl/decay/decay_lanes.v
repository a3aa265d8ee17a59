// Four multiply-accumulate lanes: every pair sum of a pass, kept for all contexts.
//
//   pair (i, j) += left_i right_j, i >= j, over the groups
//   pair (i, 0) += left_i right_0 2^up when the residual operand was coarse (up = rc - rf)
//   pair (0, 0) += left_0 right_0 2^up / 2^8, rounded; without the 2^-8 when left_0 was coarse (chi2, 8 bits coarser)
//
// Purpose    Lane 0 takes the residual's pairs, lanes 1 to 3 the others (decay_schedule). A lane's sums lie at the clock in which
//            they are formed; `drain` copies them into pair order, i(i+1)/2 + j, for the processor.
// Formats    operands signed W bits, sums signed ACCUMULATOR_BITS
// Latency    a group 5 clocks and 5, 7, 12, 19 (1 to 4 components); drain a clock a pair and 3; sum 2 clocks behind its address. `drain` may come as soon as
//            `busy` is low, the next pass's first `go` 9, 20, 35, 54 clocks behind it: what that group writes has been read by then (it reads nothing)
// Throughput a group in 5, 7, 12, 19 clocks
// Overflow   lane 0 wraps at ACCUMULATOR_BITS; the others cannot overflow with GROUPS_MAX groups
// Does not   take a group earlier while it drains.
`default_nettype none
module decay_lanes #(
  parameter WORD_BITS = 16,
  parameter COMPONENTS_MAX = 3,
  parameter GROUPS_MAX = 256,
  parameter ACCUMULATOR_BITS = 48,
  // bits of a context's number
  parameter CONTEXT_BITS = 1,
  // multiplier cells: "generic", "ice40" or "ecp5" (multiply.v)
  parameter [55:0] TARGET = "generic"
) (
  input  wire                               clk,
  input  wire                               rst,
  input  wire [2:0]                         components,
  // pass
  input  wire                               drain,
  input  wire [CONTEXT_BITS-1:0]            drain_context,
  output reg                                drained,             // 3 clocks before the last sum may be read
  output wire                               busy,
  input  wire [3:0]                         residual_up,
  // items
  input  wire                               left_write,
  input  wire [5:0]                         left_address,
  input  wire [WORD_BITS-1:0]               left,
  input  wire                               right_write,
  input  wire [5:0]                         right_address,
  input  wire [WORD_BITS-1:0]               right,
  input  wire                               go,
  input  wire [1:0]                         go_group,
  input  wire [WORD_BITS-1:0]               right_residual,
  input  wire                               coarse,
  input  wire                               relative_coarse,
  // sums
  input  wire [CONTEXT_BITS-1:0]            acc_context,
  input  wire [6:0]                         acc_address,
  output reg  signed [ACCUMULATOR_BITS-1:0] acc_value
);
  localparam W = WORD_BITS, S = 2 * W, A = ACCUMULATOR_BITS;
  localparam L = S + $clog2(GROUPS_MAX);    // products within 2^(2W - 2)
  localparam V = S + 8;
  localparam TIME_BITS = COMPONENTS_MAX > 3 ? 5 : 4;     // of a group's clocks

  // ---- operands: lane 0 a clock ahead, its product takes a clock more ----
  (* ram_style = "block", no_rw_check *) reg [W-1:0] left_memory_0 [0:63];
  (* ram_style = "block", no_rw_check *) reg [W-1:0] left_memory_1 [0:63];
  (* ram_style = "block", no_rw_check *) reg [W-1:0] left_memory_2 [0:63];
  (* ram_style = "block", no_rw_check *) reg [W-1:0] left_memory_3 [0:63];
  (* ram_style = "block", no_rw_check *) reg [W-1:0] right_memory_a [0:63];
  (* ram_style = "block", no_rw_check *) reg [W-1:0] right_memory_b [0:63];
  // item 15 is never written: it stands for no product
  integer n;
  initial
    for (n = 0; n < 64; n = n + 1) begin
      left_memory_0[n] = {W{1'b0}};
      left_memory_1[n] = {W{1'b0}};
      left_memory_2[n] = {W{1'b0}};
      left_memory_3[n] = {W{1'b0}};
    end

  reg          running;
  reg  [4:0]   t, t_1, t_2, t_3;
  reg  [TIME_BITS-1:0] t_4;
  reg  [3:0]   at_0;                        // item t, or none
  reg  [4:1]   run_q;
  reg  [1:0]   group, group_1;
  reg  [W-1:0] residual;
  reg  [3:0]   up_now;
  reg          far_now;
  reg  [W-1:0] left_0, left_1, left_2, left_3, right_a, right_b;
  reg          b_1, b_2, b_3;
  wire [3:0]   want_a, want_b, want_1, want_2, want_3;
  reg  [3:0]   at_a, at_b, at_1, at_2, at_3;
  wire         want_b_1, want_b_2, want_b_3;
  reg          takes_b_1, takes_b_2, takes_b_3;
  reg  [4:0]   last_t;
  wire [4:0]   residual_last = {1'b0, components, 1'b0} + 5'd2;
  reg          fresh;                       // no group of the pass yet
  reg          fresh_1, fresh_2;

  reg  [3:0]   pair_i, pair_j;
  wire [1:0]   pair_lane;
  // 16 words need 4 of its bits
  // verilator lint_off UNUSEDSIGNAL
  wire [4:0]   pair_time;
  // verilator lint_on UNUSEDSIGNAL
  reg  [TIME_BITS-1:0] drain_time;

  decay_schedule schedule (
    .components(components), .t(t), .right_a(want_a), .right_b(want_b), .left_1(want_1), .left_2(want_2), .left_3(want_3),
    .b_1(want_b_1), .b_2(want_b_2), .b_3(want_b_3),
    .i(pair_i), .j(pair_j), .lane(pair_lane), .time_of(pair_time)
  );

  assign busy = running;

  always @(posedge clk) begin
    case (components)
      3'd1: last_t <= 5'd4;
      3'd2: last_t <= 5'd6;
      3'd3: last_t <= 5'd11;
      default: last_t <= 5'd18;
    endcase
    t <= t + 5'd1;
    at_0 <= t >= residual_last ? 4'd15 : t[3:0] + 4'd1;
    if (t == last_t) running <= 1'b0;
    if (go) begin
      running <= 1'b1;
      t <= 5'd0;
      at_0 <= 4'd0;
      group <= go_group;
      residual <= right_residual;
      up_now <= coarse ? residual_up : 4'd0;
      far_now <= relative_coarse;
    end
    if (drain || rst) fresh <= 1'b1;
    else if (running && t == last_t) fresh <= 1'b0;
    if (rst) running <= 1'b0;

    run_q <= {run_q[3:1], running};
    t_1 <= t;
    t_2 <= t_1;
    t_3 <= t_2;
    t_4 <= t_3[TIME_BITS-1:0];
    group_1 <= group;
    at_a <= want_a;
    at_b <= want_b;
    at_1 <= want_1;
    at_2 <= want_2;
    at_3 <= want_3;
    takes_b_1 <= want_b_1;
    takes_b_2 <= want_b_2;
    takes_b_3 <= want_b_3;
    fresh_1 <= fresh;
    fresh_2 <= fresh_1;
    b_1 <= takes_b_1;
    b_2 <= takes_b_2;
    b_3 <= takes_b_3;
    if (rst) run_q <= 4'd0;
  end

  always @(posedge clk) begin
    if (left_write) left_memory_0[left_address] <= left;
    left_0 <= left_memory_0[{group, at_0}];
  end
  always @(posedge clk) begin
    if (left_write) left_memory_1[left_address] <= left;
    left_1 <= left_memory_1[{group_1, at_1}];
  end
  always @(posedge clk) begin
    if (left_write) left_memory_2[left_address] <= left;
    left_2 <= left_memory_2[{group_1, at_2}];
  end
  always @(posedge clk) begin
    if (left_write) left_memory_3[left_address] <= left;
    left_3 <= left_memory_3[{group_1, at_3}];
  end
  always @(posedge clk) begin
    if (right_write) right_memory_a[right_address] <= right;
    right_a <= right_memory_a[{group_1, at_a}];
  end
  always @(posedge clk) begin
    if (right_write) right_memory_b[right_address] <= right;
    right_b <= right_memory_b[{group_1, at_b}];
  end

  // ---- products ----
  wire signed [S-1:0] product_0, product_1, product_2, product_3;
  multiply #(.WIDTH_A(W), .WIDTH_B(W), .A_SIGNED(1), .B_SIGNED(1), .TARGET(TARGET)) lane_0 (
    .clk(clk), .ce(1'b1), .a(left_0), .b(residual), .p(product_0)
  );
  multiply #(.WIDTH_A(W), .WIDTH_B(W), .A_SIGNED(1), .B_SIGNED(1), .TARGET(TARGET)) lane_1 (
    .clk(clk), .ce(1'b1), .a(left_1), .b(b_1 ? right_b : right_a), .p(product_1)
  );
  multiply #(.WIDTH_A(W), .WIDTH_B(W), .A_SIGNED(1), .B_SIGNED(1), .TARGET(TARGET)) lane_2 (
    .clk(clk), .ce(1'b1), .a(left_2), .b(b_2 ? right_b : right_a), .p(product_2)
  );
  multiply #(.WIDTH_A(W), .WIDTH_B(W), .A_SIGNED(1), .B_SIGNED(1), .TARGET(TARGET)) lane_3 (
    .clk(clk), .ce(1'b1), .a(left_3), .b(b_3 ? right_b : right_a), .p(product_3)
  );

  reg  [3:0]          up_1, up_2, up_3;
  reg                 far_1, far_2, far_3;
  wire signed [V-1:0] raised = {{(V-S){product_0[S-1]}}, product_0} << up_3;
  wire                chi2_fine = t_3 == 5'd0 && !far_3;
  reg  signed [V-1:0] term_0;
  reg                 round_0;
  always @(posedge clk) begin
    up_1 <= up_now;
    up_2 <= up_1;
    up_3 <= up_2;
    far_1 <= far_now;
    far_2 <= far_1;
    far_3 <= far_2;
    term_0 <= chi2_fine ? raised >>> 8 : raised;
    round_0 <= chi2_fine && raised[7];
  end

  // ---- sums: a word of all lanes a clock, in 16 words where a group has no more clocks; a pass's first group begins with zeros ----
  (* ram_style = "block", no_rw_check *) reg [A+3*L-1:0] sums [0:(1<<TIME_BITS)-1];
  reg  [A+3*L-1:0] sum_read, sum;
  reg              fresh_3;
  reg              draining;
  reg              drain_q, drain_qq;
  wire signed [A-1:0] next_0 = sum[A-1:0] + {{(A-V){term_0[V-1]}}, term_0} + {{(A-1){1'b0}}, round_0};
  wire signed [L-1:0] next_1 = sum[A +: L] + {{(L-S){product_1[S-1]}}, product_1};
  wire signed [L-1:0] next_2 = sum[A+L +: L] + {{(L-S){product_2[S-1]}}, product_2};
  wire signed [L-1:0] next_3 = sum[A+2*L +: L] + {{(L-S){product_3[S-1]}}, product_3};
  // a group of one component comes back to a word 5 clocks later, 2 of which its way through here takes
  always @(posedge clk) begin
    sum_read <= sums[drain_q ? drain_time : t_2[TIME_BITS-1:0]];
    fresh_3 <= fresh_2;
    sum <= fresh_3 ? {(A+3*L){1'b0}} : sum_read;
    if (run_q[4]) sums[t_4] <= {next_3, next_2, next_1, next_0};
  end

  // ---- into pair order ----
  (* ram_style = "block", no_rw_check *) reg [A-1:0] pairs [0:(128<<CONTEXT_BITS)-1];
  reg  [CONTEXT_BITS-1:0] to_context;
  reg  [6:0]    pair, pair_q, pair_qq;
  reg  [1:0]    lane_q, lane_qq;
  reg  [A-1:0]  pair_sum, found;
  always @* begin
    case (lane_qq)
      2'd0: pair_sum = sum_read[A-1:0];
      2'd1: pair_sum = {{(A-L){sum_read[A+L-1]}}, sum_read[A +: L]};
      2'd2: pair_sum = {{(A-L){sum_read[A+2*L-1]}}, sum_read[A+L +: L]};
      default: pair_sum = {{(A-L){sum_read[A+3*L-1]}}, sum_read[A+2*L +: L]};
    endcase
  end

  wire row_over = pair_i == pair_j;
  always @(posedge clk) begin
    drained <= draining && row_over && {1'b0, pair_i} == residual_last;
    drain_q <= draining;
    drain_qq <= drain_q;
    drain_time <= pair_time[TIME_BITS-1:0];
    if (draining) begin
      pair <= pair + 7'd1;
      pair_j <= row_over ? 4'd0 : pair_j + 4'd1;
      if (row_over) pair_i <= pair_i + 4'd1;
      if (row_over && {1'b0, pair_i} == residual_last) draining <= 1'b0;
    end
    if (drain) begin
      to_context <= drain_context;
      draining <= 1'b1;
      pair <= 7'd0;
      pair_i <= 4'd0;
      pair_j <= 4'd0;
    end
    pair_q <= pair;
    pair_qq <= pair_q;
    lane_q <= pair_lane;
    lane_qq <= lane_q;
    if (rst) begin
      draining <= 1'b0;
      drained <= 1'b0;
    end
  end
  always @(posedge clk) begin
    if (drain_qq) pairs[{to_context, pair_qq}] <= pair_sum;
    found <= pairs[{acc_context, acc_address}];
    acc_value <= found;
  end
endmodule
`default_nettype wire
