// Stands for the USB device in benches of what is behind it: the bench drives and watches the bulk streams by name (sent, taken, ...).
// link_reset drops what the endpoints hold, as the real one does.
`default_nettype none
module usb_device #(
  parameter [127:0] SERIAL = 128'd0
) (
  input  wire         clk,
  input  wire         rst,
  input  wire         usb_dp_in,
  input  wire         usb_dn_in,
  output wire         usb_dp_out,
  output wire         usb_dn_out,
  output wire         usb_output_enable,
  output wire         usb_pullup,
  input  wire [127:0] serial,
  output wire [7:0]   rx_data,
  output wire         rx_valid,
  input  wire         rx_ready,
  input  wire [7:0]   tx_data,
  input  wire         tx_valid,
  output wire         tx_ready,
  output wire         link_reset,
  output wire         configured,
  output wire         suspended
);
  reg [7:0] give_data = 0;
  reg       give_valid = 0, take = 0, reset = 0;

  assign {usb_dp_out, usb_dn_out, usb_output_enable} = 3'b000;
  assign usb_pullup = !rst;
  assign rx_data = give_data;
  assign rx_valid = give_valid;
  assign tx_ready = take;
  assign link_reset = reset;
  assign configured = !rst;
  assign suspended = 1'b0;
endmodule
