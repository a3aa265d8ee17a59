// usb_stuff into usb_unstuff: any bits come back, never more than six equal levels in a row; usb_crc5 and usb_crc16 against known packets and
// bit by bit.
`default_nettype none
module usb_codec_tb;
  reg  clk = 0, clear = 1, tick = 0, data_in = 0;
  wire stuffing, level, valid, data_out, violation, crc5_good, crc16_good, next;
  reg  strobe = 0, crc_clear = 1, crc_enable = 0, crc_shift = 0, crc_data = 0;
  usb_stuff stuff (.clk(clk), .clear(clear), .tick(tick), .data(data_in), .stuffing(stuffing), .level(level));
  usb_unstuff unstuff (
    .clk(clk), .rst(clear), .strobe(strobe), .level(level), .valid(valid), .data(data_out), .violation(violation)
  );
  usb_crc5 crc5 (.clk(clk), .clear(crc_clear), .enable(crc_enable), .data(crc_data), .good(crc5_good));
  usb_crc16 crc16 (
    .clk(clk), .clear(crc_clear), .enable(crc_enable), .shift(crc_shift), .data(crc_data), .next(next), .good(crc16_good)
  );
  always #5 clk = !clk;

  integer errors = 0, seed = 1;
  `include "tests/rtl/noise.vh"
  task check;
    input good;
    input [8*40-1:0] what;
    if (good !== 1'b1) begin
      errors = errors + 1;
      if (errors < 20) $display("FAIL %0s at %0t", what, $time);
    end
  endtask

  // ---- stuffing ----
  localparam BITS = 20000;
  reg     sent [0:BITS];
  integer put = 0, got = 0, run = 0, i, k, gap, stuffed = 0;
  reg     last_level = 1;
  always @(posedge clk)
    if (!clear) begin
      strobe <= tick;
      if (strobe) begin
        run = level == last_level ? run + 1 : 1;
        check(run <= 7, "equal levels");    // a level and six ones
        last_level = level;
      end
      check(!violation, "violation");
      if (valid) begin
        check(data_out == sent[got], "bit");
        got = got + 1;
      end
    end

  // ---- CRC ----
  reg [15:0] bits16;
  task feed;
    input one;
    begin
      crc_data = one;
      crc_enable = 1;
      @(negedge clk) crc_enable = 0;
      repeat (pick(3)) @(negedge clk) ;
    end
  endtask
  task crc_start;
    begin
      crc_clear = 1;
      @(negedge clk) crc_clear = 0;
    end
  endtask
  function [15:0] crc16_bytes;       // register after a byte
    input [15:0] from;
    input [7:0]  value;
    integer j;
    begin
      crc16_bytes = from;
      for (j = 0; j < 8; j = j + 1)
        crc16_bytes = (crc16_bytes >> 1) ^ ((crc16_bytes[0] ^ value[j]) ? 16'hA001 : 16'd0);
    end
  endfunction
  reg [15:0] expected;
  reg [7:0]  value;
  reg [10:0] token;
  reg [4:0]  expected5;
  integer    length, flip;

  initial begin
    @(negedge clk) clear = 0;
    for (i = 0; i < 40; i = i + 1) begin
      k = pick(4);
      for (gap = 0; gap < BITS / 40; gap = gap + 1) begin
        data_in = k == 0 ? 1 : k == 1 ? pick(10) != 0 : pick(2);
        sent[put] = data_in;
        put = put + 1;
        tick = 1;
        while (stuffing) begin
          stuffed = stuffed + 1;
          @(negedge clk) tick = pick(2);
          while (!tick) @(negedge clk) tick = pick(2);
        end
        @(negedge clk) tick = 0;
        repeat (pick(3)) @(negedge clk) ;
      end
    end
    repeat (4) @(negedge clk) ;
    check(got >= put - 1 && stuffed > 500, "all bits");
    clear = 1;

    // the token SETUP, address 0x15, endpoint 0xE: CRC5 0x17 (USB-IF, "Cyclic redundancy checks in USB"); then every token of 11 bits
    for (i = -1; i < 2048; i = i + 1) begin
      token = i < 0 ? {4'hE, 7'h15} : i[10:0];
      expected5 = 5'h1F;
      for (k = 0; k < 11; k = k + 1) expected5 = {expected5[3:0], 1'b0} ^ (expected5[4] ^ token[k] ? 5'h05 : 5'h00);
      expected5 = ~expected5;
      if (i < 0) check(expected5 == 5'h17, "the bench's own CRC5");
      crc_start;
      for (k = 0; k < 11; k = k + 1) feed(token[k]);
      flip = pick(3) == 0 ? 0 : pick(32);
      for (k = 4; k >= 0; k = k - 1) feed(expected5[k] ^ flip[k]);
      @(negedge clk) check(crc5_good == (flip == 0), "CRC5");
    end
    // 00 01 02 03: CRC16 0xF75E, 23 45 67 89: 0x7038 (same text); then random ones, checked and made
    for (i = -2; i < 200; i = i + 1) begin
      length = i < 0 ? 4 : pick(67);
      crc_start;
      expected = 16'hFFFF;
      for (k = 0; k < length; k = k + 1) begin
        value = i == -2 ? k[7:0] : i == -1 ? 8'h23 + 8'h22 * k[7:0] : noise(1'b0);
        expected = crc16_bytes(expected, value);
        for (gap = 0; gap < 8; gap = gap + 1) feed(value[gap]);
      end
      bits16 = ~expected;
      if (i == -2) check({bits16[0], bits16[1], bits16[2], bits16[3], bits16[4], bits16[5], bits16[6], bits16[7], bits16[8], bits16[9],
        bits16[10], bits16[11], bits16[12], bits16[13], bits16[14], bits16[15]} == 16'hF75E, "the bench's own CRC16");
      if (i == -1) check({bits16[0], bits16[1], bits16[2], bits16[3], bits16[4], bits16[5], bits16[6], bits16[7], bits16[8], bits16[9],
        bits16[10], bits16[11], bits16[12], bits16[13], bits16[14], bits16[15]} == 16'h7038, "the bench's own CRC16");
      crc_shift = pick(2);
      flip = pick(2) ? 0 : pick(2) ? 1 << pick(16) : pick(65536);
      for (k = 0; k < 16; k = k + 1) begin
        if (crc_shift) check(!next == bits16[k], "CRC16 made");
        feed(bits16[k] ^ flip[k]);
      end
      @(negedge clk) if (!crc_shift) check(crc16_good == (flip == 0), "CRC16 checked");
      crc_shift = 0;
    end
    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
