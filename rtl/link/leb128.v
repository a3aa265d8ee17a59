// Unsigned LEB128 numbers of a byte stream -> 32-bit words.
//
// Purpose    Each byte carries 7 bits, low ones first; its bit 7 says that the number goes on.
// Formats    bytes -> unsigned 32-bit words
// Latency    a word is valid in the clock after its last byte
// Throughput one byte a clock, as long as the words are taken
// Overflow   A fifth byte that goes on or carries more than bits 31..28 sets `broken`; from then on bytes are swallowed and
//            no word comes until `clear`. Five bytes or fewer with needless zeros are accepted.
// Does not   know where the numbers end: `partial` tells that one has begun. Does not cut the path word_ready -> byte_ready.
`default_nettype none
module leb128 (
  input  wire        clk,
  input  wire        clear,       // forget everything
  // bytes
  input  wire        byte_valid,
  output wire        byte_ready,
  input  wire [7:0]  byte_data,
  // words
  output reg         word_valid,
  input  wire        word_ready,
  output reg  [31:0] word,
  // state
  output wire        partial,     // a number has begun and has not ended
  output reg         broken       // a number had more than 32 bits
);
  reg [2:0] place;               // which 7 bits come next

  wire take = byte_valid && byte_ready;
  assign byte_ready = !word_valid || word_ready;
  assign partial = place != 3'd0;

  always @(posedge clk) begin
    if (word_ready) word_valid <= 1'b0;
    if (take && !broken) begin
      place <= byte_data[7] ? place + 3'd1 : 3'd0;
      word_valid <= !byte_data[7];
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

  // The first byte of a number clears what the number before left above.
  wire first = take && place == 3'd0;
  always @(posedge clk) begin
    if (first) word[6:0] <= byte_data[6:0];
    if (first) word[31:7] <= 25'd0;
    if (take && place == 3'd1) word[13:7] <= byte_data[6:0];
    if (take && place == 3'd2) word[20:14] <= byte_data[6:0];
    if (take && place == 3'd3) word[27:21] <= byte_data[6:0];
    if (take && place == 3'd4) word[31:28] <= byte_data[3:0];
  end
endmodule
