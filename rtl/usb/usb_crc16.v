// CRC of data packets, a bit at a time, to check and to make.
//
// Equation   polynomial x^16 + x^15 + x^2 + 1, reflected: 0xA001; starts with ones (USB 2.0, 8.3.5). After the data and the sixteen bits sent
//            (inverted, high power first) the register holds 0xB001. With `shift` the register moves on without feedback: !next is then,
//            bit by bit, what is sent.
// Formats    bits in the bus's order
// Latency    next holds everything up to the bit of the clock before, good of two clocks before
// Throughput a bit a clock
// Overflow   none
// Does not   count bytes
`default_nettype none
module usb_crc16 (
  input  wire clk,
  input  wire clear,                // wins
  input  wire enable,
  input  wire shift,
  input  wire data,
  output wire next,
  output reg  good
);
  reg [15:0] crc;
  wire       feedback = (crc[0] ^ data) && !shift;
  assign next = crc[0];
  always @(posedge clk) begin
    if (enable) crc <= {1'b0, crc[15:1]} ^ {feedback, 1'b0, feedback, 12'd0, feedback};
    if (clear) crc <= 16'hFFFF;
    good <= crc == 16'hB001;
  end
endmodule
`default_nettype wire
