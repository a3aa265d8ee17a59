// crc32: against the bitwise CRC, known value, CRC bytes fed back, gaps.
`default_nettype none
module crc32_tb;
  reg        clk = 0, clear = 1, enable = 0;
  reg  [7:0] data = 0;
  reg  [1:0] tail_index = 0;
  wire [7:0] tail;
  crc32 dut (.clk(clk), .clear(clear), .enable(enable), .data(data), .tail_index(tail_index), .tail(tail));
  always #5 clk = !clk;

  integer seed = 1;
  localparam STREAM_MAX = 16;
  `include "tests/rtl/stream.vh"

  integer      i, round, length, errors = 0;
  reg   [31:0] crc;
  reg   [7:0]  value;

  task feed;
    input [7:0] one;
    begin
      while (pick(4) == 0) begin
        enable = 0;
        data = noise(1'b0);
        @(negedge clk);
      end
      enable = 1;
      data = one;
      @(negedge clk);
      enable = 0;
    end
  endtask

  task finish_with;              // the four CRC bytes
    input [31:0] expected;
    for (i = 0; i < 4; i = i + 1) begin
      tail_index = i[1:0];
      #1 if (tail !== expected[8 * i +: 8]) begin
        errors = errors + 1;
        $display("FAIL byte %0d: %h, expected %h", i, tail, expected[8 * i +: 8]);
      end
      feed(tail);
    end
  endtask

  task start;
    begin
      clear = 1;
      enable = pick(2);
      @(negedge clk);
      clear = 0;
      enable = 0;
    end
  endtask

  initial begin
    @(negedge clk);
    start;
    for (i = 0; i < 9; i = i + 1) feed(8'h31 + i[7:0]);
    finish_with(32'hCBF43926);
    for (round = 0; round < 200; round = round + 1) begin
      start;
      crc = 32'hFFFFFFFF;
      length = pick(300);
      for (i = 0; i < length; i = i + 1) begin
        value = noise(1'b0);
        crc = crc_bitwise(crc, value);
        feed(value);
      end
      finish_with(~crc);
    end
    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
