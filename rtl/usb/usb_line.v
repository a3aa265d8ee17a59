// The two wires of the bus: level, bits in time, SE0, and how long nothing has changed.
//
// Purpose    Samples D+ and D- at four times the bit rate. A transition sets the phase, a bit is read at the sample after it and every four
//            samples from there on: with edges displaced by up to 18.5 ns (USB 2.0, 7.1.15), one sample of quantisation and 2500 ppm of
//            clock error, n bits between two edges are 4 n - 1 .. 4 n + 1 samples, and exactly n are read.
//            While D+ = D- the level stays as it was, so that a skew of one sample makes no bit; `se0` needs two samples of SE0 (the bus
//            allows 14 ns of it at a transition, and an EOP holds at least 82 ns).
// Formats    level 1: J (D+ high), idle
// Latency    5 clocks from pin to bit_strobe, 4 to se0
// Throughput a bit every four clocks; strobes are at least two clocks apart whatever comes in
// Overflow   none
// Does not   decode NRZI
`default_nettype none
module usb_line (
  input  wire clk,                  // 48 MHz
  input  wire rst,
  input  wire usb_dp_in,            // pins, any clock
  input  wire usb_dn_in,
  input  wire transmitting,         // this device drives the bus
  output reg  bit_strobe,           // a bit: bit_level
  output reg  bit_level,
  output reg  se0,
  output reg  turnaround,           // the bus has been idle (J) for two bits: an answer may start
  output reg  timeout,              // nothing for 17 bits: no answer will come
  output reg  bus_reset,            // SE0 for 2.7 us and longer
  output reg  suspended             // idle for 3.07 ms and longer
);
  wire dp, dn;
  sync_bit #(.WIDTH(2), .STAGES(2)) pins (.clk(clk), .bit_in({usb_dp_in, usb_dn_in}), .bit_out({dp, dn}));

  // ---- bits ----
  reg        level, level_before, low_before;
  reg  [1:0] phase;
  wire       edge_now = level != level_before;
  always @(posedge clk) begin
    if (dp != dn) level <= dp;
    level_before <= level;
    phase <= edge_now ? 2'd1 : phase + 2'd1;
    bit_strobe <= phase == 2'd1 && !edge_now && !se0;
    bit_level <= level;
    low_before <= !dp && !dn;
    se0 <= low_before && !dp && !dn;
    if (rst) begin
      level <= 1'b1;
      phase <= 2'd0;
      se0 <= 1'b0;
      bit_strobe <= 1'b0;
    end
  end

  // ---- time since the last change ----
  reg        dp_before, dn_before, changed, j, carry, top_before, silent;
  reg  [7:0] quiet;                 // clocks
  reg  [9:0] quiet_high;            // 256 clocks
  always @(posedge clk) begin
    dp_before <= dp;
    dn_before <= dn;
    j <= dp_before && !dn_before;
    changed <= dp != dp_before || dn != dn_before || transmitting || rst;
    quiet <= quiet + 8'd1;
    top_before <= quiet[7];
    carry <= top_before && !quiet[7];
    silent <= quiet_high[9] && quiet_high[6];
    if (!silent) quiet_high <= quiet_high + {9'd0, carry};
    turnaround <= j && quiet[3] && !changed;
    timeout <= quiet[6];
    bus_reset <= se0 && (bus_reset || quiet[7]);
    suspended <= silent && j;
    if (changed) begin
      quiet <= 8'd0;
      quiet_high <= 10'd0;
      silent <= 1'b0;
    end
    if (rst) begin
      bus_reset <= 1'b0;
      suspended <= 1'b0;
    end
  end
endmodule
`default_nettype wire
