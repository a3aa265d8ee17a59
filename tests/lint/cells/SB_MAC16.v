// Lint only: the UP5K's multiplier.
module SB_MAC16 #(
  parameter NEG_TRIGGER = 1'b0, C_REG = 1'b0, A_REG = 1'b0, B_REG = 1'b0, D_REG = 1'b0, TOP_8x8_MULT_REG = 1'b0, BOT_8x8_MULT_REG = 1'b0,
  parameter PIPELINE_16x16_MULT_REG1 = 1'b0, PIPELINE_16x16_MULT_REG2 = 1'b0,
  parameter TOPOUTPUT_SELECT = 2'b00, TOPADDSUB_LOWERINPUT = 2'b00, TOPADDSUB_UPPERINPUT = 1'b0, TOPADDSUB_CARRYSELECT = 2'b00,
  parameter BOTOUTPUT_SELECT = 2'b00, BOTADDSUB_LOWERINPUT = 2'b00, BOTADDSUB_UPPERINPUT = 1'b0, BOTADDSUB_CARRYSELECT = 2'b00,
  parameter MODE_8x8 = 1'b0, A_SIGNED = 1'b0, B_SIGNED = 1'b0
) (
  input  wire        CLK, CE,
  input  wire [15:0] A, B, C, D,
  input  wire        AHOLD, BHOLD, CHOLD, DHOLD, IRSTTOP, IRSTBOT, ORSTTOP, ORSTBOT, OLOADTOP, OLOADBOT, ADDSUBTOP, ADDSUBBOT, OHOLDTOP, OHOLDBOT,
  input  wire        CI, ACCUMCI, SIGNEXTIN,
  output wire [31:0] O,
  output wire        CO, ACCUMCO, SIGNEXTOUT
);
endmodule
