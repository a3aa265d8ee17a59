// Register file of the fit processor: three copies, so that three operands are read in one clock.
//
//   a_word(t + 1) = words[a_address(t)], b and c alike; words[write_address] <= write_word
//
// Format:     words of WIDTH bits; CONSTANTS words from address 0 on are loaded from CONSTANTS_FILE (hexadecimal, one a line).
// Latency:    1 clock. Throughput: three reads and one write a clock.
// Overflow:   none.
// Not given:  a word read in the clock in which it is written (the program never does that), a reset, words above the constants
//             before they are written.
`default_nettype none

module fit_register_file #(
  // bits of a word
  parameter WIDTH = 27,
  // words are 2^ADDRESS_BITS
  parameter ADDRESS_BITS = 9,
  // words in CONSTANTS_FILE
  parameter CONSTANTS = 64,
  // words for the first addresses
  parameter CONSTANTS_FILE = "decay_constants_16.hex"
) (
  input  wire                    clk,

  // reads
  input  wire [ADDRESS_BITS-1:0] a_address,
  input  wire [ADDRESS_BITS-1:0] b_address,
  input  wire [ADDRESS_BITS-1:0] c_address,
  output reg  [WIDTH-1:0]        a_word,
  output reg  [WIDTH-1:0]        b_word,
  output reg  [WIDTH-1:0]        c_word,

  // write
  input  wire                    write,
  input  wire [ADDRESS_BITS-1:0] write_address,
  input  wire [WIDTH-1:0]        write_word
);

  (* ram_style = "block", no_rw_check *) reg [WIDTH-1:0] a_words [0:(1<<ADDRESS_BITS)-1];
  (* ram_style = "block", no_rw_check *) reg [WIDTH-1:0] b_words [0:(1<<ADDRESS_BITS)-1];
  (* ram_style = "block", no_rw_check *) reg [WIDTH-1:0] c_words [0:(1<<ADDRESS_BITS)-1];

  initial begin
    $readmemh(CONSTANTS_FILE, a_words, 0, CONSTANTS - 1);
    $readmemh(CONSTANTS_FILE, b_words, 0, CONSTANTS - 1);
    $readmemh(CONSTANTS_FILE, c_words, 0, CONSTANTS - 1);
  end

  always @(posedge clk) begin
    if (write) a_words[write_address] <= write_word;
    a_word <= a_words[a_address];
  end

  always @(posedge clk) begin
    if (write) b_words[write_address] <= write_word;
    b_word <= b_words[b_address];
  end

  always @(posedge clk) begin
    if (write) c_words[write_address] <= write_word;
    c_word <= c_words[c_address];
  end
endmodule

`default_nettype wire
