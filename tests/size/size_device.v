// The small engine with the link, for tests/size/up5k.sh: a byte stream on a few pins; the
// program's write port on a shift register.
`default_nettype none
module size_device (
  input  wire       clk,
  input  wire       rst,
  input  wire [7:0] rx_data,
  input  wire       rx_valid,
  output wire       rx_ready,
  output wire [7:0] tx_data,
  output wire       tx_valid,
  input  wire       tx_ready,
  output wire       busy,
  // program: a bit a clock
  input  wire       program_bit,
  input  wire       program_write
);
  reg [53:0] program;
  always @(posedge clk) program <= {program[34:0], program_bit};

  device_top #(.ENGINE(1), .CLOCK_HZ(36000000), .TARGET("ice40"), .PASS("serial"),
      .CONTEXTS(1)) device (
    .clk(clk), .rst(rst),
    .program_write({program[31:29], program[35:32]} & {7{program_write}}), .program_address(program[28:16]), .program_word(program[15:0]),
    .rx_data(rx_data), .rx_mark(2'd0), .rx_valid(rx_valid), .rx_ready(rx_ready),
    .tx_data(tx_data), .tx_valid(tx_valid), .tx_ready(tx_ready), .busy(busy), .fault(),
    .sync_samples(1'b0), .detector_samples(1'b0), .marker_samples(1'b0)
  );
endmodule
`default_nettype wire
