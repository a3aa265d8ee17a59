// CRC-32 of a byte stream, one byte a clock, and the bytes that must follow it.
//
// Equation   c <- (c >> 8) ^ T[(c ^ data) & 255], polynomial 0xEDB88320 (IEEE 802.3, reflected), initial START; the CRC
//            is ~c. `tail` is byte `tail_index` (0: low byte) of the CRC of everything before byte 0 of the CRC, provided
//            that its bytes 0 .. tail_index - 1 went through here as data: such a byte turns the index of T into a constant,
//            so that c has moved by 8 bits and a known constant, and byte k is c[7:0] ^ K[k]. No copy of the CRC is needed.
// Formats    data, tail: bytes; least significant bit first on the polynomial
// Latency    `tail` holds the data of the clock before
// Throughput one byte a clock
// Overflow   none
// Does not   guard `tail` against a wrong earlier CRC byte: whoever compares stops at the first mismatch
`default_nettype none
module crc32 #(
  // register when cleared: 0xFFFFFFFF, or what the bytes before would have made of it
  parameter [31:0] START = 32'hFFFFFFFF
) (
  input  wire       clk,
  input  wire       clear,       // start anew; wins over enable
  input  wire       enable,      // take data
  input  wire [7:0] data,
  input  wire [1:0] tail_index,
  output reg  [7:0] tail
);
  reg [31:0] crc;

  function [31:0] step;
    input [31:0] from;
    input [7:0]  value;
    integer      i;
    begin
      step = from ^ {24'd0, value};
      for (i = 0; i < 8; i = i + 1)
        step = {1'b0, step[31:1]} ^ (32'hEDB88320 & {32{step[0]}});
    end
  endfunction

  always @(posedge clk)
    if (clear) crc <= START;
    else if (enable) crc <= step(crc, data);

  always @* begin
    case (tail_index)
      2'd0: tail = crc[7:0] ^ 8'hFF;
      2'd1: tail = crc[7:0] ^ 8'h72;
      2'd2: tail = crc[7:0] ^ 8'h00;
      default: tail = crc[7:0] ^ 8'hED;
    endcase
  end
endmodule
