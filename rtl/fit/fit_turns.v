// Whose turn it is: of those that ask, the one whose last turn is longest ago.
//
//   grant = the first of `ask` in the order last - 1, last - 2, ..., last (modulo COUNT), one-hot; 0 when none asks
//
// Formats    bit n belongs to n; `last` follows `grant` where `keep` is high
// Latency    0
// Throughput a grant a clock
// Overflow   none
// Does not   hold a grant: it is of this clock only
`default_nettype none
module fit_turns #(
  parameter COUNT = 2
) (
  input  wire             clk,
  input  wire             rst,
  input  wire [COUNT-1:0] ask,
  input  wire             keep,
  output reg  [COUNT-1:0] grant
);
  reg [COUNT-1:0] last;                                // one-hot
  integer n, m, l;
  always @* begin
    grant = ask;
    for (n = 0; n < COUNT; n = n + 1)
      for (m = 0; m < COUNT; m = m + 1)
        for (l = 0; l < COUNT; l = l + 1)
          if (m != n && (l + COUNT - 1 - m) % COUNT < (l + COUNT - 1 - n) % COUNT && last[l] && ask[m]) grant[n] = 1'b0;
  end
  always @(posedge clk)
    if (rst) last <= {{(COUNT - 1){1'b0}}, 1'b1};
    else if (keep && grant != {COUNT{1'b0}}) last <= grant;
endmodule
`default_nettype wire
