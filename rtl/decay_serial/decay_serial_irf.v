// The IRF in one memory: fine response (fine + 34 words, the first belongs to fine bin -16), then
// the step sums.
//
// Formats    unsigned words of 16 bits; what a loaded word has above is dropped
// Latency    data one clock after address. Throughput: one word in, one read a clock.
// Overflow   the address is wide enough for every layout that decay_config accepts
// Does not   know whether a load was committed. Reading while loading gives old or new words.
`default_nettype none
module decay_serial_irf #(
  parameter IRF_BITS = 9,
  // 1: a word's place is word_index
  parameter COUNTED = 0
) (
  input  wire                clk,
  // load
  input  wire                begin_load,
  input  wire                write,
  input  wire [15:0]         word,
  // verilator lint_off UNUSEDSIGNAL
  input  wire [IRF_BITS-1:0] word_index,
  // verilator lint_on UNUSEDSIGNAL
  // pass
  input  wire [IRF_BITS-1:0] address,
  output reg  [15:0]         data
);
  (* no_rw_check *) reg [15:0] words [0:(1<<IRF_BITS)-1];
  reg [IRF_BITS-1:0] place;
  always @(posedge clk) begin
    if (begin_load) place <= {IRF_BITS{1'b0}};
    else if (write) place <= place + {{(IRF_BITS-1){1'b0}}, 1'b1};
    if (write) words[COUNTED != 0 ? word_index : place] <= word;
    data <= words[address];
  end
endmodule
`default_nettype wire
