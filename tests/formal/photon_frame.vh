// Any photons, rules, markers and commands, the other bank released at any time: every photon taken is added to exactly one bank, a closed
// frame's number of photons is what was added to its bank, nothing is added to it from the second clock on, frames are numbered without gaps
// and touch in time.
// module: rtl/photon/photon_frame.v
// depth: 5
// mutate: facts_photons <= photons_next; => facts_photons <= photons;
// mutate: add_bank <= bank; => add_bank <= bank ^ swap;
// mutate: wire        swap = (waits || ends) && other_free; => wire        swap = waits || ends;
// mutate: photon_ready = running && !(waits && hold_photons); => photon_ready = 1'b1;
// mutate: began <= clocks; => began <= clocks + 64'd1;
// mutate: is_last <= photons_left == 32'd2; => is_last <= photons_left == 32'd1;
// mutate: time_over <= left == 48'd2; => time_over <= left == 48'd3;
// mutate: number <= number + 32'd1; => number <= number + {31'd0, counts};
reg  [31:0] f_added_0 = 0, f_added_1 = 0;     // to each bank since it was released
reg         f_begun = 1'b0, f_swapped = 1'b0, f_one = 1'b0;
reg  [63:0] f_end = 0;
reg  [31:0] f_number = 0;                     // frames closed
initial {add_valid, waits} = 2'b00;
wire f_here_0 = add_valid && !add_bank, f_here_1 = add_valid && add_bank;
wire [31:0] f_active = bank ? f_added_1 + f_here_1 : f_added_0 + f_here_0;
wire [31:0] f_other = bank ? f_added_0 + f_here_0 : f_added_1 + f_here_1;
reg  [31:0] f_limit;                          // the rule stays while a measurement runs
always @* begin
  assume (!rst);
  assume (start == !f_begun);
  assume (f_begun || !running);
  if (!f_begun) assume (!add_valid && !waits && !photon_valid);
  if (command) assume (!photon_valid);
  if (f_begun) assume (limit_photons == f_limit);
  if (release_bank) assume (closed && !f_swapped);
end
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_limit <= limit_photons;
  f_swapped <= swap && f_begun;
  f_added_0 <= start || (release_bank && !closed_bank) ? 32'd0 : f_added_0 + f_here_0;
  f_added_1 <= start || (release_bank && closed_bank) ? 32'd0 : f_added_1 + f_here_1;
  if (f_begun && swap) f_number <= f_number + 1'b1;
  if (start || swap) f_end <= clocks;
end
// a photon is added in the clock after it is taken, and only then
reg f_taken = 1'b0;
always @(posedge clk) f_taken <= photon_valid && photon_ready && photon_inside;
always @* if (f_begun) begin
  assert (add_valid == f_taken);
  assert (f_active + (f_swapped ? f_other : 32'd0) == photons + (f_swapped ? facts_photons : 32'd0));
  assert (f_active == photons);
  if (closed) assert (f_other == facts_photons);
  if (!closed) assert (f_other == 32'd0);
  if (closed && !f_swapped) assert (!(add_valid && add_bank == closed_bank));
  if (add_valid && !f_swapped) assert (add_bank == bank);
  if (add_valid && f_swapped) assert (add_bank == closed_bank);
  assert (number == f_number);
  if (closed) assert (facts_number == f_number - 1'b1);
  assert (began == f_end);
  if (closed) assert (facts_end == began);
  if (f_swapped) assert (closed);
  if (waits && hold_photons) assert (!photon_ready);
  assert (photons_left == f_limit - photons);
  assert (is_last == (photons_left == 32'd1));
  assert (timed == (left != 48'd0) && time_over == (left == 48'd1));
end
