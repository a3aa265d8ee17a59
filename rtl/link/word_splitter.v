// One 32-bit word -> four bytes, low byte first.
//
// Latency    none: the bytes are chosen from the word, which is taken with its last byte
// Throughput one byte a clock
// Overflow   none
// Does not   register anything but the place: word_valid, word and word_last reach the bytes combinationally
`default_nettype none
module word_splitter (
  input  wire        clk,
  input  wire        rst,
  // words
  input  wire        word_valid,
  output wire        word_ready,
  input  wire        word_last,
  input  wire [31:0] word,
  // bytes
  output wire        byte_valid,
  input  wire        byte_ready,
  output wire        byte_last,
  output reg  [7:0]  byte_data
);
  reg [1:0] place;

  assign byte_valid = word_valid;
  assign byte_last = word_last && place == 2'd3;
  assign word_ready = byte_ready && place == 2'd3;

  always @* begin
    case (place)
      2'd0: byte_data = word[7:0];
      2'd1: byte_data = word[15:8];
      2'd2: byte_data = word[23:16];
      default: byte_data = word[31:24];
    endcase
  end

  always @(posedge clk)
    if (rst) place <= 2'd0;
    else if (byte_valid && byte_ready) place <= place + 2'd1;
endmodule
