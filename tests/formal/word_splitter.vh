// Four bytes a word, low byte first, the last one marked; a byte that waits stays, provided that the word does.
// module: rtl/link/word_splitter.v
// depth: 2
// mutate: place == 2'd3; => place == 2'd2;
// mutate: byte_data = word[15:8]; => byte_data = word[16:9];
reg        f_begun = 1'b0, f_word_waits = 1'b0, f_byte_waits = 1'b0, f_last;
reg [31:0] f_word;
reg [7:0]  f_byte;
reg [1:0]  f_sent = 0;
always @* if (!f_begun) assume (rst);
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_word_waits <= word_valid && !word_ready && !rst;
  f_byte_waits <= byte_valid && !byte_ready && !rst;
  {f_word, f_last, f_byte} <= {word, word_last, byte_data};
  f_sent <= rst ? 2'd0 : f_sent + (byte_valid && byte_ready);
end
always @* if (f_word_waits) assume (word_valid && word == f_word && word_last == f_last);
always @* if (f_begun) begin
  assert (place == f_sent);
  assert (byte_valid == word_valid);
  assert (byte_data == ((word >> {f_sent, 3'd0}) & 32'hFF));
  assert (byte_last == (word_last && f_sent == 2'd3));
  assert (word_ready == (byte_ready && f_sent == 2'd3));
  if (f_byte_waits) assert (byte_valid && byte_data == f_byte);
end
