// Lint only: the UP5K's LED driver.
module SB_RGBA_DRV #(
  parameter CURRENT_MODE = "0b0", RGB0_CURRENT = "0b000000", RGB1_CURRENT = "0b000000", RGB2_CURRENT = "0b000000"
) (
  input  wire CURREN, RGBLEDEN, RGB0PWM, RGB1PWM, RGB2PWM,
  output wire RGB0, RGB1, RGB2
);
endmodule
