// The fit processor's program: a read a clock; on the UP5K in single-port RAM that something has
// to fill after power-up.
//
//   word(t + 1) = program[address(t)] where `read` is high, else it stays
//
// Formats    words of 41 bits
// Latency    1 clock. Throughput: a read a clock, or a write (then nothing is read).
// TARGET     "ice40": three SB_SPRAM256KA (48 of 16 K x 16 bits; PROGRAM_FILE is not used), empty
//            at power-up. Else a ROM from PROGRAM_FILE; the write port does nothing.
// OUTSIDE    1: the memory is elsewhere (program_pair.v), outside_* lead to it; nothing is kept here
// Overflow   none
// Does not   say what a word is before it was written ("ice40"), what is read in the clock of a
//            write. Relies on the part's RAM keeping its output while CHIPSELECT is low, as its
//            simulation model does.
`default_nettype none
module program_memory #(
  // 2^WORDS_LOG2 words, 9 to 14
  parameter WORDS_LOG2 = 13,
  // instructions, hexadecimal, one a line
  parameter PROGRAM_FILE = "decay_program.hex",
  // "ice40": single-port RAM
  parameter [55:0] TARGET = "generic",
  // 1: no memory of its own
  parameter OUTSIDE = 0
) (
  // what is not used depends on where the memory is
  // verilator lint_off UNUSEDSIGNAL
  input  wire                  clk,
  // program
  input  wire                  read,
  input  wire [WORDS_LOG2-1:0] address,
  output wire [40:0]           word,
  // to fill it
  input  wire [6:0]            write,           // which parts of 16 bits, which nibbles of these
  input  wire [WORDS_LOG2-1:0] write_address,
  input  wire [15:0]           write_word,      // the part
  // the memory elsewhere
  input  wire [40:0]           outside_word,
  // verilator lint_on UNUSEDSIGNAL
  output wire                  outside_read,
  output wire [WORDS_LOG2-1:0] outside_address
);
  assign outside_read = read;
  assign outside_address = address;

  generate
    if (OUTSIDE != 0) begin : g_outside
      assign word = outside_word;
    end else if (TARGET == "ice40") begin : g_ice40
      wire        writes = write[6:4] != 3'd0;
      wire [13:0] place = {{(14-WORDS_LOG2){1'b0}}, writes ? write_address : address};
      wire [47:0] out;
      genvar n;
      for (n = 0; n < 3; n = n + 1) begin : g_part
        SB_SPRAM256KA part (
          .CLOCK(clk), .ADDRESS(place), .DATAIN(write_word), .MASKWREN(write[3:0]), .WREN(write[4+n]),
              .CHIPSELECT(read || write[4+n]),
          .STANDBY(1'b0), .SLEEP(1'b0), .POWEROFF(1'b1), .DATAOUT(out[16*n +: 16])
        );
      end
      wire [6:0] rest_unused;
      assign {rest_unused, word} = out;
    end else begin : g_generic
      (* ram_style = "block", no_rw_check *) reg [40:0] program_words [0:(1<<WORDS_LOG2)-1];
      initial $readmemh(PROGRAM_FILE, program_words);
      reg [40:0] fetched;
      always @(posedge clk) if (read) fetched <= program_words[address];
      assign word = fetched;
    end
  endgenerate
endmodule
`default_nettype wire
