// decay_serial with passes from a file that the model's bench wrote (bench.cpp): sums and scales, bit by bit.
`timescale 1ns / 1ps
`default_nettype none
module tb;
  parameter WORD_BITS = 16;
  parameter GROUPS_MAX = 256;
  parameter ACCUMULATOR_BITS = 48;
  parameter VECTORS = "vectors.txt";
  localparam W = WORD_BITS;
  localparam A = ACCUMULATOR_BITS;
  localparam GROUPS_BITS = $clog2(GROUPS_MAX + 1);
  localparam INDEX_BITS = $clog2(GROUPS_MAX);
  localparam IRF_BITS = $clog2(GROUPS_MAX + 45);

  reg clk = 1'b0, rst = 1'b1, start = 1'b0, first = 1'b0, cf_write = 1'b0;
  reg [5:0] fraction_bits;
  reg [2:0] components = 3'd1;
  reg [3:0] taps, shift_taps, octaves;
  reg [GROUPS_BITS-1:0] pre, fine;
  reg [95:0] octave_groups;
  wire [3:0] octave_address;
  reg [7:0] octave_now;
  // others read in some clocks
  reg octave_read, other;
  always @(posedge clk) begin
    other = dut.control.loading && $random % 2 != 0;
    octave_read <= !other;
    octave_now <= other ? $random : octave_address == 4'd15 ? pre[7:0] : octave_address == 4'd0 ? fine[7:0] : octave_groups[8 * (octave_address - 4'd1) +: 8];
  end
  reg [9:0] cf_address;
  reg [31:0] cf_word;
  reg [6:0] acc_address;
  reg [23:0] y_data;
  reg [W-1:0] irf_data;
  wire busy, done;
  wire [INDEX_BITS-1:0] y_address;
  wire [IRF_BITS-1:0] irf_address;
  wire signed [ACCUMULATOR_BITS-1:0] acc_value;
  wire [5:0] rf;
  wire signed [6:0] eb;

  decay_serial #(
    .COUNT_BITS(24), .GROUPS_MAX(GROUPS_MAX), .ACCUMULATOR_BITS(ACCUMULATOR_BITS)
  ) dut (
    .clk(clk), .rst(rst), .start(start), .first(first), .fraction_bits(fraction_bits),
    .busy(busy), .done(done), .whole(1'b1), .load_begins(1'b0), .load_moves(1'b0),
    .components(components), .taps(taps), .shift_taps(shift_taps), .octave_address(octave_address), .octave_read(octave_read), .octave_groups(octave_now),
    .octaves(octaves),
    .y_address(y_address), .y_data(y_data),
    .irf_address(irf_address), .irf_data(irf_data),
    .cf_write(cf_write), .cf_address(cf_address), .cf_word(cf_word),
    .acc_address(acc_address), .acc_value(acc_value),
    .used_residual_fine(rf), .used_background_exponent(eb)
  );

  reg [W-1:0] irf [0:2047];
  reg [23:0] y [0:1023];
  always #5 clk = ~clk;
  always @(posedge clk) begin
    irf_data <= irf[irf_address];
    y_data <= y[y_address];
  end

  `include "pass_vectors.vh"
  `include "decay_vectors.vh"

  initial begin
    open_vectors(VECTORS);
    got = $fscanf(file, "%h %h %h %h %h %h %h", a, b, c, d, e, f, g);
    while (got == 7) begin
      read_pass;
      run_and_compare;
      judge_scales;
      got = $fscanf(file, "%h %h %h %h %h %h %h", a, b, c, d, e, f, g);
    end
    $display("%0d passed, %0d failed", passed, failed);
    $finish;
  end
endmodule
`default_nettype wire
