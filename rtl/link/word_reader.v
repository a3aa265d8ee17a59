// Payload bytes -> 32-bit words: four bytes a word, or unsigned LEB128 numbers. One register for both.
//
// Purpose    numbers = 0: a word is four bytes, low byte first. numbers = 1: each byte carries 7 bits, low ones first, and its
//            bit 7 says that the number goes on.
// Equation   byte p of a word goes to bits 8 p and up, or 7 p and up; what no byte reached is zero
// Formats    bytes -> unsigned 32-bit words
// Latency    a word is valid in the clock after its last byte
// Throughput one byte a clock, and one clock more a word, in which the word is taken
// Overflow   A fifth byte of a number that goes on or carries more than bits 31..28 sets `broken`; from then on bytes are
//            swallowed and no word comes until `clear`. Numbers of five bytes or fewer with needless zeros are accepted.
// Does not   know where the payload ends: `partial` tells that a word has begun.
`default_nettype none
module word_reader (
  input  wire        clk,
  input  wire        clear,       // forget everything
  input  wire        numbers,     // format; changes only while clear is high
  // bytes
  input  wire        byte_valid,
  output wire        byte_ready,
  input  wire [7:0]  byte_data,
  // words
  output reg         word_valid,
  input  wire        word_ready,
  output reg  [31:0] word,
  // state
  output wire        partial,     // a word has begun and has not ended
  output reg         broken       // a number had more than 32 bits
);
  reg [2:0] place;               // which byte of the word comes

  wire take = byte_valid && byte_ready;
  wire last = numbers ? !byte_data[7] : place[1:0] == 2'd3;
  assign byte_ready = !word_valid;
  assign partial = place != 3'd0;

  always @(posedge clk) begin
    if (word_ready) word_valid <= 1'b0;
    if (take && !broken) begin
      place <= last ? 3'd0 : place + 3'd1;
      word_valid <= last;
      if (place == 3'd4 && byte_data[7:4] != 4'd0) begin
        broken <= 1'b1;
        word_valid <= 1'b0;
      end
    end
    if (clear) begin
      place <= 3'd0;
      word_valid <= 1'b0;
      broken <= 1'b0;
    end
  end

  // Bits by the byte that brings them, four-byte words / numbers. The first byte clears what the word before left above it.
  wire byte_0 = take && place == 3'd0;
  wire byte_1 = take && place == 3'd1;
  wire byte_2 = take && place == 3'd2;
  wire byte_3 = take && place == 3'd3;
  wire byte_4 = take && place == 3'd4;
  wire number_1 = numbers && byte_1;
  wire either_2 = numbers ? byte_2 : byte_1;
  wire either_3 = numbers ? byte_3 : byte_2;
  wire either_4 = numbers ? byte_4 : byte_3;
  always @(posedge clk) begin
    if (byte_0) word <= {24'd0, byte_data[7] && !numbers, byte_data[6:0]};
    if (number_1) word[7] <= byte_data[0];
    if (byte_1) word[13:8] <= numbers ? byte_data[6:1] : byte_data[5:0];
    if (either_2) word[15:14] <= numbers ? byte_data[1:0] : byte_data[7:6];
    if (byte_2) word[20:16] <= numbers ? byte_data[6:2] : byte_data[4:0];
    if (either_3) word[23:21] <= numbers ? byte_data[2:0] : byte_data[7:5];
    if (byte_3) word[27:24] <= numbers ? byte_data[6:3] : byte_data[3:0];
    if (either_4) word[31:28] <= numbers ? byte_data[3:0] : byte_data[7:4];
  end
endmodule
