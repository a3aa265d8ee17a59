// The framer whose bytes go by registers (a full part's): a byte goes where none waits and what is to go has stood for a clock, and what a register
// says of header and CRC is what is due. tests/formal/link_tx.vh has the rest, with the same steps at other clocks.
// module: rtl/link/link_tx.v
// needs: rtl/link/crc32.v
// parameters: PACED=1
// depth: 2
// mutate: goes <= have && !tx_valid && !goes && !rst; => goes <= have && !tx_valid && !rst;
// mutate: goes <= have && !tx_valid && !goes && !rst; => goes <= have && !goes && !rst;
// mutate: goes <= have && !tx_valid && !goes && !rst; => goes <= !tx_valid && !goes && !rst;
// mutate: framing_q <= framing; => framing_q <= field;
reg        f_begun = 1'b0, f_waits = 1'b0, f_before = 1'b0, f_held = 1'b0, f_pay_waits = 1'b0;
reg [7:0]  f_last;
reg [74:0] f_held_fields;
wire [74:0] f_now = {msg_type, msg_seq, msg_config, msg_length, msg_empty};
always @* if (!f_begun) assume (rst);
// the fields stay from msg_valid to msg_done, the payload's byte until it is taken
always @* if (f_held) assume (msg_valid && f_now == f_held_fields);
always @* if (f_pay_waits) assume (pay_valid);
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_waits <= tx_valid && !tx_ready && !rst;
  f_before <= have && !tx_valid && !push && !rst;
  f_last <= tx_data;
  f_held <= msg_valid && !msg_done && !rst;
  f_held_fields <= f_now;
  f_pay_waits <= pay_valid && !pay_ready && !rst;
end
always @* if (f_begun) begin
  if (f_waits) assert (tx_valid && tx_data == f_last);
  assert (push == f_before);             // and it goes as soon as that is so
  assert (!push || (have && !tx_valid));
  assert (pay_ready == (in_payload && push));
  assert (!push || in_payload || framing_now == framing);
end
