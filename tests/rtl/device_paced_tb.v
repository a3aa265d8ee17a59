// device_tb with a byte in two clocks, as a full part has it (rtl/core/device_top.v).
// stubs: tests/rtl/stub
`include "tests/rtl/device_tb.v"
`default_nettype none
module device_paced_tb;
  device_tb #(.PACED(1)) bench ();
endmodule
`default_nettype wire
