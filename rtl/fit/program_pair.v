// The fit processor's program for two engines: one read-only memory, a port each.
//
//   word_x(t + 1) = program[address_x(t)] where `read_x` is high, else it stays
//
// Formats    words of 41 bits
// Latency    1 clock. Throughput: a read a clock and port.
// Overflow   none
// Does not   take writes: parts whose block memory cannot be loaded with the bitstream need program_memory.v.
`default_nettype none
module program_pair #(
  // 2^WORDS_LOG2 words, 9 to 14
  parameter WORDS_LOG2 = 13,
  // instructions, hexadecimal, one a line
  parameter PROGRAM_FILE = "decay_program.hex"
) (
  input  wire                  clk,
  input  wire                  read_a,
  input  wire [WORDS_LOG2-1:0] address_a,
  output reg  [40:0]           word_a,
  input  wire                  read_b,
  input  wire [WORDS_LOG2-1:0] address_b,
  output reg  [40:0]           word_b
);
  (* ram_style = "block", no_rw_check *) reg [40:0] program_words [0:(1<<WORDS_LOG2)-1];
  initial $readmemh(PROGRAM_FILE, program_words);
  always @(posedge clk) if (read_a) word_a <= program_words[address_a];
  always @(posedge clk) if (read_b) word_b <= program_words[address_b];
endmodule
`default_nettype wire
