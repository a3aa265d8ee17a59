// multiply.v with TARGET "ecp5" and operands longer than its cells (multiply_long.v), and of adders (multiply_adders.v), against integer arithmetic, in the widths of the transient-absorption engine: random and extreme
// operands, gaps of the clock enable.
// stubs: sim/cells
`default_nettype none
module multiply_long_tb;
  localparam CLOCKS = 30000;
  reg         clk = 0, ce = 1;
  reg  [35:0] a = 0, a_1 = 0, a_2 = 0;
  reg  [19:0] b = 0, b_1 = 0, b_2 = 0;
  wire [54:0] p_35;
  wire [54:0] p_36;
  wire [39:0] p_20;
  wire [38:0] p_19;
  integer     seed = 5, n, errors = 0, compared = 0;
  reg  signed [63:0] x;
  `include "tests/rtl/noise.vh"
  always #5 clk = !clk;

  multiply #(.WIDTH_A(35), .WIDTH_B(20), .A_SIGNED(1), .B_SIGNED(0), .TARGET("ecp5")) u_35 (.clk(clk), .ce(ce), .a(a[34:0]), .b(b), .p(p_35));
  multiply #(.WIDTH_A(36), .WIDTH_B(19), .A_SIGNED(1), .B_SIGNED(0), .TARGET("ecp5")) u_36 (.clk(clk), .ce(ce), .a(a), .b(b[18:0]), .p(p_36));
  multiply #(.WIDTH_A(20), .WIDTH_B(20), .A_SIGNED(0), .B_SIGNED(0), .TARGET("ecp5")) u_20 (.clk(clk), .ce(ce), .a(a[19:0]), .b(b), .p(p_20));
  multiply #(.WIDTH_A(20), .WIDTH_B(19), .A_SIGNED(1), .B_SIGNED(0), .TARGET("ecp5")) u_19 (.clk(clk), .ce(ce), .a(a[19:0]), .b(b[18:0]), .p(p_19));

  wire [35:0] q_ss;
  wire [32:0] q_us;
  wire [39:0] q_uu;
  wire [24:0] q_few;
  wire [54:0] p_less;
  multiply #(.WIDTH_A(18), .WIDTH_B(18), .A_SIGNED(1), .B_SIGNED(1), .TARGET("adders")) v_ss (.clk(clk), .ce(ce), .a(a[17:0]), .b(b[17:0]), .p(q_ss));
  multiply #(.WIDTH_A(18), .WIDTH_B(15), .A_SIGNED(0), .B_SIGNED(1), .TARGET("adders")) v_us (.clk(clk), .ce(ce), .a(a[17:0]), .b(b[14:0]), .p(q_us));
  multiply #(.WIDTH_A(20), .WIDTH_B(20), .A_SIGNED(0), .B_SIGNED(0), .TARGET("adders")) v_uu (.clk(clk), .ce(ce), .a(a[19:0]), .b(b), .p(q_uu));
  multiply #(.WIDTH_A(13), .WIDTH_B(12), .A_SIGNED(0), .B_SIGNED(1), .TARGET("adders")) v_few (.clk(clk), .ce(ce), .a(a[12:0]), .b(b[11:0]), .p(q_few));
  multiply_long #(.WIDTH_A(35), .WIDTH_B(20), .A_SIGNED(1), .HIGH_ADDERS(1)) v_less (.clk(clk), .ce(ce), .a(a[34:0]), .b(b), .p(p_less));

  function [35:0] operand;
    input [31:0] how;
    case (how[3:0])
      0: operand = 36'd0;
      1: operand = ~36'd0;
      2: operand = 36'd1 << how[9:4] % 36;
      3: operand = ~(36'd1 << how[9:4] % 36);
      default: operand = {how[31:28], noise(1'b0)};
    endcase
  endfunction

  initial begin
    for (n = 0; n < CLOCKS; n = n + 1) begin
      @(negedge clk);
      if (n > 20) begin
        x = $signed(a_2[34:0]) * $signed({1'b0, b_2});
        if (p_35 !== x[54:0]) errors = errors + 1;
        x = $signed(a_2) * $signed({1'b0, b_2[18:0]});
        if (p_36 !== x[54:0]) errors = errors + 1;
        x = a_2[19:0] * b_2;
        if (p_20 !== x[39:0]) errors = errors + 1;
        x = $signed(a_2[19:0]) * $signed({1'b0, b_2[18:0]});
        if (p_19 !== x[38:0]) errors = errors + 1;
        x = $signed(a_2[17:0]) * $signed(b_2[17:0]);
        if (q_ss !== x[35:0]) errors = errors + 1;
        x = $signed({1'b0, a_2[17:0]}) * $signed(b_2[14:0]);
        if (q_us !== x[32:0]) errors = errors + 1;
        x = a_2[19:0] * b_2;
        if (q_uu !== x[39:0]) errors = errors + 1;
        x = $signed({1'b0, a_2[12:0]}) * $signed(b_2[11:0]);
        if (q_few !== x[24:0]) errors = errors + 1;
        x = $signed(a_2[34:0]) * $signed({1'b0, b_2});
        if (p_less !== x[54:0]) errors = errors + 1;
        compared = compared + 9;
      end
      a = operand(noise(1'b0));
      b = operand(noise(1'b0));
      ce = pick(16) != 0;
      @(posedge clk);
      if (ce) begin
        a_2 = a_1;
        b_2 = b_1;
        a_1 = a;
        b_1 = b;
      end
    end
    if (errors == 0 && compared > 100000) $display("PASS %0d products", compared);
    else $display("FAIL %0d errors in %0d products", errors, compared);
    $finish;
  end
endmodule
`default_nettype wire
