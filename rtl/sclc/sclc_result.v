// A word from what comes late and what comes later: one gate behind a sum, whatever a synthesiser thinks of its neighbours.
//
// Equation   y = first | second | (last & gate)
// Formats    64 bits
// Latency    none; from `last` to y one table on an iCE40 (a mapper that does not know carry chains puts its bits behind three or four)
// Throughput not applicable
// Overflow   none
// Does not   choose: of first, second and gate all but one are 0
`default_nettype none
module sclc_result #(
  // "ice40": tables of its own; else as the tools like
  parameter [55:0] TARGET = "generic"
) (
  input  wire [63:0] first,
  input  wire [63:0] second,
  input  wire [63:0] last,
  input  wire        gate,
  output wire [63:0] y
);
  generate
    if (TARGET == "ice40") begin : g_ice40
      genvar i;
      for (i = 0; i < 64; i = i + 1) begin : g_bit
        SB_LUT4 #(.LUT_INIT(16'hFFF8)) table_ (.O(y[i]), .I0(last[i]), .I1(gate), .I2(first[i]), .I3(second[i]));
      end
    end else begin : g_generic
      assign y = first | second | (last & {64{gate}});
    end
  endgenerate
endmodule
`default_nettype wire
