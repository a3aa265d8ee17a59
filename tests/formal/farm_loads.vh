// Words of a load go to its engines and to no other, each once, in order, unchanged; never are more than two on their way (what farm_port.v holds), to all
// engines never more than one; commit and abort leave once, when no word is on its way and none waits. Engines are free: each gives a phase back, at the
// earliest a clock later, for every word that it was sent. Turns: fit_turns.vh.
// module: rtl/core/farm_loads.v
// needs: rtl/fit/fit_turns.v
// parameters: N=3 AHEAD=1
// depth: 3
// mutate: gone || (alone && lone) => gone || alone
// mutate: gone || (alone && lone) => gone || lone
// mutate: gone || (alone && lone) => gone
// mutate: if (lone) both <= sends => if (lone) both <= 1'b0
// mutate: if (lone) both <= sends => both <= sends
// mutate: if (lone) both <= sends => if (lone && sends) both <= 1'b1
// mutate: taken_phase == word_phase && !both => taken_phase == word_phase
// mutate: wire closes = gone && !waits => wire closes = gone
// mutate: wire closes = gone && !waits => wire closes = free && !waits
// mutate: waits ? behind : ld_word => ld_word
// mutate: if (!waits) behind => behind
// mutate: word_phase ^ members => word_phase ^ ALL
reg         f_begun = 1'b0, f_rst = 1'b1;
reg         f_asks = 1'b0, f_counts, f_open = 1'b0, f_missed = 1'b0;  // a begin waits; of counts; a load is open, or was missing
reg [N-1:0] f_begin = 0, f_phase = 0, f_taken = 0, f_members = 0;     // a clock ago
reg [N-1:0] f_load = 0;                                          // engines of the latest load
reg [1:0]   f_out [0:N-1];                                       // words sent to each whose phase was not back a clock ago
reg [1:0]   f_now [0:N-1];                                       // the same of this clock
reg [1:0]   f_held = 0;                                          // words that came and were not sent a clock ago
reg [31:0]  f_item [0:2], f_word;
reg         f_commits = 1'b0, f_aborts = 1'b0;                   // owed to the load's engines
wire [N-1:0] f_sent = word_phase ^ f_phase, f_returned = f_rst ? 0 : taken_phase ^ f_taken;
wire [N-1:0] f_its = begin_phase != f_begin ? begin_phase ^ f_begin : f_load;
wire        f_sends = f_sent != 0;
wire        f_told = ld_begin_valid && ld_begin_ready;
reg         f_none, f_few, f_room = 1'b1;                         // none is on its way, fewer than may be; a clock ago
integer     f_k;
always @* if (!f_begun) assume (rst);
// the dispatcher: a begin stays until it is told, and may wait for the end of the load before; words and the end in a load that was begun and is not missing (then an abort only), the end behind the words
always @* begin
  if (f_asks) assume (ld_begin_valid && ld_counts == f_counts);
  if (ld_valid || ld_commit) assume (f_open);
  if (ld_abort) assume (f_open || f_missed);
  if (!f_open) assume (!(ld_begin_valid && ld_abort));
  assume (ld_valid + ld_commit + ld_abort <= 1);
end
// engines, and turns
always @* begin
  for (f_k = 0; f_k < N; f_k = f_k + 1) if (f_returned[f_k]) assume (f_out[f_k] != 0);
  assume ((next & (next - 1)) == 0 && (next & ~able) == 0 && (next == 0) == (able == 0));
end
always @* begin
  f_none = 1'b1;
  f_few = 1'b1;
  for (f_k = 0; f_k < N; f_k = f_k + 1) begin
    f_now[f_k] = f_out[f_k] + f_sent[f_k] - f_returned[f_k];
    if (f_now[f_k] != 0) f_none = 1'b0;
    if (f_now[f_k] > (alone ? 1 : 0)) f_few = 1'b0;
  end
end
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_rst <= rst;
  f_word <= word;
  f_room <= f_few || rst;
  f_asks <= ld_begin_valid && !ld_begin_ready && !rst;
  f_counts <= ld_counts;
  f_open <= (f_open ? !(ld_commit || ld_abort) : f_told && !ld_missing) && !rst;
  f_missed <= (f_missed ? !ld_abort && !ld_begin_valid : f_told && ld_missing) && !rst;
  f_begin <= rst ? 0 : begin_phase;
  f_phase <= rst ? 0 : word_phase;
  f_taken <= rst || f_rst ? 0 : taken_phase;                       // the engines' reset is a clock late (farm_port.v)
  f_members <= rst ? 0 : members;
  f_load <= rst ? 0 : f_its;
  for (f_k = 0; f_k < N; f_k = f_k + 1) f_out[f_k] <= rst ? 0 : f_now[f_k];
  if (f_sends) begin
    f_item[0] <= f_item[1];
    f_item[1] <= f_item[2];
  end
  if (ld_valid && ld_ready) f_item[f_held - f_sends] <= ld_word;
  f_held <= rst ? 0 : f_held - f_sends + (ld_valid && ld_ready);
  f_commits <= (f_commits ? commit == 0 : ld_commit) && !rst;
  f_aborts <= (f_aborts ? abort == 0 : ld_abort && f_open) && !rst;
end
always @* if (f_begun) begin
  // the load's engines
  assert (members == 0 || members == f_its);
  assert (alone ? (f_its & (f_its - 1)) == 0 : f_its == 0 || f_its == ALL);
  if (f_open || f_told || state != L_CHOOSE) assert (members == f_its && members != 0);
  if (state != L_CHOOSE) assert (f_asks && alone == f_counts && !f_open && !to_commit && !to_abort);
  if (state == L_CHOOSE && members != 0) assert (f_open || to_commit || to_abort);
  if (f_open) assert (!to_commit && !to_abort);
  if (f_missed) assert (!f_open && members == 0 && !to_commit && !to_abort);
  // words
  for (f_k = 0; f_k < N; f_k = f_k + 1) begin
    assert (f_now[f_k] <= (alone ? 2 : 1));
    if (!f_rst) assert (f_now[f_k][0] == (word_phase[f_k] ^ taken_phase[f_k]));
    if (!members[f_k]) assert (f_now[f_k] == 0);
    if (alone && members[f_k] && !lone) assert (both == (f_now[f_k] == 2));
    if (!f_rst && f_out[f_k] == 2) assert (word == f_word);
  end
  if (both) assert (alone && members != 0 && !f_none);
  if (f_sends) assert (f_sent == f_members && f_held != 0 && word == f_item[0]);
  assert (f_held == f_sends + waits);
  if (waits) assert (behind == f_item[f_sends] && members != 0);
  if (f_room) assert (!waits);
  if (!f_open && !to_commit && !to_abort) assert (f_none && !waits);
  // ends
  assert (f_commits == (to_commit || commit != 0));
  assert (f_aborts == ((to_abort && members != 0) || abort != 0));
  assert (!(f_commits && f_aborts));
  if (commit != 0) assert (commit == f_load && f_none && f_held == 0);
  if (abort != 0) assert (abort == f_load && f_none && f_held == 0);
  assert ((commit == 0 && abort == 0) || !to_commit && !to_abort);
end
