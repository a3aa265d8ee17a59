// Bulk IN: two buffers of 64 bytes in a block memory, in turn; who owns which.
//
// Purpose    The stream fills one buffer while the other waits to be sent (`ready`) and, sent, for its ACK. A buffer is closed when it has 64 bytes
//            or when the stream has been idle for FLUSH_CLOCKS; after a full packet an idle stream is closed by an empty one, so that a
//            host's transfer of any size ends.
// Formats    address of a byte: {buffer, byte}
// Latency    from the last byte of a full buffer to `ready`: 4 clocks
// Throughput a byte in 2 clocks
// Overflow   none: the stream waits
// Does not   send; `acked` may only come while `ready`
`default_nettype none
module usb_in_endpoint #(
  // clocks without a byte after which a packet is closed, 1 .. 63
  parameter FLUSH_CLOCKS = 48
) (
  input  wire       clk,
  input  wire       rst,            // empties both buffers; may come between packets
  // packets
  input  wire       clear_toggle,
  output reg        toggle,
  output reg        ready,
  output reg  [6:0] length,
  output wire       read_select,
  input  wire       acked,
  // memory
  output wire       write,
  output wire [6:0] write_address,
  // stream
  input  wire       tx_valid,
  output reg        tx_ready
);
  reg       write_select;           // the other one waits or is free
  reg [6:0] count;
  reg       some, after_full, idle, want, close;
  reg [5:0] idle_clocks;
  assign write = tx_valid && tx_ready;
  assign write_address = {write_select, count[5:0]};
  assign read_select = !write_select;

  always @(posedge clk) begin
    idle <= !tx_valid && (idle || idle_clocks == FLUSH_CLOCKS[5:0] - 6'd1);
    idle_clocks <= idle_clocks + 6'd1;
    if (tx_valid) idle_clocks <= 6'd0;

    // want stops the stream; a byte in the same clock puts the closing off
    want <= (count[6] || idle && !tx_valid && (some || after_full)) && !ready && !want && !close;
    close <= want && !write;
    tx_ready <= !write && !count[6] && !want && !close;
    if (write) begin
      count <= count + 7'd1;
      some <= 1'b1;
    end
    if (close) begin
      ready <= 1'b1;
      length <= count;
      after_full <= count[6];
      write_select <= !write_select;
      count <= 7'd0;
      some <= 1'b0;
    end
    if (acked) begin
      ready <= 1'b0;
      toggle <= !toggle;
    end
    if (clear_toggle) toggle <= 1'b0;
    if (rst) begin
      ready <= 1'b0;
      count <= 7'd0;
      some <= 1'b0;
      after_full <= 1'b0;
      want <= 1'b0;
      close <= 1'b0;
      tx_ready <= 1'b0;
    end
  end
  initial write_select = 1'b0;
endmodule
`default_nettype wire
