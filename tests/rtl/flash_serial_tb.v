// flash_serial against a flash that is asleep at first, shifts out on the falling edge, and complains of anything but the two commands.
`timescale 1ns/1ns
`default_nettype none
module flash_serial_tb;
  reg clk = 0, rst = 1;
  always #10 clk = !clk;

  reg  [63:0]  number;
  reg          answers;
  wire         select_n, sck, mosi, done;
  wire [127:0] serial;
  integer      failures = 0, waits = 0;

  flash_serial #(.FALLBACK("FALLBACK90123456"), .WAKE_LOG2(6)) dut (
    .clk(clk), .rst(rst), .flash_select_n(select_n), .flash_clock(sck), .flash_out(mosi), .flash_in(miso), .serial(serial), .done(done));

  // ---- the flash ----
  reg         awake;
  reg         miso;
  integer     taken, commands, since_wake;
  reg [7:0]   command;
  always @(negedge select_n) begin
    taken = 0;
    if (sck !== 1'b0) begin failures = failures + 1; $display("FAIL clock high at select"); end
  end
  always @(posedge sck) if (!select_n) begin
    if (taken < 8) command = {command[6:0], mosi};
    taken = taken + 1;
    if (taken == 8 && command == 8'h4B && (!awake || since_wake < 32)) begin failures = failures + 1; $display("FAIL read %0d clocks after waking", since_wake); end
  end
  always @(negedge sck) if (!select_n)
    miso <= #8 answers && command == 8'h4B && taken >= 40 && taken < 104 ? number[103 - taken] : !answers && number[0];
  always @(posedge select_n) if (!rst) begin
    commands = commands + 1;
    if (commands == 1 && (command !== 8'hAB || taken != 8)) begin failures = failures + 1; $display("FAIL first command %h of %0d bits", command, taken); end
    if (commands == 2 && (command !== 8'h4B || taken != 104)) begin failures = failures + 1; $display("FAIL second command %h of %0d bits", command, taken); end
    if (commands > 2) begin failures = failures + 1; $display("FAIL a third command"); end
    if (command == 8'hAB) awake = 1;
    since_wake = 0;
  end
  always @(posedge clk) since_wake = since_wake + 1;

  task check(input [63:0] of, input does_answer, input [127:0] expected);
    begin
      number = of;
      answers = does_answer;
      awake = 0;
      commands = 0;
      command = 8'h00;
      miso = 1'b0;
      rst = 1;
      repeat (3) @(posedge clk);
      rst <= 0;
      waits = 0;
      while (!done && waits < 3000) begin @(posedge clk); waits = waits + 1; end
      if (!done || commands != 2) begin failures = failures + 1; $display("FAIL %h: done %b after %0d clocks, %0d commands", of, done, waits, commands); end
      if (serial !== expected) begin failures = failures + 1; $display("FAIL %h: serial %s, expected %s", of, serial, expected); end
      repeat (300) @(posedge clk);
      if (!done || !select_n || serial !== expected) begin failures = failures + 1; $display("FAIL %h: it does not stay", of); end
    end
  endtask

  initial begin
    check(64'h0123456789ABCDEF, 1, "0123456789ABCDEF");
    check(64'hD2681C21471B5332, 1, "D2681C21471B5332");
    check(64'h8000000000000001, 1, "8000000000000001");
    check(64'h0000000000000001, 1, "0000000000000001");
    check(64'hFFFFFFFFFFFFFFFE, 1, "FFFFFFFFFFFFFFFE");
    check(64'h0, 0, "FALLBACK90123456");                     // nothing there, pulled down
    check(64'h1, 0, "FALLBACK90123456");                     // pulled up
    if (failures == 0) $display("PASS");
    $finish;
  end
endmodule
`default_nettype wire
