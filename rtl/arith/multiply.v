// One multiplier with operand and product registers, in the part's multiplier cell where TARGET names one.
//
//   p(t + 2) = a(t) * b(t)
//
// Format:     A_SIGNED / B_SIGNED say whether an operand is two's complement (1) or a magnitude (0). The product has
//             WIDTH_A + WIDTH_B bits; it is two's complement when at least one operand is.
// Latency:    2 clocks (operand registers, product register). Throughput: one product a clock.
// Overflow:   cannot happen.
// TARGET:     "adders" takes no multiplier cell (multiply_adders.v); "generic" infers (simulation, any part); "ice40" one SB_MAC16 (operands of up to 16 bits); "ecp5" one MULT18X18D
//             (up to 18 bits, multiply_ecp5.v) or a few (magnitude b of 19 or 20 bits, multiply_long.v). Wider operands fall back to the generic form. yosys 0.23 deletes logic silently when it packs
//             registers into an inferred SB_MAC16: use "ice40" there and do not pass -dsp to synth_ice40.
// Not given:  a reset (the product of the first two clocks is undefined), bypass of either register.
`default_nettype none

module multiply #(
  // bits of a
  parameter WIDTH_A = 16,
  // bits of b
  parameter WIDTH_B = 16,
  // 1: a is two's complement
  parameter A_SIGNED = 1,
  // 1: b is two's complement
  parameter B_SIGNED = 1,
  // "generic", "ice40", "ecp5" or "adders"
  parameter [55:0] TARGET = "generic"
) (
  input  wire                       clk,
  input  wire                       ce,
  input  wire [WIDTH_A-1:0]         a,
  input  wire [WIDTH_B-1:0]         b,
  output wire [WIDTH_A+WIDTH_B-1:0] p
);

  localparam [0:0] SIGN_A = A_SIGNED != 0;
  localparam [0:0] SIGN_B = B_SIGNED != 0;

  generate
    if (TARGET == "ice40" && WIDTH_A <= 16 && WIDTH_B <= 16) begin : g_ice40
      wire [31:0] product;
      wire carry_unused;
      wire accumulator_unused;
      wire sign_unused;
      wire [15:0] a_wide;
      wire [15:0] b_wide;
      if (WIDTH_A < 16) begin : g_a
        assign a_wide = {{(16 - WIDTH_A){SIGN_A & a[WIDTH_A-1]}}, a};
      end else begin : g_a
        assign a_wide = a;
      end
      if (WIDTH_B < 16) begin : g_b
        assign b_wide = {{(16 - WIDTH_B){SIGN_B & b[WIDTH_B-1]}}, b};
      end else begin : g_b
        assign b_wide = b;
      end
      assign p = product[WIDTH_A+WIDTH_B-1:0];
      SB_MAC16 #(
        .NEG_TRIGGER(1'b0),
        .C_REG(1'b0),
        .A_REG(1'b1),
        .B_REG(1'b1),
        .D_REG(1'b0),
        .TOP_8x8_MULT_REG(1'b0),
        .BOT_8x8_MULT_REG(1'b0),
        .PIPELINE_16x16_MULT_REG1(1'b0),
        .PIPELINE_16x16_MULT_REG2(1'b1),
        .TOPOUTPUT_SELECT(2'b11),
        .TOPADDSUB_LOWERINPUT(2'b00),
        .TOPADDSUB_UPPERINPUT(1'b0),
        .TOPADDSUB_CARRYSELECT(2'b00),
        .BOTOUTPUT_SELECT(2'b11),
        .BOTADDSUB_LOWERINPUT(2'b00),
        .BOTADDSUB_UPPERINPUT(1'b0),
        .BOTADDSUB_CARRYSELECT(2'b00),
        .MODE_8x8(1'b0),
        .A_SIGNED(SIGN_A),
        .B_SIGNED(SIGN_B)
      ) u_mac (
        .CLK(clk),
        .CE(ce),
        .A(a_wide),
        .B(b_wide),
        .C(16'd0),
        .D(16'd0),
        .AHOLD(1'b0),
        .BHOLD(1'b0),
        .CHOLD(1'b0),
        .DHOLD(1'b0),
        .IRSTTOP(1'b0),
        .IRSTBOT(1'b0),
        .ORSTTOP(1'b0),
        .ORSTBOT(1'b0),
        .OLOADTOP(1'b0),
        .OLOADBOT(1'b0),
        .ADDSUBTOP(1'b0),
        .ADDSUBBOT(1'b0),
        .OHOLDTOP(1'b0),
        .OHOLDBOT(1'b0),
        .CI(1'b0),
        .ACCUMCI(1'b0),
        .SIGNEXTIN(1'b0),
        .O(product),
        .CO(carry_unused),
        .ACCUMCO(accumulator_unused),
        .SIGNEXTOUT(sign_unused)
      );
    end else if (TARGET == "ecp5" && WIDTH_A <= 18 && WIDTH_B <= 18) begin : g_ecp5
      // A magnitude of fewer bits is a positive number: only operands as wide as the cell need it to know.
      // verilator lint_off UNUSEDSIGNAL
      wire [35:0] product;
      // verilator lint_on UNUSEDSIGNAL
      wire [17:0] a_wide;
      wire [17:0] b_wide;
      if (WIDTH_A < 18) begin : g_a
        assign a_wide = {{(18 - WIDTH_A){SIGN_A & a[WIDTH_A-1]}}, a};
      end else begin : g_a
        assign a_wide = a;
      end
      if (WIDTH_B < 18) begin : g_b
        assign b_wide = {{(18 - WIDTH_B){SIGN_B & b[WIDTH_B-1]}}, b};
      end else begin : g_b
        assign b_wide = b;
      end
      assign p = product[WIDTH_A+WIDTH_B-1:0];
      multiply_ecp5 #(.A_SIGNED(A_SIGNED), .B_SIGNED(B_SIGNED)) u_mult (.clk(clk), .ce(ce), .a(a_wide), .b(b_wide), .p(product));
    end else if (TARGET == "adders") begin : g_adders
      multiply_adders #(.WIDTH_A(WIDTH_A), .WIDTH_B(WIDTH_B), .A_SIGNED(A_SIGNED), .B_SIGNED(B_SIGNED)) u_adders (.clk(clk), .ce(ce), .a(a), .b(b), .p(p));
    end else if (TARGET == "ecp5" && WIDTH_A > 18 && WIDTH_A <= 36 && (WIDTH_B == 19 || WIDTH_B == 20) && !SIGN_B) begin : g_long
      multiply_long #(.WIDTH_A(WIDTH_A), .WIDTH_B(WIDTH_B), .A_SIGNED(A_SIGNED)) u_long (.clk(clk), .ce(ce), .a(a), .b(b), .p(p));
    end else begin : g_generic
      // One more bit makes a magnitude a positive number; the product modulo 2^(WIDTH_A + WIDTH_B) is exact.
      reg signed [WIDTH_A:0] a_q;
      reg signed [WIDTH_B:0] b_q;
      reg signed [WIDTH_A+WIDTH_B-1:0] p_q;
      always @(posedge clk) begin
        if (ce) begin
          a_q <= {SIGN_A & a[WIDTH_A-1], a};
          b_q <= {SIGN_B & b[WIDTH_B-1], b};
          p_q <= a_q * b_q;
        end
      end
      assign p = p_q;
    end
  endgenerate
endmodule

`default_nettype wire
