// UART transmitter: 8 data bits, no parity, 1 stop bit, least significant bit first.
//
// Equation   a bit lasts T = DIVIDER / 256 clocks on average: whole clocks, the fraction carried on from bit to bit and from byte to byte
// Formats    bytes with valid/ready
// Latency    the start bit begins 2 clocks after the byte is taken
// Throughput a byte every 10 T
// Overflow   none: tx_ready is low while a byte is on the line
// Does not   break off a byte for any but its own reset: the line is never left in the middle of a character
`default_nettype none
module uart_tx #(
  // clocks a bit x 256, at least 2 x 256
  parameter [23:0] DIVIDER = 24'd4096
) (
  input  wire       clk,
  input  wire       rst,
  input  wire [7:0] tx_data,
  input  wire       tx_valid,
  output wire       tx_ready,
  output reg        uart_tx          // the pin, a register
);
  localparam L = $clog2((DIVIDER >> 8) + 24'd2);             // bits of the clocks of a bit
  localparam [L-1:0] ONE = {{L - 1{1'b0}}, 1'b1};
  reg        active;
  reg [L-1:0] left;
  reg [7:0]  fraction;
  reg [3:0]  bits;                   // still to go after this one
  reg [8:0]  shift;
  // left == 0, bits == 0, told by registers: a bit has two clocks at least
  reg        ends, last;
  wire [L+7:0] next = {{L{1'b0}}, fraction} + DIVIDER[L+7:0];

  assign tx_ready = !active || (ends && last);

  always @(posedge clk) begin
    if (tx_ready) begin
      active <= tx_valid;
      bits <= 4'd9;
      shift <= {tx_data, 1'b0};
      left <= next[L+7:8] - ONE;
      if (tx_valid) fraction <= next[7:0];
    end else if (ends) begin
      bits <= bits - 4'd1;
      shift <= {1'b1, shift[8:1]};
      left <= next[L+7:8] - ONE;
      fraction <= next[7:0];
    end else left <= left - ONE;
    uart_tx <= !active || shift[0];
    ends <= active && !ends && left == ONE;
    last <= bits == 4'd0;
    if (rst) begin
      active <= 1'b0;
      ends <= 1'b0;
      fraction <= 8'd0;
      uart_tx <= 1'b1;
    end
  end
endmodule
