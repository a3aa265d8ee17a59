// The processor's memory: 4096 words behind one port.
//
// Formats    64 bits
// Latency    word(t + 1) = memory[address(t)] where `write` is low
// Throughput a read or a write a clock
// TARGET     "ice40": four SB_SPRAM256KA; else block memory
// Overflow   none
// Does not   say what a word is before it was written, or what is read in the clock of a write
`default_nettype none
module sclc_memory #(
  parameter [55:0] TARGET = "generic"
) (
  input  wire        clk,
  input  wire [11:0] address,
  input  wire        write,
  input  wire [63:0] write_word,
  output wire [63:0] word
);
  generate
    if (TARGET == "ice40") begin : g_ice40
      genvar n;
      for (n = 0; n < 4; n = n + 1) begin : g_part
        SB_SPRAM256KA part (
          .CLOCK(clk), .ADDRESS({2'b00, address}), .DATAIN(write_word[16*n +: 16]), .MASKWREN(4'b1111), .WREN(write), .CHIPSELECT(1'b1),
          .STANDBY(1'b0), .SLEEP(1'b0), .POWEROFF(1'b1), .DATAOUT(word[16*n +: 16])
        );
      end
    end else begin : g_generic
      (* ram_style = "block", no_rw_check *) reg [63:0] words [0:4095];
      reg [63:0] read;
      always @(posedge clk) begin
        if (write) words[address] <= write_word;
        else read <= words[address];
      end
      assign word = read;
    end
  endgenerate
endmodule
`default_nettype wire
