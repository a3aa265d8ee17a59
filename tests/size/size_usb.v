// The USB device for tests/size/usb.sh: all ports on pins, a serial number like that of a board.
`default_nettype none
module size_usb (
  input  wire       clk,
  input  wire       rst,
  input  wire       usb_dp_in,
  input  wire       usb_dn_in,
  output wire       usb_dp_out,
  output wire       usb_dn_out,
  output wire       usb_output_enable,
  output wire       usb_pullup,
  output wire [7:0] rx_data,
  output wire       rx_valid,
  input  wire       rx_ready,
  input  wire [7:0] tx_data,
  input  wire       tx_valid,
  output wire       tx_ready,
  output wire       link_reset,
  output wire       configured,
  output wire       suspended
);
  usb_device #(.SERIAL("1D5CA30F6B82E947")) device (
    .clk(clk), .rst(rst),
    .usb_dp_in(usb_dp_in), .usb_dn_in(usb_dn_in), .usb_dp_out(usb_dp_out), .usb_dn_out(usb_dn_out),
    .usb_output_enable(usb_output_enable), .usb_pullup(usb_pullup), .serial(128'd0),
    .rx_data(rx_data), .rx_valid(rx_valid), .rx_ready(rx_ready), .tx_data(tx_data), .tx_valid(tx_valid), .tx_ready(tx_ready),
    .link_reset(link_reset), .configured(configured), .suspended(suspended)
  );
endmodule
`default_nettype wire
