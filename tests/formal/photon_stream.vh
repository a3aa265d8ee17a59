// Any words, commits and drops, bins taken at any time, any width: words leave the ring in order, each once, and only committed ones; the first of a
// message is its number of photons; every bin is the next `width` bits of its message's words, none left out, none twice.
// module: rtl/photon/photon_stream.v
// parameters: RING_LOG2=2
// depth: 5
// mutate: wire more = from != end_good; => wire more = from != end_new;
// mutate: if (forget) end_new <= end_good; => if (forget) end_new <= end_new;
reg         f_begun = 1'b0;
reg  [31:0] f_item [0:3];                     // what is in the ring, from its first on
reg  [31:0] f_word, f_old = 0, f_new = 0;     // on its way; the two last of the message
reg  [5:0]  f_in = 0, f_out = 0;              // bits of the message, modulo 64
reg  [15:0] f_left = 0;
reg  [RING_LOG2:0] f_good = 0, f_open = 0;    // committed words in the ring, others
integer     f_k;
wire [RING_LOG2:0] f_used = end_new - from;
(* anyconst *) reg [3:0] f_width;
always @* begin
  assume (f_width == 8 || f_width == 10 || f_width == 12);
  assume (width == f_width);
  assume (rst == !f_begun);
  if (write) assume (room && !commit && !forget);
  if (commit) assume (!forget);
end
always @(posedge clk) begin
  f_begun <= 1'b1;
  for (f_k = 0; f_k < 3; f_k = f_k + 1) if (fetch) f_item[f_k] <= f_item[f_k + 1];
  if (write) f_item[f_used - fetch] <= word;
  if (fetch) f_word <= f_item[0];
  f_open <= rst || commit || forget ? 0 : f_open + write;
  f_good <= rst ? 0 : commit ? f_used - fetch : f_good - fetch;
  if (take_head) begin
    {f_in, f_out} <= 0;
    f_left <= f_word[15:0];
  end
  if (take_word && !give) begin
    f_old <= f_new;
    f_new <= f_word;
    f_in <= f_in + 6'd32;
  end
  if (give) begin
    f_out <= f_out + width;
    f_left <= f_left - 1'b1;
  end
  if (rst) {f_in, f_out, f_left} <= 0;
end
// the last `have` bits of the words taken
wire [63:0] f_rest = {f_new, f_old} >> (64 - have);
wire [63:0] f_bin = f_rest & ((64'd1 << width) - 1'b1);
wire [63:0] f_wide = {20'd0, bits};
reg  [RING_LOG2:0] f_place;
always @(posedge clk) if (f_begun) begin
  assert (f_used <= SIZE);
  assert (f_good <= f_used);
  assert (f_good == end_good - from);
  assert (f_used == f_good + f_open);
  for (f_k = 0; f_k < 4; f_k = f_k + 1) begin
    f_place = from + f_k;
    if (f_k < f_used) assert (ring[f_place[RING_LOG2-1:0]] == f_item[f_k]);
  end
  assert (!(fetched && waiting));
  if (fetch) assert (f_good != 0);
  if (fetched) assert (read_data == f_word);
  if (waiting) assert (next == f_word);
  assert (photons == f_left);
  assert (have <= 43);
  assert (photons == 0 || have == f_in - f_out);
  if (have != 0 && photons != 0) assert (f_wide == f_rest);
  if (bin_valid) assert (bin == f_bin);
  if (bin_valid) assert (f_left != 0);
  assert (!(give && take_word));
  if (empty) assert (f_good == 0 && f_left == 0 && !fetched && !waiting);
end
