// CRC of tokens, a bit at a time.
//
// Equation   polynomial x^5 + x^2 + 1, reflected: 0x14; starts with ones (USB 2.0, 8.3.5). After address, endpoint and the five bits sent
//            (inverted, high power first) the register holds 0x06.
// Formats    bits in the bus's order
// Latency    `good` holds everything up to the bit of two clocks before
// Throughput a bit a clock
// Overflow   none
// Does not   make a CRC: a device sends no tokens
`default_nettype none
module usb_crc5 (
  input  wire clk,
  input  wire clear,                // wins
  input  wire enable,
  input  wire data,
  output reg  good
);
  reg [4:0] crc;
  wire      feedback = crc[0] ^ data;
  always @(posedge clk) begin
    if (enable) crc <= {1'b0, crc[4:1]} ^ {feedback, 1'b0, feedback, 2'd0};
    if (clear) crc <= 5'h1F;
    good <= crc == 5'h06;
  end
endmodule
`default_nettype wire
