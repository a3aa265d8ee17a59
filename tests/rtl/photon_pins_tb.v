// photon_pins with 1, 2 and 4 samples a clock against a reference that walks over the samples one by one: random levels of SYNC and detector, any dead
// time and bin width, times beyond the range. Every stop, its bin, lost stops and starts are compared.
`default_nettype none
module pins_check #(
  parameter SAMPLES = 1,
  parameter SEED = 1
) (
  output reg done,
  output reg bad
);
  integer seed = SEED;
  `include "tests/rtl/noise.vh"
  reg                clk = 0, rst = 1;
  reg  [SAMPLES-1:0] sync = 0, detector = 0;
  reg  [3:0]         bin_log2 = 0;
  reg  [15:0]        dead_time = 0;
  wire               stop, late;
  wire [11:0]        bin;
  wire [1:0]         lost, syncs;
  photon_pins #(.SAMPLES(SAMPLES)) dut (
    .clk(clk), .rst(rst), .sync_samples(sync), .detector_samples(detector), .bin_log2(bin_log2), .dead_time(dead_time),
    .stop(stop), .bin(bin), .late(late), .lost(lost), .syncs(syncs)
  );
  always #5 clk = !clk;

  // absolute sample times, far ago: never
  integer      t, last_sync, last_stop, i, n, errors, stops, losts, lates, several, in_sync;
  reg          sync_level, detector_level, hit, is_late;
  reg [31:0]   elapsed, place;
  integer      n_lost, n_sync, sync_every, detector_every;
  // what must come, a clock later
  reg [17:0]   wanted, coming;
  initial begin
    done = 0;
    bad = 0;
    {t, errors, stops, losts, lates, several, in_sync} = 0;
    last_sync = -1000000;
    last_stop = -1000000;
    {sync_level, detector_level} = 2'b11;
    wanted = 0;
    coming = 0;
    sync_every = 40;
    detector_every = 5;
    repeat (4) @(negedge clk);
    rst = 0;
    for (n = 0; n < 30000; n = n + 1) begin
      if (n % 3000 == 0) begin
        sync_every = n % 12000 == 9000 ? 40000 : 4 + pick(300);
        detector_every = 2 + pick(20);
        // the rules change while nothing is on its way
        {sync, detector} = {2*SAMPLES{1'b0}};
        {sync_level, detector_level} = 2'b00;
        repeat (80) begin
          @(negedge clk);
          t = t + SAMPLES;
        end
        bin_log2 = pick(3) == 0 ? pick(16) : 0;
        dead_time = pick(3) == 0 ? 0 : pick(60);
        repeat (70000 / SAMPLES * (n % 12000 == 0)) begin
          @(negedge clk);
          t = t + SAMPLES;
        end
        wanted = 18'd0;
        coming = 18'd0;
      end
      hit = 0;
      n_lost = 0;
      n_sync = 0;
      place = 0;
      is_late = 0;
      for (i = 0; i < SAMPLES; i = i + 1) begin
        sync[i] = pick(sync_every) < 1 + sync_every / 3 ? !sync_level && pick(sync_every) == 0 : sync_level && pick(2) == 0;
        detector[i] = pick(detector_every) == 0 ? !detector_level : detector_level && pick(3) == 0;
        if (sync[i] && !sync_level) begin
          last_sync = t;
          n_sync = n_sync + 1;
          in_sync = 0;
        end
        if (detector[i] && !detector_level) begin
          if (hit || t - last_stop < dead_time) n_lost = n_lost + 1;
          else begin
            hit = 1;
            last_stop = t;
            elapsed = t - last_sync;
            place = (elapsed > 65534 ? 65535 : elapsed) >> bin_log2;
            is_late = elapsed > 65534 || place > 4095;
            in_sync = in_sync + 1;
            if (in_sync > 1) several = several + 1;
          end
        end
        sync_level = sync[i];
        detector_level = detector[i];
        t = t + 1;
      end
      @(posedge clk);
      #1;
      // of two clocks before
      if (stop !== wanted[17] || (stop && (late !== wanted[16] || (!late && bin !== wanted[15:4]))) || lost !== wanted[3:2] || syncs !== wanted[1:0]) begin
        errors = errors + 1;
        if (errors < 5) $display("FAIL %0d samples, clock %0d: stop %b late %b bin %0d lost %0d syncs %0d, expected %b %b %0d %0d %0d", SAMPLES, n, stop, late, bin, lost, syncs,
                                 wanted[17], wanted[16], wanted[15:4], wanted[3:2], wanted[1:0]);
      end
      stops = stops + stop;
      losts = losts + lost;
      lates = lates + (stop && late);
      wanted = coming;
      coming = {hit, is_late, place[11:0], n_lost[1:0], n_sync[1:0]};
      @(negedge clk);
    end
    $display("%0d samples a clock: %0d stops (%0d late, %0d not the first of their start), %0d lost, %0d errors", SAMPLES, stops, lates, several, losts, errors);
    bad = errors != 0 || stops < 1000 || losts < 1000 || lates < 10 || several < 100;
    done = 1;
  end
endmodule

module photon_pins_tb;
  wire [2:0] done, bad;
  pins_check #(.SAMPLES(1), .SEED(3)) one (.done(done[0]), .bad(bad[0]));
  pins_check #(.SAMPLES(2), .SEED(4)) two (.done(done[1]), .bad(bad[1]));
  pins_check #(.SAMPLES(4), .SEED(5)) four (.done(done[2]), .bad(bad[2]));
  initial begin
    wait (done == 3'b111);
    if (bad == 3'b000) $display("PASS");
    else $display("FAIL %b", bad);
    $finish;
  end
endmodule
