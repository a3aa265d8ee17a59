// Products that are added up, with signs: an accumulator for every product register, one product a clock.
//
//   sum(t + 3) = (more(t + 2) ? sum(t + 2) : 0) + (-1)^negative(t + 2) a(t) * b(t) where takes(t + 2), else 0
//
// Purpose    Sign, sum and where a sum begins cost adders behind a multiplier; in the part's multiplier cell they cost none. Its accumulator
//            cannot begin anew in the clock in which it is read, so there are two, which take turns: a sum begins in the one that is
//            zero, while the other is read and becomes zero. Their values are or-ed: one of them is zero.
// Formats    a, b magnitudes of 16 bits; sum 36 bits, two's complement, as low_a | low_b below and high above: whoever uses it has room for
//            the choice in a table of his own. Controls: told a clock earlier, takes_next and more_next in t + 1; negative in t + 2.
// Latency    3 clocks. Throughput: one product a clock.
// Overflow   wraps
// TARGET     "ice40": two SB_MAC16, whose adders' carry makes the upper four bits; else what the tools find
// Does not   have a reset: the sum is right once `takes_next` was low for two clocks.
`default_nettype none
module multiply_sum #(
  // "generic", "ice40" or another of multiply.v
  parameter [55:0] TARGET = "generic"
) (
  input  wire        clk,
  input  wire [15:0] a,
  input  wire [15:0] b,
  input  wire        takes_next,
  input  wire        more_next,
  input  wire        negative,
  output wire [31:0] low_a,
  output wire [31:0] low_b,
  output reg  [3:0]  high
);
  reg  turn;                           // which accumulator has the sum
  reg  more, takes;
  reg  clear_a, clear_b;               // it does not take the product
  wire then = turn ^ !more_next;
  wire over_a, over_b;                 // carries of the sums, borrows inverted
  always @(posedge clk) begin
    turn <= takes_next && then;
    more <= more_next;
    takes <= takes_next;
    clear_a <= !takes_next || then;
    clear_b <= !takes_next || !then;
    high <= (more ? high : 4'd0) + {4{negative}} + {3'd0, turn ? over_b : over_a};
    if (!takes) high <= 4'd0;
  end

  generate
    if (TARGET == "ice40") begin : g_ice40
      wire [63:0] low;
      wire [1:0]  over, carry_unused, sign_unused;
      genvar n;
      for (n = 0; n < 2; n = n + 1) begin : g_cell
        wire clear = n == 0 ? clear_a : clear_b;
        // both halves complement alike: the carry between them goes as it is
        SB_MAC16 #(
          .NEG_TRIGGER(1'b0), .C_REG(1'b0), .A_REG(1'b1), .B_REG(1'b1), .D_REG(1'b0), .TOP_8x8_MULT_REG(1'b0), .BOT_8x8_MULT_REG(1'b0),
          .PIPELINE_16x16_MULT_REG1(1'b0), .PIPELINE_16x16_MULT_REG2(1'b1),
          .TOPOUTPUT_SELECT(2'b01), .TOPADDSUB_LOWERINPUT(2'b10), .TOPADDSUB_UPPERINPUT(1'b0), .TOPADDSUB_CARRYSELECT(2'b10),
          .BOTOUTPUT_SELECT(2'b01), .BOTADDSUB_LOWERINPUT(2'b10), .BOTADDSUB_UPPERINPUT(1'b0), .BOTADDSUB_CARRYSELECT(2'b00),
          .MODE_8x8(1'b0), .A_SIGNED(1'b0), .B_SIGNED(1'b0)
        ) u_mac (
          .CLK(clk), .CE(1'b1), .A(a), .B(b), .C(16'd0), .D(16'd0), .AHOLD(1'b0), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0),
          .IRSTTOP(1'b0), .IRSTBOT(1'b0), .ORSTTOP(1'b0), .ORSTBOT(1'b0), .OLOADTOP(clear), .OLOADBOT(clear),
          .ADDSUBTOP(negative), .ADDSUBBOT(negative), .OHOLDTOP(1'b0), .OHOLDBOT(1'b0), .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0),
          .O(low[32*n +: 32]), .CO(over[n]), .ACCUMCO(carry_unused[n]), .SIGNEXTOUT(sign_unused[n])
        );
      end
      assign {low_b, low_a} = low;
      assign {over_b, over_a} = over;
    end else begin : g_generic
      reg  [15:0] a_q, b_q;
      reg  [31:0] product, sum_a, sum_b;
      wire [32:0] next_a = {1'b0, sum_a ^ {32{negative}}} + {1'b0, product};
      wire [32:0] next_b = {1'b0, sum_b ^ {32{negative}}} + {1'b0, product};
      always @(posedge clk) begin
        a_q <= a;
        b_q <= b;
        product <= a_q * b_q;
        sum_a <= (next_a[31:0] ^ {32{negative}}) & {32{!clear_a}};
        sum_b <= (next_b[31:0] ^ {32{negative}}) & {32{!clear_b}};
      end
      assign {over_a, over_b} = {next_a[32] ^ negative, next_b[32] ^ negative};
      assign {low_a, low_b} = {sum_a, sum_b};
    end
  endgenerate
endmodule
`default_nettype wire
