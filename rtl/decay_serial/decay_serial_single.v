// The IRF as decay_serial_irf has it, and the counts' highest bits, in one single-port memory: for parts whose dual-port memories are all taken.
//
// Purpose    IRF words at 0, the counts' highest bits at 2^IRF_BITS. Words come while no pass runs, and go before reading. A pass reads an IRF
//            word a clock, but where its microinstruction takes a count: it has no product of inputs, and `looks` reads the count's bit.
// Formats    as decay_serial_irf
// Latency    data one clock after address; count_high a clock after that, and until the next one
// Throughput one word in or one read a clock
// Overflow   the address is wide enough for every layout that decay_config accepts
// TARGET     "ice40": one SB_SPRAM256KA; else what the tools find
// Does not   know whether a load was committed. Does not read while a word comes.
`default_nettype none
module decay_serial_single #(
  parameter IRF_BITS = 9,
  // bits of a group's number, at most IRF_BITS
  parameter INDEX_BITS = 8,
  // 1: a word's place is word_index
  parameter COUNTED = 0,
  parameter [55:0] TARGET = "generic"
) (
  input  wire                  clk,
  // load
  input  wire                  begin_load,
  input  wire                  write,
  input  wire [15:0]           word,
  // verilator lint_off UNUSEDSIGNAL
  input  wire [IRF_BITS-1:0]   word_index,
  // verilator lint_on UNUSEDSIGNAL
  input  wire                  count_write,
  input  wire [INDEX_BITS-1:0] count_address,
  input  wire                  count_bit,
  // pass
  input  wire [IRF_BITS-1:0]   address,
  output wire [15:0]           data,
  input  wire                  looks,
  input  wire [INDEX_BITS-1:0] looks_at,
  output reg                   count_high
);
  reg  [IRF_BITS-1:0] place;
  reg                 looked;
  wire                writes = write || count_write;
  wire [IRF_BITS-1:0] count_at = {{(IRF_BITS - INDEX_BITS){1'b0}}, writes ? count_address : looks_at};
  wire                of_count = writes ? count_write : looks;
  wire [IRF_BITS:0]   at = {of_count, of_count ? count_at : !writes ? address : COUNTED != 0 ? word_index : place};
  wire [15:0]         in = {word[15:1], count_write ? count_bit : word[0]};

  always @(posedge clk) begin
    if (begin_load) place <= {IRF_BITS{1'b0}};
    else if (write) place <= place + {{(IRF_BITS-1){1'b0}}, 1'b1};
    looked <= looks;
    if (looked) count_high <= data[0];
  end

  generate
    if (TARGET == "ice40") begin : g_ice40
      SB_SPRAM256KA memory (
        .CLOCK(clk), .ADDRESS({{(13 - IRF_BITS){1'b0}}, at}), .DATAIN(in), .MASKWREN(4'b1111), .WREN(writes), .CHIPSELECT(1'b1),
        .STANDBY(1'b0), .SLEEP(1'b0), .POWEROFF(1'b1), .DATAOUT(data)
      );
    end else begin : g_generic
      (* no_rw_check *) reg [15:0] words [0:(2<<IRF_BITS)-1];
      reg [15:0] shown;
      always @(posedge clk)
        if (writes) words[at] <= in;
        else shown <= words[at];
      assign data = shown;
    end
  endgenerate
endmodule
`default_nettype wire
