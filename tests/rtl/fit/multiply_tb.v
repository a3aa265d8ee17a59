// multiply.v's forms against each other: generic and ice40 (with the part's simulation models), all signs.
`default_nettype none
`timescale 1ns / 1ps

module multiply_tb;
  reg clk = 1'b0;
  reg ce = 1'b1;
  reg [15:0] a, b;
  wire [31:0] generic_p [0:3];
  wire [31:0] ice40_p [0:3];
  reg [31:0] expected [0:2];
  integer i, s, passed, failed;

  genvar g;
  generate
    for (g = 0; g < 4; g = g + 1) begin : g_signs
      multiply #(.WIDTH_A(16), .WIDTH_B(16), .A_SIGNED(g % 2), .B_SIGNED(g / 2), .TARGET("generic"))
        u_generic (.clk(clk), .ce(ce), .a(a), .b(b), .p(generic_p[g]));
      multiply #(.WIDTH_A(16), .WIDTH_B(16), .A_SIGNED(g % 2), .B_SIGNED(g / 2), .TARGET("ice40"))
        u_ice40 (.clk(clk), .ce(ce), .a(a), .b(b), .p(ice40_p[g]));
    end
  endgenerate

  reg [31:0] x, y, p;
  initial begin
    passed = 0;
    failed = 0;
    for (i = 0; i < 5000; i = i + 1) begin
      a = $random;
      b = $random;
      if (i % 7 == 0) a = 16'h8000;
      if (i % 11 == 0) b = 16'hffff;
      repeat (2) begin
        #1 clk = 1'b1;
        #1 clk = 1'b0;
      end
      #1;
      for (s = 0; s < 4; s = s + 1) begin
        x = {{16{a[15] & (s % 2 == 1)}}, a};
        y = {{16{b[15] & (s / 2 == 1)}}, b};
        p = x * y;
        if (generic_p[s] === p && ice40_p[s] === p) passed = passed + 1;
        else begin
          failed = failed + 1;
          if (failed < 5) $display("%h * %h, signs %0d: %h %h, expected %h", a, b, s, generic_p[s], ice40_p[s], p);
        end
      end
    end
    $display("multiply: %0d passed, %0d failed", passed, failed);
    $finish;
  end
endmodule

`default_nettype wire
