`default_nettype none
module usb_control_tb;
  `include "tests/rtl/usb_host.vh"
  integer i;
  initial begin
    power_up; enumerate;
    control_read(8'h80, 6, 16'h0100, 0, 64);
    $display("%0d", reply_count); for (i=0;i<reply_count;i=i+1) $write("%h ", reply[i]);
    $display("");
    control_read(8'h80, 6, 16'h0303, 0, 255);
    $display("%0d", reply_count); for (i=0;i<reply_count;i=i+1) $write("%h ", reply[i]);
    $display("");
    control_read(8'hC0, 8'h20, 16'h0000, 7, 1000);
    $display("%0d", reply_count); for (i=0;i<reply_count;i=i+1) $write("%h ", reply[i]);
    $display("");
    $display("turn %0d %0d", turn_min, turn_max);
    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
