// Nothing between dispatcher and farm is lost, doubled or changed: a begin is asked for once and told once with its answers, words keep their order and
// value, a commit and an abort leave once, behind the words before them.
// module: rtl/core/farm_entry.v
// needs: rtl/link/stream_register.v
// depth: 3
// mutate: ld_begin_valid && !told => ld_begin_valid
// mutate: told <= asked && fl_begin_ready => told <= fl_begin_ready
// mutate: fl_commit = ends && !fl_valid => fl_commit = ends
// mutate: fl_abort = breaks && !fl_valid => fl_abort = breaks
// mutate: ld_commit || (ends && fl_valid) => ld_commit
// mutate: ld_abort || (breaks && fl_valid) => ld_abort || breaks
// mutate: {fl_expect, fl_missing, fl_reject} => {fl_expect, fl_reject, fl_missing}
// mutate: {ld_kind, ld_seq, ld_config} => {ld_kind, ld_config, ld_seq}
reg        f_begun = 1'b0, f_reset = 1'b1;
reg        f_asks = 1'b0, f_asked = 1'b0, f_ready = 1'b0;        // a clock ago: a begin waited, was shown to the farm, was taken by it
reg [49:0] f_head;
reg [17:0] f_back;
reg        f_took = 1'b0;                                        // a word was taken a clock ago
reg [31:0] f_in;
reg [1:0]  f_words = 0, f_begins = 0, f_commits = 0, f_aborts = 0;  // taken here and not yet by the farm
always @* if (!f_begun) assume (rst);
// the dispatcher: a begin stays until it is told, with its kind, sequence and configuration; one end of a load at a time
always @* if (f_asks) assume (ld_begin_valid && {ld_kind, ld_seq, ld_config} == f_head);
always @* assume (!(ld_commit && ld_abort));
always @* if (f_commits + f_aborts != 0) assume (!ld_commit && !ld_abort && !ld_valid);
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_reset <= rst;
  f_asks <= ld_begin_valid && !ld_begin_ready && !rst;
  f_asked <= fl_begin_valid && !rst;
  f_ready <= fl_begin_valid && fl_begin_ready && !rst;
  f_head <= {ld_kind, ld_seq, ld_config};
  f_back <= {fl_expect, fl_missing, fl_reject};
  f_took <= ld_valid && ld_ready && !rst;
  f_in <= ld_word;
  f_words <= rst ? 0 : f_words + (ld_valid && ld_ready) - (fl_valid && fl_ready);
  f_begins <= rst ? 0 : f_begins + (fl_begin_valid && fl_begin_ready) - (ld_begin_valid && ld_begin_ready);
  f_commits <= rst ? 0 : f_commits + ld_commit - fl_commit;
  f_aborts <= rst ? 0 : f_aborts + ld_abort - fl_abort;
end
always @* if (f_begun) begin
  // a begin
  assert (ld_begin_ready == f_ready);
  assert (f_begins == told);
  if (ld_begin_ready) assert (ld_begin_valid && !fl_begin_valid);
  if (ld_begin_ready) assert ({ld_expect, ld_missing} == f_back[17:1]);
  if (fl_begin_valid) assert (ld_begin_valid && {fl_kind, fl_seq, fl_config} == f_head);
  if (f_asked && !f_ready && !f_reset) assert (fl_begin_valid);
  // words
  assert (f_words == fl_valid);
  if (f_took) assert (fl_valid && fl_word == f_in);
  assert (ld_reject == f_back[0]);
  // ends
  assert (f_commits == ends && f_aborts == breaks);
  if (fl_commit || fl_abort) assert (f_words == 0);
  if (f_words == 0) assert (fl_commit == ends && fl_abort == breaks);
  assert (!(ends && breaks));
end
