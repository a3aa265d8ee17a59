// decay_pass with passes from a file that the model's bench wrote (bench.cpp): sums and scales, bit by bit.
`timescale 1ns / 1ps
`default_nettype none
module tb;
  parameter WORD_BITS = 16;
  parameter COMPONENTS_MAX = 3;
  parameter FINE_MAX = 192;
  parameter GROUPS_MAX = 256;
  parameter ACCUMULATOR_BITS = 48;
  parameter VECTORS = "vectors.txt";
  localparam W = WORD_BITS;
  localparam A = ACCUMULATOR_BITS;
  localparam GROUPS_BITS = $clog2(GROUPS_MAX + 1);
  localparam INDEX_BITS = $clog2(GROUPS_MAX);
  localparam FINE_ADDRESS_BITS = $clog2(FINE_MAX + 34);
  localparam STEP_ADDRESS_BITS = $clog2(GROUPS_MAX + 8);

  reg clk = 1'b0, rst = 1'b1, start = 1'b0, start_context = 1'b0, first = 1'b0, cf_write = 1'b0;
  reg [5:0] fraction_bits;
  reg [2:0] components = 3'd1;
  reg [3:0] taps, shift_taps, octaves;
  reg [GROUPS_BITS-1:0] pre, fine;
  reg [95:0] octave_groups;
  reg [9:0] cf_address;
  reg [31:0] cf_word;
  reg [6:0] acc_address;
  reg [23:0] y_data;
  reg [W-1:0] fine_data, step_data;
  wire busy, done, done_context, y_context;
  wire [INDEX_BITS-1:0] y_address;
  wire [FINE_ADDRESS_BITS-1:0] fine_address;
  wire [STEP_ADDRESS_BITS-1:0] step_address;
  wire signed [ACCUMULATOR_BITS-1:0] acc_value;
  wire [5:0] rf;
  wire signed [6:0] eb;

  decay_pass #(
    .WORD_BITS(W), .COMPONENTS_MAX(COMPONENTS_MAX), .FINE_MAX(FINE_MAX), .GROUPS_MAX(GROUPS_MAX), .ACCUMULATOR_BITS(ACCUMULATOR_BITS)
  ) dut (
    .clk(clk), .rst(rst), .start(start), .start_context(start_context), .first(first), .fraction_bits(fraction_bits),
    .whole(1'b1), .busy(busy), .done(done), .done_context(done_context),
    .components(components), .taps(taps), .shift_taps(shift_taps), .pre(pre), .period(1'b1), .fine(fine), .octave_groups(octave_groups),
    .octaves(octaves),
    .y_context(y_context), .y_address(y_address), .y_data(y_data),
    .fine_address(fine_address), .fine_data(fine_data), .irf_rise(rise), .irf_fall(fall), .step_address(step_address), .step_data(step_data),
    .cf_write(cf_write), .cf_context(start_context), .cf_address(cf_address), .cf_word(cf_word),
    .acc_context(start_context), .acc_address(acc_address), .acc_value(acc_value),
    .used_residual_fine(rf), .used_background_exponent(eb)
  );

  reg [W-1:0] irf [0:2047];
  reg [FINE_ADDRESS_BITS-1:0] rise, fall;
  reg [23:0] y [0:1023];
  always #5 clk = ~clk;
  always @(posedge clk) begin
    fine_data <= irf[fine_address];
    step_data <= irf[fine + 34 + step_address];
    y_data <= y[y_address];
  end

  `include "pass_vectors.vh"
  `include "decay_vectors.vh"

  initial begin
    open_vectors(VECTORS);
    got = $fscanf(file, "%h %h %h %h %h %h %h", a, b, c, d, e, f, g);
    while (got == 7) begin
      start_context = a[0];
      read_pass;
      rise = {FINE_ADDRESS_BITS{1'b1}};
      fall = {FINE_ADDRESS_BITS{1'b0}};
      for (i = 0; i < fine + 34; i = i + 1)
        if (irf[i] != {W{1'b0}}) begin
          if (rise == {FINE_ADDRESS_BITS{1'b1}}) rise = i[FINE_ADDRESS_BITS-1:0];
          fall = i[FINE_ADDRESS_BITS-1:0];
        end
      run_and_compare;
      judge_scales;
      got = $fscanf(file, "%h %h %h %h %h %h %h", a, b, c, d, e, f, g);
    end
    $display("%0d passed, %0d failed", passed, failed);
    $finish;
  end
endmodule
`default_nettype wire
