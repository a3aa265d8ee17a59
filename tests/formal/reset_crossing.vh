// For any two clocks, every step an instant (tests/formal/skew): the four steps run round as one wave, b's side of the FIFOs is in reset only while a's
// is, and so is all of b; a's reset, once asked for, lasts until b's has been; b forgets what it wanted only when it has been in reset.
// module: rtl/cdc/reset_crossing.v
// needs: tests/formal/skew/sync_bit.v
// parameters: HOLD=2
// clocks: any
// depth: 6
// mutate: assign rst_a = a_request || request || answer_seen; => assign rst_a = a_request || request;
// mutate: answer <= request_seen && (answer || held == HOLD[BITS-1:0]); => answer <= request_seen;
// mutate: rst_b <= b_request || wanted || request_seen; => rst_b <= b_request || wanted;
// mutate: if (answer_seen) request <= 1'b0; => if (answer_seen && !a_request) request <= 1'b0;
// mutate: else if (answer) wanted <= 1'b0; => else wanted <= 1'b0;
(* hierconn, init = 2'd0 *) wire [1:0] \answer_crossing.chain ;
(* hierconn, init = 2'd0 *) wire [1:0] \request_crossing.chain ;
(* gclk *) wire f_instant;
// in the order in which a change runs round
wire [6:0] f_wave = {request, \request_crossing.chain [0], \request_crossing.chain [1], fifo_rst_b, answer, \answer_crossing.chain [0],
                     \answer_crossing.chain [1]};
reg  f_request_was = 1'b0, f_need = 1'b0;
wire f_needs = (f_need || (request && !f_request_was)) && !fifo_rst_b;
always @(posedge f_instant) begin
  f_request_was <= request;
  f_need <= f_needs;
end
reg [3:0] f_clocks = 0;               // of b that its FIFO side has been in reset
always @(posedge clk_b) f_clocks <= !request_seen ? 0 : f_clocks == 15 ? 15 : f_clocks + 1;
reg  f_wanted = 1'b0;                  // b has asked and has not been in reset with a since
always @(posedge clk_b) f_wanted <= b_request || (f_wanted && !answer);
always @* begin
  assert (f_wave == 7'b0000000 || f_wave == 7'b1000000 || f_wave == 7'b1100000 || f_wave == 7'b1110000 || f_wave == 7'b1111000 ||
          f_wave == 7'b1111100 || f_wave == 7'b1111110 || f_wave == 7'b1111111 || f_wave == 7'b0111111 || f_wave == 7'b0011111 ||
          f_wave == 7'b0001111 || f_wave == 7'b0000011 || f_wave == 7'b0000001);
  assert (!fifo_rst_b || rst_a);
  assert (!fifo_rst_b || rst_b);
  assert (!a_request || rst_a);
  assert (!f_needs || (request && rst_a));
  assert (wanted == f_wanted);
  if (answer && request_seen) assert (f_clocks > HOLD);
  assert (answer || (held <= HOLD && f_clocks == held));
end
