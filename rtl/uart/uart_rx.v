// UART receiver: 8 data bits, no parity, 1 stop bit, least significant bit first.
//
// Purpose    The pin goes through a synchroniser and a majority of three consecutive clocks, so that a spike of one clock is nothing. A
//            falling edge starts a character; each bit is taken near its middle, after a divider with fraction, so that the sampling
//            points do not drift. The next edge is looked for from the middle of the stop bit on: a fast sender keeps its place.
// Equation   bit k (0: start) is taken floor((k + 1/2) T) clocks after the clock that saw the edge, T = DIVIDER / 256: less than a clock from its
//            middle. The stop bit must have begun by then (9 T' < 9.5 T - 1) and the next start bit not (9.5 T + 1 <= 10 T').
// Formats    data: a byte, valid for one clock (it stays until the next start bit is taken); bad: the stop bit was low (byte as it came)
// Latency    about 9.5 T + 4 clocks from the start bit's edge
// Throughput a character every 10 T; the sender's bit T' may be 2.5 % off at T = 4, 4 % at T = 12
// Overflow   valid does not wait: whoever does not take the byte in that clock has lost it
// Break      line_break is high from 20.5 T of low on, until the line is high. Such a low gives one bad byte of zeros.
// Does not   find character borders inside an unbroken stream that it joins in the middle: a gap of a character, or bytes that are wrong
//            until an edge falls right, do that
`default_nettype none
module uart_rx #(
  // clocks a bit x 256, at least 4 x 256
  parameter [23:0] DIVIDER = 24'd4096
) (
  input  wire       clk,
  input  wire       rst,
  input  wire       uart_rx,         // the pin
  output wire [7:0] data,
  output reg        valid,
  output reg        bad,
  output wire       line_break
);
  localparam [23:0] FIRST = DIVIDER >> 1;                   // middle of the start bit
  localparam [31:0] LOW = ({8'd0, DIVIDER} * 32'd41) >> 9;  // 20.5 bits, in clocks
  localparam LOW_BITS = $clog2(LOW + 1);
  localparam L = $clog2((DIVIDER >> 8) + 24'd2);             // bits of the clocks of a bit
  localparam [L-1:0] ONE = {{L - 1{1'b0}}, 1'b1};

  // ---- line ----
  wire      level;
  reg [1:0] past;
  reg       line;                    // majority
  reg       line_past;
  sync_bit pin (.clk(clk), .bit_in(!uart_rx), .bit_out(level));     // inverted: the line rests high, flip-flops begin at zero

  always @(posedge clk) begin
    past <= {past[0], level};
    line <= !((level && past[0]) || (level && past[1]) || (past[0] && past[1]));
    line_past <= line;
  end

  // ---- break ----
  reg [LOW_BITS-1:0] low_clocks;
  assign line_break = low_clocks == LOW[LOW_BITS-1:0];
  always @(posedge clk)
    if (rst || line) low_clocks <= {LOW_BITS{1'b0}};
    else if (!line_break) low_clocks <= low_clocks + {{LOW_BITS - 1{1'b0}}, 1'b1};

  // ---- characters ----
  reg        active;
  reg [L-1:0] left;                  // clocks until the next bit is taken
  reg [7:0]  fraction;
  reg [3:0]  place;                  // bit that comes; 0 start, 9 stop
  reg [7:0]  shift;                  // the bits, the first one lowest when all are in
  assign data = shift;
  wire       edge_seen = line_past && !line;
  wire       sample = active && left == {L{1'b0}};
  wire [L+7:0] next = {{L{1'b0}}, fraction} + DIVIDER[L+7:0];

  always @(posedge clk) begin
    valid <= 1'b0;
    if (!active) begin
      active <= edge_seen;
      place <= 4'd0;
      left <= FIRST[8 +: L] - ONE;
      fraction <= FIRST[7:0];
    end else if (!sample) left <= left - ONE;
    else begin
      left <= next[L+7:8] - ONE;
      fraction <= next[7:0];
      place <= place + 4'd1;
      if (place != 4'd9) shift <= {line, shift[7:1]};
      if (place == 4'd0 && line) active <= 1'b0;       // no start bit: a spike
      if (place == 4'd9) begin
        active <= 1'b0;
        valid <= 1'b1;
        bad <= !line;
      end
    end
    if (rst) begin
      active <= 1'b0;
      valid <= 1'b0;
    end
  end
endmodule
