// Who owns which buffer: a packet is never received into the one that waits or is read; as many bytes come out as the packet had; a byte that waits
// stays; packets in their order.
// module: rtl/usb/usb_out_endpoint.v
// depth: 3
// mutate: assign room = !queued; => assign room = 1'b1;
// mutate: queued_bytes <= taken_index - 7'd2; => queued_bytes <= taken_index - 7'd1;
// mutate: wire      load = queued && !reading; => wire      load = queued;
reg       f_begun = 1'b0, f_waits = 1'b0;
reg [7:0] f_data;
reg       f_queued = 1'b0, f_reading = 1'b0, f_queued_buffer, f_reading_buffer;
reg [6:0] f_queued_bytes, f_left;      // of the packet that is read: not yet taken by the stream
wire      f_moves = rx_valid && rx_ready;
always @* if (!f_begun) assume (rst);
// USB: a packet with right CRC has 2 to 66 bytes with it, and is taken only into a free buffer
always @* if (taken) assume (room && taken_index >= 2 && taken_index <= 66);
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_waits <= rx_valid && !rx_ready && !rst;
  f_data <= rx_data;
  if (f_moves) f_left <= f_left - 7'd1;
  if (f_reading && !reading) f_reading <= 1'b0;
  if (reading && !more && !rx_valid) f_reading <= 1'b0;
  if (f_queued && !f_reading) begin
    {f_reading, f_queued} <= 2'b10;
    f_reading_buffer <= f_queued_buffer;
    f_left <= f_queued_bytes;
  end
  if (taken) begin
    f_queued <= 1'b1;
    f_queued_buffer <= write_select;
    f_queued_bytes <= taken_index - 7'd2;
  end
  if (rst) {f_queued, f_reading} <= 0;
end
always @* if (f_begun) begin
  assert (queued == f_queued && reading == f_reading);
  // the buffer that a packet may be received into is neither
  if (room) assert (!f_queued && (!f_reading || f_reading_buffer != write_select));
  if (f_queued) assert (f_queued_buffer == !write_select && queued_bytes == f_queued_bytes && f_queued_bytes <= 64);
  if (f_reading) assert (read_select == f_reading_buffer && left <= 64 && f_left == left + rx_valid);
  if (fetched) assert (f_reading && more && !rx_valid && read_address[6] == f_reading_buffer);
  if (rx_valid) assert (f_reading);
  if (f_waits && !rst) assert (rx_valid && rx_data == f_data);
  if (f_queued && f_reading) assert (f_queued_buffer != f_reading_buffer);
end
