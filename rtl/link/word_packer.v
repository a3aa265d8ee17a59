// Four bytes -> one 32-bit word, low byte first.
//
// Latency    a word is valid in the clock after its last byte
// Throughput one byte a clock, as long as the words are taken
// Overflow   none: byte_ready is low while a word waits
// Does not   complete a word by itself: `partial` tells that one has begun. Does not cut the path word_ready -> byte_ready.
`default_nettype none
module word_packer (
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
  output wire        partial      // a word has begun and has not ended
);
  reg [1:0] place;

  wire take = byte_valid && byte_ready;
  assign byte_ready = !word_valid || word_ready;
  assign partial = place != 2'd0;

  always @(posedge clk) begin
    if (word_ready) word_valid <= 1'b0;
    if (take) begin
      word <= {byte_data, word[31:8]};
      place <= place + 2'd1;
      word_valid <= place == 2'd3;
    end
    if (clear) begin
      place <= 2'd0;
      word_valid <= 1'b0;
    end
  end
endmodule
