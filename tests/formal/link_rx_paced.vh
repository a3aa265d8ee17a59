// The deframer that takes a byte in two clocks (a full part's): what its registers say of a byte is what it is, and nothing is taken that could not
// be. tests/formal/link_rx.vh has the rest, for a byte taken at once.
// module: rtl/link/link_rx.v
// needs: rtl/link/crc32.v
// parameters: PACED=1
// depth: 2
// mutate: rx_valid && takes && !goes && !rst => rx_valid && takes && !rst
// mutate: rx_valid && takes && !goes && !rst => rx_valid && !goes && !rst
// mutate: byte_goes <= next && !cut; => byte_goes <= next;
// mutate: header_goes <= next && !cut && in_header; => header_goes <= next && !cut;
// mutate: payload_goes <= next && !cut && in_payload; => payload_goes <= next && in_payload;
// mutate: goes || (waits && !rx_valid) => goes || waits
reg       f_begun = 1'b0, f_rx_waits = 1'b0, f_pay_stays = 1'b0, f_before = 1'b0;
reg [7:0] f_rx_data;
reg [1:0] f_rx_mark;
always @* if (!f_begun) assume (rst);
// a byte that waits stays; what takes the payload waits for it
always @* if (f_rx_waits) assume (rx_valid && rx_data == f_rx_data && rx_mark == f_rx_mark);
always @* if (f_pay_stays) assume (pay_ready);
always @(posedge clk) begin
  f_begun <= 1'b1;
  {f_rx_data, f_rx_mark} <= {rx_data, rx_mark};
  f_rx_waits <= rx_valid && !rx_ready && !rst;
  f_pay_stays <= pay_ready && !pay_valid && !rst;
  f_before <= rx_valid && takes && !item && !rst;
end
always @* if (f_begun) begin
  assert (item == (rx_valid && rx_ready));
  assert (item == f_before);
  assert (!item || takes);
  assert (take == (item && !cut));
  assert (header_take == (take && in_header));
  assert (payload_take == (take && in_payload));
  assert (pay_valid == (payload_take && !skip));
  assert (!pay_valid || (pay_ready && !none_left));
end
