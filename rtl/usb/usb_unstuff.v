// NRZI and bit stuffing undone.
//
// Equation   bit = (level == level before); after six ones a bit is dropped: it must be a zero (USB 2.0, 7.1.8, 7.1.9)
// Formats    see ports
// Latency    1 clock
// Throughput a bit a clock
// Overflow   none
// Does not   know packets: an idle bus is ones without end, which `violation` says
`default_nettype none
module usb_unstuff (
  input  wire clk,
  input  wire rst,
  input  wire strobe,               // level of a bit
  input  wire level,
  output reg  valid,                // a bit of data
  output reg  data,
  output reg  violation             // a seventh one
);
  reg       level_before;
  reg [2:0] ones;
  wire      one = level == level_before;
  wire      full = ones[2] && ones[1];

  always @(posedge clk) begin
    valid <= strobe && !full;
    violation <= strobe && full && one;
    data <= one;
    if (strobe) begin
      level_before <= level;
      if (!one) ones <= 3'd0;
      else if (!full) ones <= ones + 3'd1;
    end
    if (rst) begin
      level_before <= 1'b1;
      ones <= 3'd0;
      valid <= 1'b0;
      violation <= 1'b0;
    end
  end
endmodule
`default_nettype wire
