// The SCLC engine alone on a UP5K, with the link, for tests/size/up5k.sh: a byte stream on a few pins.
`default_nettype none
module size_sclc (
  input  wire       clk,
  input  wire       rst,
  input  wire [7:0] rx_data,
  input  wire       rx_valid,
  output wire       rx_ready,
  output wire [7:0] tx_data,
  output wire       tx_valid,
  input  wire       tx_ready,
  output wire       busy
);
  device_top #(.ENGINE(1), .CLOCK_HZ(24000000), .TARGET("ice40"), .CONTEXTS(1), .WITH_DECAY(0), .WITH_SCLC(1)) device (
    .clk(clk), .rst(rst),
    .program_write(7'd0), .program_address(13'd0), .program_word(16'd0),
    .rx_data(rx_data), .rx_mark(2'd0), .rx_valid(rx_valid), .rx_ready(rx_ready),
    .tx_data(tx_data), .tx_valid(tx_valid), .tx_ready(tx_ready), .busy(busy), .fault(),
    .sync_samples(1'b0), .detector_samples(1'b0), .marker_samples(1'b0)
  );
endmodule
`default_nettype wire
