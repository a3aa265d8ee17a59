// edge_sampler_ice40 with the iCE40's pin cell as yosys models it: a level that changes at random instants must come out as its samples at each rising and
// each falling edge of the clock, in order.
`timescale 1ns/1ps
`default_nettype none
module tb;
  reg         clk = 0, pin = 0;
  wire [1:0]  samples;
  wire        pad = pin;
  edge_sampler_ice40 dut (.clk(clk), .pin(pad), .samples(samples));
  always #10 clk = !clk;

  // levels as they were at the edges; an edge's own place is the clock's period
  reg  [4095:0] taken;
  integer       edges = 0, clocks = 0, compared = 0, wrong = 0, lag = -1, k, n, seed = 5;
  always @(clk) begin
    taken[edges] = pin;
    edges = edges + 1;
  end
  reg [4095:0] given;
  always @(posedge clk) begin
    #1 given[2 * clocks] = samples[0];
    given[2 * clocks + 1] = samples[1];
    clocks = clocks + 1;
  end
  always begin
    // never within 1 ns of an edge
    #(3 + $unsigned($random(seed)) % 4) pin = $random(seed);
    #(10 - $time % 10);
  end
  initial begin
    #30000;
    // the same levels, a fixed number of samples later
    for (k = 0; k < 12 && lag < 0; k = k + 1) begin
      wrong = 0;
      for (n = 40; n < 2000; n = n + 1) if (given[n + k] !== taken[n]) wrong = wrong + 1;
      if (wrong == 0) lag = k;
    end
    // a clock's first sample is that of its rising edge: an odd lag would be the other way round. taken[0] is the level at the first rising edge.
    if (lag < 0 || lag % 2 != 0) $display("FAIL: the samples are not the levels at the clock's edges (lag %0d, %0d wrong)", lag, wrong);
    else $display("PASS: 1960 samples, %0d samples behind the pin", lag);
    $finish;
  end
endmodule
