// One reset for two clocks: whatever one side forgets, the other forgets too, and neither goes on before both have.
//
// Purpose    Side a (the link: bus clock) is in reset for longer than side b (the engine): a's reset begins in the very clock of the
//            request and ends when b's is known to be over, so that nothing from before can leave a, and nothing new can enter b before
//            it is ready. A request of b alone runs the same way. The four steps: request crosses to b; b is in reset for HOLD clocks
//            and answers; the request is withdrawn; b leaves its reset and withdraws the answer.
// Formats    active high levels; requests of one clock are enough
// Latency    rst_a in the clock of a_request; rst_b 3 clocks of b later. All over after about 10 clocks of a and HOLD + 8 of b.
// Throughput a request while it runs is answered by it: a has been in reset all the time, so that b holds nothing new
// Overflow   none
// Does not   start by itself: zero from power-up, a board then asserts either request
`default_nettype none
module reset_crossing #(
  // clocks of b, at least 4: what the engine needs to forget everything, and more than a pointer of async_fifo needs to cross
  parameter HOLD = 32
) (
  input  wire clk_a,
  input  wire a_request,
  output wire rst_a,
  output wire drop_a,        // a's side of a word_crossing drops what b gave: over before b's reset is
  input  wire clk_b,
  input  wire b_request,
  output reg  rst_b,         // everything in b
  output reg  fifo_rst_b     // b's side of the FIFOs: only while a's side is in reset too
);
  localparam BITS = $clog2(HOLD + 1);

  reg  request, answer, wanted;
  reg  [BITS-1:0] held;
  initial begin
    request = 1'b0;
    answer = 1'b0;
    wanted = 1'b0;
    held = {BITS{1'b0}};
    rst_b = 1'b0;
    fifo_rst_b = 1'b0;
  end
  wire request_seen, answer_seen, wanted_seen;

  // ---- a ----
  sync_bit answer_crossing (.clk(clk_a), .bit_in(answer), .bit_out(answer_seen));
  sync_bit wanted_crossing (.clk(clk_a), .bit_in(wanted), .bit_out(wanted_seen));

  always @(posedge clk_a)
    if (answer_seen) request <= 1'b0;
    else if (a_request || wanted_seen) request <= 1'b1;
  assign rst_a = a_request || request || answer_seen;
  assign drop_a = request;

  // ---- b ----
  sync_bit request_crossing (.clk(clk_b), .bit_in(request), .bit_out(request_seen));

  always @(posedge clk_b) begin
    if (b_request) wanted <= 1'b1;
    else if (answer) wanted <= 1'b0;
    if (!request_seen) held <= {BITS{1'b0}};
    else if (!answer) held <= held + {{BITS - 1{1'b0}}, 1'b1};
    answer <= request_seen && (answer || held == HOLD[BITS-1:0]);
    fifo_rst_b <= request_seen;
    rst_b <= b_request || wanted || request_seen;
  end
endmodule
