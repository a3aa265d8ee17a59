// Reciprocal seeds and powers of two of the fit's float unit, in one read-only memory.
//
//   address 0..255    1/x at the middle of x's interval, x = (256 + i)/512 ..: mantissa of W bits without its leading one
//   address 256..319  2^(i/64), mantissa of W bits without its leading one
//   the rest          zero
//
// Format:     W - 1 bits, W = WORD_BITS (16, 18 or 20); the same numbers as rtl/fit/program/tables.py.
// Latency:    1 clock. Throughput: one word a clock.
// Overflow:   none.
// Not given:  other word lengths (the powers are made from 2^(1/64) with 60 bits, tested for 16, 18 and 20).
`default_nettype none

module fit_table #(
  // mantissa bits
  parameter WORD_BITS = 16
) (
  input  wire                 clk,
  input  wire [8:0]           address,
  output reg  [WORD_BITS-2:0] word
);

  localparam W = WORD_BITS;
  // 2^(1/64) * 2^60
  localparam [127:0] ROOT = 128'd1165475996665667822;

  (* ram_style = "block", no_rw_check *) reg [W-2:0] words [0:511];

  integer i;
  // Only W - 1 of its bits are kept.
  // verilator lint_off UNUSEDSIGNAL
  reg [63:0] quotient;
  // verilator lint_on UNUSEDSIGNAL
  reg [127:0] power;
  initial begin
    power = 128'd1 << 60;
    for (i = 0; i < 512; i = i + 1) begin
      if (i < 256) begin
        // 512 * 2^W / (513 + 2i), to the nearest integer
        quotient = ((64'd1024 << W) + 64'd513 + {31'd0, i[31:0], 1'b0}) / (64'd1026 + {30'd0, i[31:0], 2'b00});
        words[i] = quotient[W-2:0];
      end else if (i < 320) begin
        quotient = power[63:0] + (64'd1 << (60 - W));
        words[i] = quotient[59:61-W];
        power = (power * ROOT) >> 60;
      end else begin
        words[i] = {(W - 1){1'b0}};
      end
    end
  end

  always @(posedge clk) word <= words[address];
endmodule

`default_nettype wire
