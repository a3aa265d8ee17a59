// The pins front end: a multichannel scaler. Rising edges of the detector become bins counted from the last rising edge of SYNC.
//
// Purpose    Sample by sample: SYNC's edge starts time at 0; an edge of the detector is a stop, of any number a SYNC (multi-hit), its bin
//            the samples since SYNC divided by 2^bin_log2. A stop that comes fewer than dead_time samples after the last one taken is lost and
//            counted (non-paralysable: a lost one does not extend it). Of two stops in one clock the second is lost whatever dead_time is.
//            Edges in the same sample: SYNC first, so that the stop is in bin 0.
// Formats    samples: bit 0 the earliest of a clock; times to 2^16 - 1 samples
// Latency    3 clocks from samples to stop, lost and syncs
// Throughput one stop a clock
// Overflow   a stop of bin 4096 or more, of more than 2^16 - 1 samples, or before the first SYNC is given as `late`
// Does not   interpolate within a sample. lost and syncs tell up to 3 a clock.
`default_nettype none
module photon_pins #(
  // samples a clock: 1, 2 or 4
  parameter SAMPLES = 1
) (
  input  wire               clk,
  input  wire               rst,
  input  wire [SAMPLES-1:0] sync_samples,
  input  wire [SAMPLES-1:0] detector_samples,
  input  wire [3:0]         bin_log2,
  input  wire [15:0]        dead_time,
  output reg                stop,
  output reg  [11:0]        bin,
  output reg                late,          // with stop: it has no bin
  output reg  [1:0]         lost,
  output reg  [1:0]         syncs
);
  localparam [15:0] FOREVER = 16'hFFFF;

  reg               sync_before, detector_before;     // the last sample of the clock before
  reg [SAMPLES-1:0] sync_edges, detector_edges;
  reg [15:0]        since, dead;                      // samples since SYNC, FOREVER: too many; samples of dead time left

  // Each sample's time and dead time are those of the clock's first and so many samples; what is chosen among them is decided beside.
  // dead_passed[i]: none is left in sample i; at[i]: samples since SYNC there, without an edge in this clock
  wire [SAMPLES-1:0]    dead_passed;
  wire [16*SAMPLES+15:0] at;
  wire [16*SAMPLES-1:0] dead_after;                   // a stop in sample i: dead time left for the next clock
  wire [16:0]           dead_less = {1'b0, dead} - SAMPLES[16:0];
  genvar n;
  generate
    for (n = 0; n <= SAMPLES; n = n + 1) begin : g_at
      localparam [16:0] N = n;
      wire [16:0] sum = {1'b0, since} + N;
      assign at[16*n +: 16] = sum[16] ? FOREVER : sum[15:0];
    end
    for (n = 0; n < SAMPLES; n = n + 1) begin : g_dead
      localparam [31:0] LEFT_32 = SAMPLES - n;
      localparam [16:0] N = n, LEFT = LEFT_32[16:0];
      wire [16:0] less = {1'b0, dead_time} - LEFT;
      assign dead_passed[n] = {1'b0, dead} <= N;
      assign dead_after[16*n +: 16] = less[16] ? 16'd0 : less[15:0];
    end
  endgenerate

  reg [15:0] time_now, dead_now, stop_time, from_sync;     // from_sync: since an edge in this clock, a few
  reg        stop_now;
  reg [1:0]  lost_now, syncs_now;
  integer    i;
  always @* begin
    time_now = at[16*SAMPLES +: 16];
    dead_now = dead_less[16] ? 16'd0 : dead_less[15:0];
    stop_now = 1'b0;
    stop_time = since;
    lost_now = 2'd0;
    syncs_now = 2'd0;
    from_sync = 16'd0;
    for (i = 0; i < SAMPLES; i = i + 1) begin
      if (sync_edges[i]) begin
        from_sync = 16'd0;
        syncs_now = syncs_now + 2'd1;
      end
      if (detector_edges[i]) begin
        if (!dead_passed[i] || stop_now) lost_now = lost_now + 2'd1;
        else begin
          stop_now = 1'b1;
          stop_time = syncs_now != 2'd0 ? from_sync : at[16*i +: 16];
          dead_now = dead_after[16*i +: 16];
        end
      end
      from_sync = from_sync + 16'd1;
    end
    if (syncs_now != 2'd0) time_now = from_sync;
  end

  // each sample's neighbour before it; the top bit is the next clock's
  wire [SAMPLES:0] sync_all = {sync_samples, sync_before}, detector_all = {detector_samples, detector_before};
  reg         stop_found;
  reg  [15:0] stop_at;
  reg  [1:0]  lost_found, syncs_found;
  wire [15:0] bin_now = stop_at >> bin_log2;
  always @(posedge clk) begin
    sync_before <= sync_all[SAMPLES];
    detector_before <= detector_all[SAMPLES];
    sync_edges <= sync_samples & ~sync_all[SAMPLES-1:0];
    detector_edges <= detector_samples & ~detector_all[SAMPLES-1:0];
    since <= time_now;
    dead <= dead_now;
    stop_found <= stop_now;
    stop_at <= stop_time;
    lost_found <= lost_now;
    syncs_found <= syncs_now;
    stop <= stop_found;
    bin <= bin_now[11:0];
    late <= stop_at == FOREVER || bin_now[15:12] != 4'd0;
    lost <= lost_found;
    syncs <= syncs_found;
    if (rst) begin
      // an edge needs a low sample before it
      {sync_before, detector_before} <= 2'b11;
      sync_edges <= {SAMPLES{1'b0}};
      detector_edges <= {SAMPLES{1'b0}};
      since <= FOREVER;
      dead <= 16'd0;
      {stop_found, lost_found, syncs_found} <= 5'd0;
      {stop, lost, syncs} <= 5'd0;
    end
  end
endmodule
`default_nettype wire
