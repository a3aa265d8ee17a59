// Clocks and resets of an ECP5 board: 48 MHz for the bus, the engine's clock beside it.
//
// Purpose    EHXPLLL: its first output only feeds back, the second is clk_48, the third clk. Each has a reset that begins without a clock and
//            ends with it, once the PLL has locked.
// Formats    dividers and phases as ecppll gives them: F_vco = F_pin FB_DIV OP_DIV / IN_DIV, F_48 = F_vco / OS_DIV, F = F_vco / OS2_DIV
// Latency    rst falls 3 clocks behind LOCK
// Throughput not applicable
// Overflow   none
// Does not   relate the two clocks' phases: crossings are asynchronous (rtl/cdc)
`default_nettype none
module ecp5_clock #(
  parameter IN_DIV = 1,
  parameter FB_DIV = 1,
  parameter OP_DIV = 1,
  parameter OP_PHASE = 0,
  parameter OS_DIV = 1,
  parameter OS_PHASE = 0,
  parameter OS2_DIV = 1,
  parameter OS2_PHASE = 0
) (
  input  wire clk_in,
  output wire clk_48,
  output wire rst_48,
  output wire clk,
  output wire rst
);
  wire feedback, locked;
  (* ICP_CURRENT="12", LPF_RESISTOR="8", MFG_ENABLE_FILTEROPAMP="1", MFG_GMCREF_SEL="2" *)
  EHXPLLL #(
    .CLKI_DIV(IN_DIV), .CLKFB_DIV(FB_DIV), .FEEDBK_PATH("CLKOP"),
    .CLKOP_ENABLE("ENABLED"), .CLKOP_DIV(OP_DIV), .CLKOP_CPHASE(OP_PHASE), .CLKOP_FPHASE(0),
    .CLKOS_ENABLE("ENABLED"), .CLKOS_DIV(OS_DIV), .CLKOS_CPHASE(OS_PHASE), .CLKOS_FPHASE(0),
    .CLKOS2_ENABLE("ENABLED"), .CLKOS2_DIV(OS2_DIV), .CLKOS2_CPHASE(OS2_PHASE), .CLKOS2_FPHASE(0),
    .OUTDIVIDER_MUXA("DIVA"), .OUTDIVIDER_MUXB("DIVB"), .OUTDIVIDER_MUXC("DIVC"), .OUTDIVIDER_MUXD("DIVD"),
    .PLLRST_ENA("DISABLED"), .INTFB_WAKE("DISABLED"), .STDBY_ENABLE("DISABLED"), .DPHASE_SOURCE("DISABLED")
  ) pll (
    .RST(1'b0), .STDBY(1'b0), .CLKI(clk_in), .CLKFB(feedback), .CLKOP(feedback), .CLKOS(clk_48), .CLKOS2(clk), .LOCK(locked),
    .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b1), .PHASESTEP(1'b1), .PHASELOADREG(1'b1), .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0),
    .ENCLKOS(1'b0), .ENCLKOS2(1'b0)
  );
  reset_sync bus (.clk(clk_48), .rst_async(!locked), .rst(rst_48));
  reset_sync engine (.clk(clk), .rst_async(!locked), .rst(rst));
endmodule
`default_nettype wire
