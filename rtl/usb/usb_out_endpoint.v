// Bulk OUT: two buffers of 64 bytes in a block memory, in turn; who owns which; and the bytes in a stream.
//
// Purpose    A packet is written into buffer `write_select` as it comes; `taken` says that it was right: the buffer is then full and the other
//            one is next. `room`: buffer write_select is free. The stream reads one buffer while the other fills.
// Formats    address of a byte: {buffer, byte}
// Latency    from `taken` to the first byte: 4 clocks
// Throughput a byte in 3 clocks
// Overflow   no `taken` without `room` at its token
// Does not   see bytes on their way in
`default_nettype none
module usb_out_endpoint (
  input  wire       clk,
  input  wire       rst,            // empties both buffers; may come between packets
  // packets
  input  wire       clear_toggle,
  output reg        toggle,         // of the packet that is next
  output wire       room,
  output reg        write_select,
  input  wire       taken,
  input  wire [6:0] taken_index,    // bytes with CRC
  // memory
  input  wire       read_busy,      // not in this clock
  output wire [6:0] read_address,
  input  wire [7:0] read_data,
  // stream
  output reg  [7:0] rx_data,
  output reg        rx_valid,
  input  wire       rx_ready
);
  reg       queued;                 // buffer !write_select is full and waits
  reg       reading, fetched, read_select;
  reg [6:0] queued_bytes, left;
  reg [5:0] at;
  wire      more = left != 7'd0;
  wire      load = queued && !reading;
  assign room = !queued;
  assign read_address = {read_select, at};

  always @(posedge clk) begin
    fetched <= reading && more && !rx_valid && !fetched && !read_busy;
    if (fetched) begin
      rx_data <= read_data;
      rx_valid <= 1'b1;
      at <= at + 6'd1;
      left <= left - 7'd1;
    end
    if (rx_valid && rx_ready) rx_valid <= 1'b0;
    if (reading && !more && !rx_valid) reading <= 1'b0;
    if (load) begin
      reading <= 1'b1;
      queued <= 1'b0;
      read_select <= !write_select;
      left <= queued_bytes;
      at <= 6'd0;
    end
    if (taken) begin
      toggle <= !toggle;
      queued <= 1'b1;
      queued_bytes <= taken_index - 7'd2;
      write_select <= !write_select;
    end
    if (clear_toggle) toggle <= 1'b0;
    if (rst) begin
      queued <= 1'b0;
      reading <= 1'b0;
      rx_valid <= 1'b0;
      fetched <= 1'b0;
    end
  end
  initial write_select = 1'b0;
endmodule
`default_nettype wire
