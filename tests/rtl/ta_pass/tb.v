// ta_pass with passes from a file that the model's bench wrote (bench.cpp): sums, bit by bit.
`timescale 1ns / 1ps
`default_nettype none
module tb;
  parameter VECTORS = "vectors.txt";
  parameter WORD_BITS = 18;
  parameter KEEP = 0;
  localparam A = 54;

  reg clk = 1'b0, rst = 1'b1, start = 1'b0, cf_write = 1'b0, extended = 1'b0;
  reg [2:0] components = 3'd1;
  reg [9:0] delays = 10'd2, cf_address;
  reg [31:0] cf_word, t;
  reg [16:0] weight;
  reg [23:0] y;
  reg [6:0] acc_address;
  wire done;
  wire [8:0] t_address, weight_address, y_address;
  wire signed [A-1:0] acc_value;

  ta_pass #(.WORD_BITS(WORD_BITS), .KEEP(KEEP)) dut (
    .clk(clk), .rst(rst), .start(start), .done(done), .gradient(1'b0), .forget(1'b0), .components(components), .extended(extended), .delays(delays),
    .t_address(t_address), .t(t), .weight_address(weight_address), .weight(weight), .gone(1'b0), .y_address(y_address), .y(y),
    .cf_write(cf_write), .cf_address(cf_address), .cf_word(cf_word), .acc_address(acc_address), .acc_value(acc_value)
  );

  reg [31:0] ts [0:511];
  reg [16:0] weights [0:511];
  reg [23:0] ys [0:511];
  always #5 clk = ~clk;
  always @(posedge clk) begin
    t <= ts[t_address];
    weight <= weights[weight_address];
    y <= ys[y_address];
  end

  `include "pass_vectors.vh"

  initial begin
    open_vectors(VECTORS);
    got = $fscanf(file, "%h %h %h", a, b, c);
    while (got == 3) begin
      components = a[2:0];
      extended = b[0];
      delays = c[9:0];
      for (i = 0; i < c; i = i + 1) begin
        got = $fscanf(file, "%h %h %h", ts[i], a, b);
        weights[i] = a[16:0];
        ys[i] = b[23:0];
      end
      got = $fscanf(file, "%h", n);
      for (i = 0; i < n; i = i + 1) begin
        got = $fscanf(file, "%h", a);
        write_word(i[9:0], a);
      end
      run_and_compare;
      judge;
      got = $fscanf(file, "%h %h %h", a, b, c);
    end
    $display("%0d passed, %0d failed", passed, failed);
    $finish;
  end
endmodule
`default_nettype wire
