// photon_frame and photon_count together: one photon a clock for as long as nothing is held, in the worst patterns (the same group again and
// again, two and three in turn, all in turn, any), frames ended by number, marker, time and command, the closed bank read and zeroed at
// random pace. Every count of every frame is compared: none lost, none doubled. In the second half photons cannot wait, and frames are extended.
// PHOTONS: how many in all (make bench: 10^7).
`default_nettype none
module photon_counts_tb;
  parameter PHOTONS = 60000;
  localparam ADDRESS_BITS = 6, COUNT_BITS = 20, GROUPS = 1 << ADDRESS_BITS;
  integer seed = 5;
  `include "tests/rtl/noise.vh"

  reg         clk = 0, rst = 1, start = 0, running = 0, hold = 1, marker = 0, command = 0, valid = 0, lost = 0;
  reg  [31:0] limit = 0;
  reg  [47:0] clocks_limit = 0;
  reg  [ADDRESS_BITS-1:0] group = 0, group_q = 0, read_address = 0, zero_address = 0;
  reg         zero = 0, release_bank = 0;
  wire        ready, add_valid, add_bank, over, over_bank, due, closed, closed_bank, saturated, extended;
  wire [31:0] number, counted, outside, lost_count, syncs, now;
  wire [63:0] began, ended;
  wire [1:0]  reason;
  wire [COUNT_BITS-1:0] read_data;
  photon_frame frame (
    .clk(clk), .rst(rst), .start(start), .running(running), .hold_photons(hold), .limit_photons(limit), .limit_clocks(clocks_limit),
    .by_marker(1'b1), .marker(marker), .command(command), .photon_valid(valid), .photon_ready(ready), .photon_inside(1'b1), .lost({1'b0, lost}), .syncs_in(2'd0),
    .add_valid(add_valid), .add_bank(add_bank), .over(over), .over_bank(over_bank), .due(due), .closed(closed), .closed_bank(closed_bank),
    .release_bank(release_bank), .saturated(saturated), .facts_number(number), .facts_photons(counted), .facts_outside(outside),
    .facts_lost(lost_count), .facts_syncs(syncs), .facts_start(began), .facts_end(ended), .facts_reason(reason), .facts_extended(extended), .now(now)
  );
  photon_count #(.COUNT_BITS(COUNT_BITS), .ADDRESS_BITS(ADDRESS_BITS)) counts (
    .clk(clk), .rst(rst), .add_valid(add_valid), .add_bank(add_bank), .add_address(group_q), .over(over), .over_bank(over_bank),
    .read_bank(closed_bank), .read_address(read_address), .read_data(read_data),
    .zero_valid(zero), .zero_bank(closed_bank), .zero_both(!running), .zero_address(zero_address)
  );
  always #5 clk = !clk;
  always @(posedge clk) group_q <= group;

  reg  [31:0] active [0:GROUPS-1], waiting [0:GROUPS-1];
  integer     i, pattern = 0, pace = 0, taken = 0, taken_closed = 0, in_frame = 0, frames = 0, errors = 0, since = 0, busy_clocks = 0, delivered = 0;
  integer     extended_frames = 0, by_reason [0:3], at = 0, wait_left = 0, lost_now = 0, lost_all = 0, lost_told = 0;
  reg  [63:0] end_before = 0;
  reg         was_closed = 0, took;

  task fail;
    input integer what;
    begin
      errors = errors + 1;
      if (errors < 10) $display("FAIL %0d: frame %0d (%0d) of %0d photons (%0d), lost %0d (%0d), group %0d: %0d, expected %0d", what, number, frames, counted, in_frame, lost_count, lost_now, at,
                                read_data, waiting[at[ADDRESS_BITS-1:0]]);
    end
  endtask

  initial begin
    for (i = 0; i < 4; i = i + 1) by_reason[i] = 0;
    for (i = 0; i < GROUPS; i = i + 1) active[i] = 0;
    repeat (4) @(negedge clk);
    rst = 0;
    zero = 1;
    for (i = 0; i < GROUPS; i = i + 1) begin
      zero_address = i[ADDRESS_BITS-1:0];
      @(negedge clk);
    end
    zero = 0;
    limit = 500;
    start = 1;
    @(negedge clk);
    start = 0;
    running = 1;
    while (taken < PHOTONS || closed) begin
      // ---- photons ----
      hold = taken < PHOTONS / 2 || taken >= PHOTONS;
      if (pick(3000) == 0) pattern = pick(6);
      if (pick(2000) == 0) pace = pick(3);
      valid = taken < PHOTONS && (pace == 0 || pick(3) < pace);
      case (pattern)
        0: ;
        1: group = {group[ADDRESS_BITS-1:1], !group[0]};
        2: group = group == 2 ? 0 : group + 1'b1;
        3: group = group + 1'b1;
        4: group = pick(4) == 0 ? pick(GROUPS) : group;
        default: group = pick(GROUPS);
      endcase
      if (pick(5000) == 0) limit = pick(4) == 0 ? 1 + pick(8) : 1 + pick(2000);
      if (pick(9000) == 0) clocks_limit = pick(3) == 0 ? 0 : 1 + pick(3000);
      marker = pick(700) == 0;
      command = !valid && pick(300) == 0;
      lost = pick(5) == 0;
      // ---- the bank's reader ----
      release_bank = 0;
      zero = 0;
      if (!closed) begin
        since = 0;
        at = 0;
        wait_left = pick(4) == 0 ? pick(1500) : pick(20);
      end else if (since < 4) since = since + 1;
      else if (wait_left > 0) wait_left = wait_left - 1;
      else if (at < GROUPS) begin
        if (read_address == at[ADDRESS_BITS-1:0] && busy_clocks > 0) begin
          if (read_data !== waiting[at]) fail(0);
          delivered = delivered + read_data;
          zero = 1;
          zero_address = read_address;
          at = at + 1;
          busy_clocks = 0;
          wait_left = pick(8) == 0 ? pick(6) : 0;
        end else begin
          read_address = at[ADDRESS_BITS-1:0];
          busy_clocks = 1;
        end
      end else begin
        release_bank = 1;
        since = 0;
        at = 0;
      end
      #1 took = valid && ready;
      if (hold && !due && valid && !ready) errors = errors + 1;    // held for nothing
      if (!hold && valid && !ready) errors = errors + 1;           // lost
      @(posedge clk);
      if (took) begin
        active[group] = active[group] + 1;
        taken = taken + 1;
        in_frame = in_frame + 1;
      end
      lost_now = lost_now + lost;
      @(negedge clk);
      if (closed && !was_closed) begin
        // the frame that has closed has this clock's photon
        for (i = 0; i < GROUPS; i = i + 1) begin
          waiting[i] = active[i];
          active[i] = 0;
        end
        if (number !== frames || counted !== in_frame || (frames > 0 && began !== end_before) || lost_count !== lost_now) fail(1);
        if (extended && hold && taken < PHOTONS / 2) fail(2);
        if (reason == 2'd0 && !extended && limit != 0 && counted > 2000) fail(3);
        end_before = ended;
        taken_closed = taken_closed + in_frame;
        by_reason[reason] = by_reason[reason] + 1;
        extended_frames = extended_frames + extended;
        frames = frames + 1;
        in_frame = 0;
        lost_now = 0;
      end
      was_closed = closed && !release_bank;
      if (release_bank) was_closed = 0;
    end
    $display("%0d photons in %0d frames (%0d by photons, %0d by time, %0d by markers, %0d by commands; %0d extended), %0d delivered, %0d open, %0d lost, %0d wrong",
             taken, frames, by_reason[0], by_reason[1], by_reason[2], by_reason[3], extended_frames, delivered, in_frame, taken - delivered - in_frame, errors);
    if (delivered + in_frame != taken) errors = errors + 1;
    for (i = 0; i < 4; i = i + 1) if (by_reason[i] == 0) errors = errors + 1;
    if (extended_frames == 0 || frames < 100) errors = errors + 1;
    if (saturated) errors = errors + 1;
    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
