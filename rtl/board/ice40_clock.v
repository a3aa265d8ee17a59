// Clock and reset of an iCE40 board.
//
// Purpose    The clock pin, through the PLL where PLL is 1, on a global net; reset until the PLL has locked and 2^WAIT_LOG2 clocks more: this
//            part's block memories may read as zero for some microseconds behind configuration. Where whatever reads a
//            block memory is held for longer by something else (flash_loader, flash_serial), 8 clocks are enough: for the flash's select.
// Formats    F = F_pin (DIVF + 1) / ((DIVR + 1) 2^DIVQ), as icepll gives them
// Latency    rst falls 2^WAIT_LOG2 clocks behind LOCK; without PLL behind power-up
// Throughput not applicable
// Overflow   none
// Does not   know why the PLL is not locked
`default_nettype none
module ice40_clock #(
  // 1: the pin is the PLL's (its pad); 0: the pin drives the global net
  parameter PLL = 1,
  parameter [3:0] DIVR = 4'd0,
  parameter [6:0] DIVF = 7'd0,
  parameter [2:0] DIVQ = 3'd0,
  parameter [2:0] FILTER_RANGE = 3'd1,
  // log2 of the clocks of reset behind LOCK, at least 1: 20 us at 48 MHz
  parameter WAIT_LOG2 = 10
) (
  input  wire clk_in,
  output wire clk,
  output wire rst
);
  // Flip-flops are zero behind configuration.
  reg [WAIT_LOG2-1:0] waited;
  reg                 over;
  wire                early;
  initial begin
    waited = {WAIT_LOG2{1'b0}};
    over = 1'b0;
  end
  always @(posedge clk)
    if (early) begin
      waited <= {WAIT_LOG2{1'b0}};
      over <= 1'b0;
    end else if (!over) {over, waited} <= {1'b0, waited} + {{WAIT_LOG2{1'b0}}, 1'b1};
  assign rst = !over;

  generate
    if (PLL != 0) begin : g_pll
      wire locked;
      SB_PLL40_PAD #(
        .FEEDBACK_PATH("SIMPLE"), .DIVR(DIVR), .DIVF(DIVF), .DIVQ(DIVQ), .FILTER_RANGE(FILTER_RANGE)
      ) pll (
        .PACKAGEPIN(clk_in), .PLLOUTGLOBAL(clk), .RESETB(1'b1), .BYPASS(1'b0), .LOCK(locked)
      );
      reset_sync synchroniser (.clk(clk), .rst_async(!locked), .rst(early));
    end else begin : g_pin
      assign clk = clk_in;
      assign early = 1'b0;
    end
  endgenerate
endmodule
`default_nettype wire
