// The engine for transient absorption alone, for size and clock: its ports on shift registers (55 bits in, 118 bits out).
`default_nettype none
module size_ta #(
  parameter WORD_BITS = 18,
  parameter FEW_CELLS = 0,
  parameter KEEP = 0
) (
  input  wire clk,
  input  wire rst,
  input  wire in_bit,
  input  wire out_load,
  output wire out_bit
);
  reg  [54:0]  in;
  reg  [117:0] out;
  wire         ld_begin_ready, ld_ready, ld_reject, ld_missing, rs_valid, rs_last;
  wire [15:0]  ld_expect, rs_config, rs_words;
  wire [31:0]  rs_word, rs_seq;
  always @(posedge clk) begin
    in <= {in[53:0], in_bit};
    out <= out_load ? {ld_begin_ready, ld_ready, ld_reject, ld_missing, rs_valid, rs_last, ld_expect, rs_config, rs_words, rs_word, rs_seq}
                    : {out[116:0], 1'b0};
  end
  assign out_bit = out[117];

  ta_engine #(.WORD_BITS(WORD_BITS), .FEW_CELLS(FEW_CELLS), .KEEP(KEEP), .TARGET("ecp5")) engine (
    .clk(clk), .rst(rst),
    .ld_begin_valid(in[0]), .ld_begin_ready(ld_begin_ready), .ld_kind(in[2:1]), .ld_seq(in[34:3]), .ld_config(in[18:3]),
    .ld_expect(ld_expect), .ld_valid(in[51]), .ld_ready(ld_ready), .ld_word(in[50:19]),
    .ld_commit(in[52]), .ld_abort(in[53]), .ld_reject(ld_reject), .ld_missing(ld_missing),
    .rs_valid(rs_valid), .rs_ready(in[54]), .rs_last(rs_last), .rs_word(rs_word), .rs_seq(rs_seq), .rs_config(rs_config),
    .rs_words(rs_words)
  );
endmodule
`default_nettype wire
