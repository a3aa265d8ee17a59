// Behind the registers of a far engine: while at most two words are on their way it takes every word once, in order, as it was sent, and sees it as soon
// as it can; one phase comes back for each. (That no third is sent, and the word stays until then: farm_loads.vh.)
// module: rtl/core/farm_port.v
// parameters: FAR=1
// depth: 3
// mutate: if (stood == took || en_ready) begin => if (1'b1) begin
// mutate: if (stood == took || en_ready) begin => if (stood == took) begin
// mutate: word_stands <= word_arrived => word_stands <= word
// mutate: if (en_ready) took <= to_take; => took <= to_take;
// mutate: assign to_take = stood; => assign to_take = word_behind;
// mutate: if (rst_behind) stood <= 1'b0; =>
reg        f_begun = 1'b0, f_rst = 1'b1;
reg        f_phase = 1'b0, f_taken = 1'b0;                       // a clock ago
reg [1:0]  f_out = 0, f_held = 0;                                // words sent whose phase was not seen back a clock ago; not taken by the engine
reg [31:0] f_item [0:2], f_word;
reg        f_due = 1'b0;                                         // a word is here and was a clock ago
wire       f_sent = word_phase != f_phase, f_returned = taken_phase != f_taken && !f_rst;
wire       f_takes = en_valid && en_ready && !en_rst;
always @* if (!f_begun) assume (rst);
always @* if (f_rst) assume (!word_phase);                      // the sender was reset, too
always @* if (f_sent || word != f_word) assume (f_out < 2);
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_rst <= rst;
  f_word <= word;
  f_phase <= word_phase && !rst;
  f_taken <= taken_phase && !rst && !f_rst;
  f_out <= rst || f_rst ? 0 : f_out + f_sent - f_returned;
  f_held <= rst || f_rst ? 0 : f_held + f_sent - f_takes;
  if (f_takes) begin
    f_item[0] <= f_item[1];
    f_item[1] <= f_item[2];
  end
  if (f_sent) f_item[f_held - f_takes] <= word;
  f_due <= !rst && !f_rst && f_held > f_takes;
end
always @* if (f_begun) begin
  assert (en_rst == f_rst);
  assert (!(f_rst && g_far.word_behind));
  if (!f_rst) begin
    assert (g_far.word_behind == f_phase);
    assert (f_held == (g_far.word_behind != g_far.stood) + (g_far.stood != took));
    assert (f_out == f_held + (took != g_far.took_behind) + (g_far.took_behind != f_taken));
    assert (f_out <= 2);
    if (f_returned) assert (f_out != 0);
    if (en_valid) assert (f_held != 0 && en_word == f_item[0]);
    if (g_far.word_behind != g_far.stood) assert (g_far.word_arrived == f_item[g_far.stood != took]);
    if (f_due) assert (en_valid);
  end
end
