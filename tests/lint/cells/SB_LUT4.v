// The iCE40's table, for lint and for the proof of rtl/sclc/sclc_result.v.
module SB_LUT4 #(parameter [15:0] LUT_INIT = 16'd0) (input wire I0, I1, I2, I3, output wire O);
  assign O = LUT_INIT[{I3, I2, I1, I0}];
endmodule
