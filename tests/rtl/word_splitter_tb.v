// word_splitter into word_reader (four-byte words): words come back, byte order, place of the last byte, partial words, gaps and back-pressure.
`default_nettype none
module word_splitter_tb;
  reg         clk = 0, rst = 1, clear = 1, in_valid = 0, in_last = 0, out_ready = 0, open = 0;
  reg  [31:0] in_word = 0;
  wire        in_ready, byte_valid, byte_ready, byte_last, out_valid, partial, broken;
  wire [7:0]  byte_data;
  wire [31:0] out_word;
  word_splitter splitter (
    .clk(clk), .rst(rst), .word_valid(in_valid), .word_ready(in_ready), .word_last(in_last), .word(in_word),
    .byte_valid(byte_valid), .byte_ready(byte_ready && open), .byte_last(byte_last), .byte_data(byte_data)
  );
  word_reader reader (
    .clk(clk), .clear(clear), .numbers(1'b0), .byte_valid(byte_valid && open), .byte_ready(byte_ready), .byte_data(byte_data),
    .word_valid(out_valid), .word_ready(out_ready), .word(out_word), .partial(partial), .broken(broken)
  );
  always #5 clk = !clk;

  integer      seed = 3, i, sent, got, bytes, round, errors = 0;
  `include "tests/rtl/noise.vh"
  reg   [31:0] words [0:999];
  reg          took;

  task fail;
    input integer what;
    begin
      errors = errors + 1;
      $display("FAIL %0d in round %0d at word %0d", what, round, got);
    end
  endtask


  initial begin
    for (round = 0; round < 4; round = round + 1) begin
      rst = 1;
      clear = 1;
      in_valid = 0;
      @(negedge clk);
      rst = 0;
      clear = 0;
      for (i = 0; i < 1000; i = i + 1) words[i] = noise(1'b0);
      sent = 0;
      got = 0;
      bytes = 0;
      for (i = 0; got < 1000 && i < 50000; i = i + 1) begin
        if (!in_valid) in_valid = sent < 1000 && (round == 0 || pick(3) != 0);
        in_word = in_valid ? words[sent] : noise(1'b0);
        in_last = sent == 999;
        open = round == 0 || pick(3) != 0;
        out_ready = round == 0 || pick(3) != 0;
        #1 took = in_valid && in_ready;
        if (byte_valid && byte_ready && open) begin
          if (byte_data !== words[bytes / 4][8 * (bytes % 4) +: 8]) fail(1);
          if (byte_last !== (bytes == 3999)) fail(2);
          bytes = bytes + 1;
        end
        if (out_valid && out_ready) begin
          if (out_word !== words[got]) fail(3);
          got = got + 1;
        end
        @(negedge clk);
        if (took) begin
          sent = sent + 1;
          in_valid = 0;
        end
        if (partial !== (bytes % 4 != 0) || broken) fail(4);
      end
      if (got != 1000 || (round == 0 && i > 5002)) fail(5);
    end
    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
