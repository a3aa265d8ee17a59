// word_reader, numbers: every bit length, needless zeros, numbers too long, clear, gaps and back-pressure.
`default_nettype none
module word_reader_tb;
  reg         clk = 0, clear = 1, byte_valid = 0, word_ready = 0;
  reg  [7:0]  byte_data = 0;
  wire        byte_ready, word_valid, partial, broken;
  wire [31:0] word;
  word_reader dut (
    .clk(clk), .clear(clear), .numbers(1'b1), .byte_valid(byte_valid), .byte_ready(byte_ready), .byte_data(byte_data),
    .word_valid(word_valid), .word_ready(word_ready), .word(word), .partial(partial), .broken(broken)
  );
  always #5 clk = !clk;

  integer seed = 2;
  localparam STREAM_MAX = 65536;
  localparam NUMBERS = 3000;
  `include "tests/rtl/stream.vh"

  reg   [31:0] expected [0:NUMBERS - 1];
  reg   [31:0] value;
  integer      i, k, at, got, round, errors = 0;
  reg          took, gave;

  task fail;
    input integer what;
    begin
      errors = errors + 1;
      $display("FAIL %0d in round %0d at byte %0d, word %0d", what, round, at, got);
    end
  endtask

  // Sends the stream; words are compared while they come.
  task send;
    input integer eager;         // no gaps, no back-pressure
    begin
      at = 0;
      got = 0;
      for (k = 0; (at < stream_size || word_valid) && k < 200000; k = k + 1) begin
        byte_valid = at < stream_size && (eager != 0 || pick(3) != 0);
        byte_data = byte_valid ? stream[at] : noise(1'b0);
        word_ready = eager != 0 || pick(3) != 0;
        #1 took = byte_valid && byte_ready;
        gave = word_valid && word_ready;
        if (gave) begin
          if (word !== expected[got]) fail(1);
          got = got + 1;
        end
        @(negedge clk);
        if (took) at = at + 1;
      end
      byte_valid = 0;
      word_ready = 0;
      if (eager != 0 && k > stream_size + NUMBERS + 2) fail(2);
    end
  endtask

  task restart;
    begin
      clear = 1;
      @(negedge clk);
      clear = 0;
      stream_size = 0;
    end
  endtask

  initial begin
    @(negedge clk);
    for (round = 0; round < 4; round = round + 1) begin
      restart;
      for (i = 0; i < NUMBERS; i = i + 1) begin
        value = noise(1'b0);
        expected[i] = i < 33 ? (i == 0 ? 32'd0 : 32'hFFFFFFFF >> (32 - i)) : value >> pick(32);
        put_leb128(expected[i]);
        if (round[0] && expected[i] < 32'd16384 && pick(4) == 0) begin
          stream[stream_size - 1] = stream[stream_size - 1] | 8'h80;
          put_byte(8'h80);
          put_byte(8'h00);
        end
      end
      send(round < 2 ? 1 : 0);
      if (got != NUMBERS || partial || broken) fail(3);
    end
    // too long in the fifth byte, five different ways; nothing comes afterwards; clear repairs
    for (round = 0; round < 20; round = round + 1) begin
      restart;
      expected[0] = 32'd77;
      put_leb128(expected[0]);
      for (i = 0; i < 4; i = i + 1) put_byte(8'h80 | pick(128));
      put_byte(round == 0 ? 8'h10 : round == 1 ? 8'h80 : round == 2 ? 8'h8F : 8'h10 << pick(4));
      put_byte(8'h01);
      put_byte(8'h02);
      send(0);
      if (got != 1 || !broken) fail(4);
      restart;
      if (broken || partial) fail(5);
    end
    // an unfinished number is seen
    restart;
    put_byte(8'h81);
    send(0);
    if (!partial || got != 0) fail(6);
    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
