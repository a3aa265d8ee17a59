// Prints what the device answers to every descriptor request, as `READ type request wValue wIndex: bytes`. For tests/test_usb.py.
`default_nettype none
module usb_read;
  `include "tests/rtl/usb_host.vh"
  integer i, k;
  task show;
    input [7:0]  kind, code;
    input [15:0] value, index;
    begin
      control_read(kind, code, value, index, 16'd1024);
      if (got == P_ACK) begin
        $write("READ %h %h %h %h:", kind, code, value, index);
        for (i = 0; i < reply_count; i = i + 1) $write(" %h", reply[i]);
        $write("\n");
      end
    end
  endtask
  initial begin
    power_up;
    enumerate;
    show(8'hC0, 8'h20, 0, 7);
    for (k = 0; k < 8; k = k + 1) show(8'h80, 6, 16'h0300 + k[15:0], 16'h0409);
    for (k = 1; k < 18; k = k + 1) if (k != 3) show(8'h80, 6, k[15:0] << 8, 0);
    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
