// The IRF as decay_serial_irf has it, and the counts' highest bits, in one single-port memory, of which another may have what is left: for parts
// whose dual-port memories are all taken.
//
// Purpose    IRF words at 0, the counts' highest bits at 2^IRF_BITS. Words come while no pass runs, and go before reading. A pass reads an IRF
//            word a clock, but where its microinstruction takes a count: it has no product of inputs, and `looks` reads the count's bit.
//            SHARED: where neither words may come nor the pass looks or needs, the memory is free, and the guest reads or writes (words of its own,
//            at 2^(IRF_BITS + 1)). A pass leaves it free in half of its clocks and more, and never needs it in more than 24 in a row.
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
  // 1: there is a guest
  parameter SHARED = 0,
  parameter [55:0] TARGET = "generic"
) (
  input  wire                  clk,
  // load
  input  wire                  begin_load,
  input  wire                  loads,       // a word may come in this clock
  input  wire                  write,       // and does
  input  wire [15:0]           word,
  // verilator lint_off UNUSEDSIGNAL
  input  wire [IRF_BITS-1:0]   word_index,
  // verilator lint_on UNUSEDSIGNAL
  input  wire                  count_write,
  input  wire                  count_bit,
  // pass
  input  wire [IRF_BITS-1:0]   address,
  output wire [15:0]           data,
  input  wire                  looks,
  input  wire [INDEX_BITS-1:0] count_address,        // of what is looked at, and of what is written
  output reg                   count_high,
  // guest, in a clock with `free`; what it reads is in `data` a clock later
  // verilator lint_off UNUSEDSIGNAL
  input  wire                  needs,       // the pass takes what it reads
  input  wire                  guest_write,
  input  wire [7:0]            guest_address,
  input  wire [9:0]            guest_word,
  // verilator lint_on UNUSEDSIGNAL
  output wire                  free
);
  reg  [IRF_BITS-1:0] place;
  reg                 looked;
  wire [IRF_BITS-1:0] count_at = {{(IRF_BITS - INDEX_BITS){1'b0}}, count_address};
  wire                of_count = count_write || looks;
  wire [IRF_BITS+1:0] at = {free, of_count, free ? {{(IRF_BITS - 8){1'b0}}, guest_address} : of_count ? count_at : !loads ? address : COUNTED != 0 ? word_index : place};
  wire [9:0]          guest_in = free ? guest_word : word[9:0];
  wire [15:0]         in = {word[15:10], guest_in[9:1], count_write ? count_bit : guest_in[0]};
  assign free = SHARED != 0 && !loads && !count_write && !looks && !needs;
  wire                put = write || count_write || (free && guest_write);

  always @(posedge clk) begin
    if (begin_load) place <= {IRF_BITS{1'b0}};
    else if (write) place <= place + {{(IRF_BITS-1){1'b0}}, 1'b1};
    looked <= looks;
    if (looked) count_high <= data[0];
  end

  generate
    if (TARGET == "ice40") begin : g_ice40
      SB_SPRAM256KA memory (
        .CLOCK(clk), .ADDRESS({{(12 - IRF_BITS){1'b0}}, at}), .DATAIN(in), .MASKWREN(4'b1111), .WREN(put), .CHIPSELECT(1'b1),
        .STANDBY(1'b0), .SLEEP(1'b0), .POWEROFF(1'b1), .DATAOUT(data)
      );
    end else begin : g_generic
      (* no_rw_check *) reg [15:0] words [0:(4<<IRF_BITS)-1];
      reg [15:0] shown;
      always @(posedge clk)
        if (put) words[at] <= in;
        else shown <= words[at];
      assign data = shown;
    end
  endgenerate
endmodule
`default_nettype wire
