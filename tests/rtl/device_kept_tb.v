// device_paced_tb with the headers of requests in the memory of the answers' bytes, as a small part has them (rtl/core/dispatcher.v).
// stubs: tests/rtl/stub
`include "tests/rtl/device_tb.v"
`default_nettype none
module device_kept_tb;
  device_tb #(.PACED(1), .KEPT(1)) bench ();
endmodule
`default_nettype wire
