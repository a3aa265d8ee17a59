// The processor's 256 registers: two reads and one write a clock.
//
// Formats    64 bits
// Latency    a_word, b_word hold the registers at a_address, b_address of the clock before
// Throughput two reads, one write a clock
// Overflow   none
// Does not   forward: a register that is written while it is read gives either
// Method     two block memories with the same content, which at the start is that of sclc_registers.hex
`default_nettype none
module sclc_registers #(
  // hexadecimal, one a line
  parameter FILE = "sclc_registers.hex"
) (
  input  wire        clk,
  input  wire [7:0]  a_address,
  input  wire [7:0]  b_address,
  output reg  [63:0] a_word,
  output reg  [63:0] b_word,
  input  wire        write,
  input  wire [7:0]  write_address,
  input  wire [63:0] write_word
);
  (* ram_style = "block", no_rw_check *) reg [63:0] a_words [0:255];
  (* ram_style = "block", no_rw_check *) reg [63:0] b_words [0:255];
  initial begin
    $readmemh(FILE, a_words);
    $readmemh(FILE, b_words);
  end
  always @(posedge clk) begin
    a_word <= a_words[a_address];
    if (write) a_words[write_address] <= write_word;
  end
  always @(posedge clk) begin
    b_word <= b_words[b_address];
    if (write) b_words[write_address] <= write_word;
  end
endmodule
`default_nettype wire
