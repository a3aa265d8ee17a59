// device_usb_tb without memories between the clocks (rtl/cdc/word_crossing.v), as a UP5K has it.
// stubs: tests/rtl/stub
`include "tests/rtl/device_usb_tb.v"
`default_nettype none
module device_usb_words_tb;
  device_usb_tb #(.FIFO_LOG2(0)) bench ();
endmodule
`default_nettype wire
