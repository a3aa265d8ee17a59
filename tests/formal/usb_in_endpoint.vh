// Who owns which buffer: the stream never writes into the one that waits to be sent or for its ACK, a packet is what was written since the one
// before, at most 64 bytes, in order; a transfer's end is told by a short packet.
// module: rtl/usb/usb_in_endpoint.v
// parameters: FLUSH_CLOCKS=3
// depth: 3
// mutate: && !ready && !want && !close => && !want && !close
// mutate: length <= count; => length <= count + 7'd1;
// mutate: tx_ready <= !write && !count[6] => tx_ready <= !write
reg       f_begun = 1'b0, f_owned = 1'b0;
reg       f_waiting = 1'b0;            // the buffer f_buffer waits
reg       f_buffer;
reg [6:0] f_length, f_written = 0;     // bytes written since the latest closing
reg       f_full = 1'b0;               // the latest packet was full: the transfer may have ended with it
always @* if (!f_begun) assume (rst);
always @* if (acked) assume (ready);
wire f_closes = close;
always @(posedge clk) begin
  f_begun <= 1'b1;
  if (write) f_written <= f_written + 7'd1;
  if (acked) f_waiting <= 1'b0;
  if (f_closes) begin
    f_waiting <= 1'b1;
    f_buffer <= write_select;
    f_length <= f_written;
    f_written <= 0;
    f_full <= f_written == 64;
  end
  if (rst) {f_waiting, f_written, f_full} <= 0;
end
always @* if (f_begun) begin
  assert (ready == f_waiting);
  if (ready) assert (read_select == f_buffer && length == f_length && f_length <= 64);
  if (ready && write) assert (write_address[6] != f_buffer);
  if (write) assert (write_address == {!read_select, f_written[5:0]} && f_written < 64);
  assert (count == f_written && f_written <= 64);
  assert (some == (f_written != 0));
  assert (after_full == f_full);
  if (close) assert (!ready && !write && !want && !tx_ready && (f_written == 64 || some || after_full));
  if (want) assert (!ready && !close && (count[6] || some || after_full));
  if (tx_ready) assert (!count[6] && !close);
end
