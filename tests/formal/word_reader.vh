// Words from bytes against a description that adds up shifted digits; a word that waits stays; nothing after `broken`.
// module: rtl/link/word_reader.v
// depth: 3
// mutate: if (byte_3) word[27:24] <= numbers ? byte_data[6:3] : byte_data[3:0]; => if (byte_3) word[27:24] <= byte_data[3:0];
// mutate: place == 3'd4 && byte_data[7:4] != 4'd0 => place == 3'd4 && byte_data[7:5] != 3'd0
// mutate: assign byte_ready = !word_valid; => assign byte_ready = 1'b1;
reg        f_begun = 1'b0, f_waits = 1'b0, f_numbers;
reg [31:0] f_word = 0, f_last;
reg [2:0]  f_bytes = 0;
reg        f_whole = 1'b0, f_broken = 1'b0;
wire       f_ends = numbers ? !byte_data[7] : f_bytes == 3;
wire [31:0] f_digit = numbers ? byte_data & 32'h7F : byte_data & 32'hFF;
wire [5:0]  f_shift = numbers ? 7 * f_bytes : 8 * f_bytes;
wire [63:0] f_wide = {32'd0, f_digit} << f_shift;
wire       f_over = numbers && f_bytes == 4 && (byte_data[7] || f_wide[63:32] != 0);
always @* if (!f_begun) assume (clear);
always @* if (f_begun && !clear) assume (numbers == f_numbers);
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_numbers <= numbers;
  f_waits <= word_valid && !word_ready && !clear;
  f_last <= word;
  if (f_whole && word_ready) f_whole <= 1'b0;
  if (byte_valid && byte_ready && !f_broken) begin
    f_word <= (f_bytes == 0 ? 32'd0 : f_word) | f_wide[31:0];
    f_bytes <= f_ends ? 3'd0 : f_bytes + 3'd1;
    f_whole <= f_ends && !f_over;
    if (f_over) f_broken <= 1'b1;
  end
  if (clear) {f_bytes, f_whole, f_broken} <= 0;
end
reg [31:0] f_mask;
always @* f_mask = f_bytes == 0 ? 32'hFFFFFFFF : ~(32'hFFFFFFFF << (numbers ? 7 * f_bytes : 8 * f_bytes));
always @* if (f_begun) begin
  assert (word_valid == f_whole);
  if (f_whole) assert (word == f_word);
  if (f_bytes != 0 && !f_broken && !clear) assert ((word & f_mask) == (f_word & f_mask));
  if (f_bytes != 0 && !f_broken && !clear) assert ((f_word & ~f_mask) == 0);
  if (f_bytes != 0 && !f_broken && !clear) assert ((word & ~f_mask) == 0);
  if (!f_broken) assert (place == f_bytes);
  assert (f_bytes <= (numbers ? 4 : 3) || clear || f_broken);
  assert (broken == f_broken);
  if (f_broken) assert (!word_valid);
  if (f_whole) assert (f_bytes == 0);
  if (f_waits && !clear) assert (word_valid && word == f_last);
  assert (byte_ready == !word_valid);
end
