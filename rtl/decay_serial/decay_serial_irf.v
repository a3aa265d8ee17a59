// The IRF in one memory: fine response (fine + 34 words, the first belongs to fine bin -16), then
// the step sums.
//
// Formats    unsigned words of 16 bits; what a loaded word has above is dropped
// Latency    data one clock after address. Throughput: one word in, or one read, a clock.
// TARGET     "ice40": single-port RAM (SB_SPRAM256KA), whose 16 K words no other use is found for;
//            else whatever the tools take.
// Overflow   the address is wide enough for every layout that decay_config accepts
// Does not   know whether a load was committed. What is read in the clock of a write is undefined.
`default_nettype none
module decay_serial_irf #(
  parameter IRF_BITS = 9,
  // "ice40": single-port RAM
  parameter [55:0] TARGET = "generic"
) (
  input  wire                clk,
  // load
  input  wire                begin_load,
  input  wire                write,
  input  wire [15:0]         word,
  // pass
  input  wire [IRF_BITS-1:0] address,
  output wire [15:0]         data
);
  reg [IRF_BITS-1:0] place;
  always @(posedge clk) begin
    if (begin_load) place <= {IRF_BITS{1'b0}};
    else if (write) place <= place + {{(IRF_BITS-1){1'b0}}, 1'b1};
  end

  generate
    if (TARGET == "ice40") begin : g_ice40
      SB_SPRAM256KA words (
        .CLOCK(clk), .ADDRESS({{(14-IRF_BITS){1'b0}}, write ? place : address}), .DATAIN(word), .MASKWREN(4'b1111), .WREN(write),
        .CHIPSELECT(1'b1), .STANDBY(1'b0), .SLEEP(1'b0), .POWEROFF(1'b1), .DATAOUT(data)
      );
    end else begin : g_generic
      (* no_rw_check *) reg [15:0] words [0:(1<<IRF_BITS)-1];
      reg [15:0] found;
      always @(posedge clk) begin
        if (write) words[place] <= word;
        found <= words[address];
      end
      assign data = found;
    end
  endgenerate
endmodule
`default_nettype wire
