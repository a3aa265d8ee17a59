// Bit stuffing and NRZI.
//
// Equation   a zero after six ones (USB 2.0, 7.1.9); level changes with a zero and stays with a one (7.1.8)
// Formats    see ports
// Latency    level is that of the bit of the tick before
// Throughput a bit a tick; a tick with `stuffing` takes none
// Overflow   none
// Does not   time the ticks
`default_nettype none
module usb_stuff (
  input  wire clk,
  input  wire clear,                // idle: level J
  input  wire tick,                 // time for a bit
  input  wire data,                 // it; taken when !stuffing
  output reg  stuffing,             // this tick is a stuffed zero's
  output reg  level
);
  reg [2:0] ones;
  always @(posedge clk) begin
    if (tick) begin
      if (stuffing || !data) level <= !level;
      ones <= stuffing || !data ? 3'd0 : ones + 3'd1;
      stuffing <= !stuffing && data && ones == 3'd5;
    end
    if (clear) begin
      level <= 1'b1;
      ones <= 3'd0;
      stuffing <= 1'b0;
    end
  end
endmodule
`default_nettype wire
