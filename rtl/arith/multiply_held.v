// A signed product whose first operand stays until another is taken.
//
//   p(t + 2) = A(t) * b(t), A(t) = the last a up to clock t with take_a
//
// Formats    a, b 16 bits, two's complement; p 32 bits
// Latency    2 clocks (operand registers, product register). Throughput: one product a clock.
// Overflow   cannot happen
// TARGET     "ice40": one SB_MAC16, whose own register holds a; else what the tools find
// Does not   have a reset
`default_nettype none
module multiply_held #(
  parameter [55:0] TARGET = "generic"
) (
  input  wire        clk,
  input  wire        take_a,
  input  wire [15:0] a,
  input  wire [15:0] b,
  output wire [31:0] p
);
  generate
    if (TARGET == "ice40") begin : g_ice40
      wire carry_unused, accumulator_unused, sign_unused;
      SB_MAC16 #(
        .NEG_TRIGGER(1'b0), .C_REG(1'b0), .A_REG(1'b1), .B_REG(1'b1), .D_REG(1'b0), .TOP_8x8_MULT_REG(1'b0), .BOT_8x8_MULT_REG(1'b0),
        .PIPELINE_16x16_MULT_REG1(1'b0), .PIPELINE_16x16_MULT_REG2(1'b1),
        .TOPOUTPUT_SELECT(2'b11), .TOPADDSUB_LOWERINPUT(2'b00), .TOPADDSUB_UPPERINPUT(1'b0), .TOPADDSUB_CARRYSELECT(2'b00),
        .BOTOUTPUT_SELECT(2'b11), .BOTADDSUB_LOWERINPUT(2'b00), .BOTADDSUB_UPPERINPUT(1'b0), .BOTADDSUB_CARRYSELECT(2'b00),
        .MODE_8x8(1'b0), .A_SIGNED(1'b1), .B_SIGNED(1'b1)
      ) u_mac (
        .CLK(clk), .CE(1'b1), .A(a), .B(b), .C(16'd0), .D(16'd0), .AHOLD(!take_a), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0),
        .IRSTTOP(1'b0), .IRSTBOT(1'b0), .ORSTTOP(1'b0), .ORSTBOT(1'b0), .OLOADTOP(1'b0), .OLOADBOT(1'b0),
        .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0), .OHOLDTOP(1'b0), .OHOLDBOT(1'b0), .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0),
        .O(p), .CO(carry_unused), .ACCUMCO(accumulator_unused), .SIGNEXTOUT(sign_unused)
      );
    end else begin : g_generic
      reg signed [15:0] a_q, b_q;
      reg signed [31:0] product;
      always @(posedge clk) begin
        if (take_a) a_q <= a;
        b_q <= b;
        product <= a_q * b_q;
      end
      assign p = product;
    end
  endgenerate
endmodule
`default_nettype wire
