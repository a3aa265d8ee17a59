// Any samples, any bin width and dead time: every rising edge of the detector is told once, as a stop or as lost, three clocks later; every edge of SYNC too.
// A stop is an edge that comes no fewer than dead_time samples after the stop before, and is the first of its clock; its bin is the samples from the
// last edge of SYNC to it (the same sample: 0) divided by the width, and it is late when there is no such bin.
// module: rtl/photon/photon_pins.v
// parameters: SAMPLES=4
// long: yes
// depth: 2
// mutate: if (!dead_passed[i] || stop_now) lost_now => if (!dead_passed[i]) lost_now
// mutate: dead_now = dead_after[16*i +: 16]; => dead_now = dead_after[16*i +: 16] + 16'd1;
// mutate: stop_time = syncs_now != 2'd0 ? from_sync : at[16*i +: 16]; => stop_time = since;
// mutate: sync_edges <= sync_samples & ~sync_all[SAMPLES-1:0]; => sync_edges <= sync_samples & ~sync_all[SAMPLES:1];
// mutate: late <= stop_at == FOREVER || bin_now[15:12] != 4'd0; => late <= bin_now[15:12] != 4'd0;
(* anyconst *) reg [3:0]  f_log2;
(* anyconst *) reg [15:0] f_dead;
reg f_begun = 1'b0;
always @* begin
  assume (bin_log2 == f_log2 && dead_time == f_dead);
  assume (rst == !f_begun);
end

// Samples have numbers, modulo 2^17; what is further off than 2^16 - 2 samples is far, and stays so.
reg [16:0] f_now = 0;                          // number of the sample in bit 0 of f_sync and f_detector
reg [16:0] f_sync_at = 0, f_stop_at = 0;       // of the last edge of SYNC, of the last stop
reg        f_sync_far = 1'b1, f_stop_far = 1'b1;
reg [SAMPLES-1:0] f_sync = 0, f_detector = 0;  // edges of a clock
reg        f_sync_was = 1'b1, f_detector_was = 1'b1;

reg [16:0] f_sync_next, f_stop_next, f_time, f_at;
wire [16:0] f_end = f_now + SAMPLES;
reg        f_sync_far_next, f_stop_far_next, f_none;
reg [2:0]  f_edges, f_syncs;
reg        f_stop;
integer    f_i;
always @* begin
  {f_sync_next, f_sync_far_next, f_stop_next, f_stop_far_next} = {f_sync_at, f_sync_far, f_stop_at, f_stop_far};
  {f_edges, f_syncs, f_stop, f_none, f_time} = 0;
  for (f_i = 0; f_i < SAMPLES; f_i = f_i + 1) begin
    f_at = f_now + f_i;
    f_edges = f_edges + f_detector[f_i];
    f_syncs = f_syncs + f_sync[f_i];
    if (f_sync[f_i]) {f_sync_next, f_sync_far_next} = {f_at, 1'b0};
    if (f_detector[f_i] && !f_stop && (f_stop_far || f_at - f_stop_at >= {1'b0, f_dead})) begin
      f_stop = 1'b1;
      f_none = f_sync_far_next || f_at - f_sync_next >= 17'd65535;
      f_time = f_at - f_sync_next;
      {f_stop_next, f_stop_far_next} = {f_at, 1'b0};
    end
  end
  if (f_end - f_sync_next >= 17'd65535) f_sync_far_next = 1'b1;
  if (f_end - f_stop_next >= 17'd65535) f_stop_far_next = 1'b1;
end

// what is told three clocks after the samples
reg [2:0]  f_edges_1 = 0, f_syncs_1 = 0, f_edges_2 = 0, f_syncs_2 = 0;
reg        f_stop_1 = 0, f_none_1 = 0, f_stop_2 = 0, f_none_2 = 0;
reg [16:0] f_time_1 = 0, f_time_2 = 0;
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_sync_was <= sync_samples[SAMPLES-1];
  f_detector_was <= detector_samples[SAMPLES-1];
  f_sync <= sync_samples & ~{sync_samples[SAMPLES-2:0], f_sync_was};
  f_detector <= detector_samples & ~{detector_samples[SAMPLES-2:0], f_detector_was};
  f_now <= f_end;
  {f_sync_at, f_sync_far, f_stop_at, f_stop_far} <= {f_sync_next, f_sync_far_next, f_stop_next, f_stop_far_next};
  {f_edges_1, f_syncs_1, f_stop_1, f_none_1, f_time_1} <= {f_edges, f_syncs, f_stop, f_none, f_time};
  {f_edges_2, f_syncs_2, f_stop_2, f_none_2, f_time_2} <= {f_edges_1, f_syncs_1, f_stop_1, f_none_1, f_time_1};
  if (rst) begin
    {f_sync_was, f_detector_was, f_sync_far, f_stop_far} <= 4'b1111;
    {f_sync, f_detector} <= 0;
    {f_edges_1, f_syncs_1, f_stop_1} <= 0;
    {f_edges_2, f_syncs_2, f_stop_2} <= 0;
  end
end

wire [16:0] f_sync_age = f_now - f_sync_at, f_stop_age = f_now - f_stop_at;
wire [16:0] f_bin = f_time_2 >> f_log2;
always @* if (f_begun) begin
  // the numbers
  assert (f_sync_far || f_sync_age < 17'd65535);
  assert (f_stop_far || f_stop_age < 17'd65535);
  // inside
  assert (sync_before == f_sync_was && detector_before == f_detector_was);
  assert (sync_edges == f_sync && detector_edges == f_detector);
  assert (since == (f_sync_far ? FOREVER : f_sync_age[15:0]));
  assert (dead == (f_stop_far || f_stop_age >= {1'b0, f_dead} ? 16'd0 : f_dead - f_stop_age[15:0]));
  assert (stop_found == f_stop_1 && syncs_found == f_syncs_1[1:0]);
  assert ({1'b0, lost_found} + stop_found == f_edges_1);
  assert (f_edges_1 < 3'd4 && f_syncs_1 < 3'd4);
  if (f_stop_1) assert (stop_at == (f_none_1 ? FOREVER : f_time_1[15:0]));
  if (f_stop_1 && !f_none_1) assert (f_time_1 < 17'd65535);
  if (f_stop_2 && !f_none_2) assert (f_time_2 < 17'd65535);
  // what is told
  assert (stop == f_stop_2 && {1'b0, lost} + stop == f_edges_2 && {1'b0, syncs} == f_syncs_2);
  if (stop) assert (late == (f_none_2 || f_bin > 17'd4095));
  if (stop && !late) assert (bin == f_bin[11:0]);
end
