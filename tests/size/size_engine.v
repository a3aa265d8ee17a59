// The small engine alone, for tests/size/up5k.sh: its ports on shift registers (54 + 84 bits in,
// 98 bits out).
`default_nettype none
module size_engine (
  input  wire clk,
  input  wire rst,
  input  wire in_bit,
  input  wire out_load,
  output wire out_bit,
  input  wire program_bit,
  input  wire program_write
);
  reg  [35:0] program;
  reg  [54:0] in;
  reg  [115:0] out;
  wire        ld_begin_ready, ld_ready, ld_reject, ld_missing, rs_valid, rs_last;
  wire [15:0] ld_expect, rs_config, rs_words;
  wire [31:0] rs_word, rs_seq;
  always @(posedge clk) begin
    program <= {program[34:0], program_bit};
    in <= {in[53:0], in_bit};
    out <= out_load ? {ld_begin_ready, ld_ready, ld_reject, ld_missing, rs_valid, rs_last,
        ld_expect, rs_config[13:0], rs_words,
                       rs_word, rs_seq} : {out[114:0], 1'b0};
  end
  assign out_bit = out[115];

  decay_engine #(.ENGINE(1), .TARGET("ice40"), .PASS("serial"), .CONTEXTS(1)) engine (
    .clk(clk), .rst(rst),
    .program_write({program[31:29], program[35:32]} & {7{program_write}}), .program_address(program[28:16]), .program_word(program[15:0]),
    .outside_read(), .outside_address(), .outside_word(41'd0),
    .ld_begin_valid(in[0]), .ld_begin_ready(ld_begin_ready), .ld_kind(in[2:1]), .ld_seq(in[34:3]),
        .ld_config(in[18:3]),
    .ld_expect(ld_expect), .ld_valid(in[50]), .ld_ready(ld_ready), .ld_word(in[49:18]), .ld_index(11'd0),
    .ld_commit(in[51]), .ld_abort(in[52]), .ld_reject(ld_reject), .ld_missing(ld_missing),
    .rs_valid(rs_valid), .rs_ready(in[53]), .rs_last(rs_last), .rs_word(rs_word), .rs_seq(rs_seq),
        .rs_config(rs_config),
    .rs_words(rs_words)
  );
endmodule
`default_nettype wire
