// One-clock pulses into another clock.
//
// Purpose    A pulse turns a level over in its own clock; the level crosses through sync_bit, and each change of it is a pulse of one
//            clock on the other side.
// Formats    pulses of one clock; a longer one counts once a clock
// Latency    3 clocks of to_clk after the pulse's clock, one more by chance
// Throughput one pulse in 2 clocks of to_clk and one of from_clk: closer ones may cancel
// Overflow   pulses closer than that: two may become none. Whoever needs more counts or waits for an answer.
// Does not   give a pulse that is not sent, provided that both resets overlap; a reset of one side alone may make one
`default_nettype none
module sync_pulse (
  input  wire from_clk,
  input  wire from_rst,
  input  wire from_pulse,
  input  wire to_clk,
  input  wire to_rst,
  output reg  to_pulse
);
  reg  level;
  reg  last;
  wire arrived;

  always @(posedge from_clk)
    if (from_rst) level <= 1'b0;
    else if (from_pulse) level <= !level;

  sync_bit crossing (.clk(to_clk), .bit_in(level), .bit_out(arrived));

  always @(posedge to_clk) begin
    last <= arrived && !to_rst;
    to_pulse <= arrived != last && !to_rst;
  end
endmodule
