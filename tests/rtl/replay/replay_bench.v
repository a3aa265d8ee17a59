// Engines fed from a replay store; their results are taken at once.
`default_nettype none
module replay_bench #(
  parameter ENGINE = 1,
  parameter ENGINES = 1,
  parameter CONTEXTS = 4,
  parameter PASS = "ring",
  parameter WORDS_LOG2 = 16
) (
  input  wire                  clk,
  input  wire                  rst,
  input  wire                  write,
  input  wire [WORDS_LOG2-1:0] write_address,
  input  wire [31:0]           write_word,
  input  wire [31:0]           fits,
  output wire                  begins,       // a histogram begins
  output wire                  refused,
  output wire                  rs_valid,
  output wire                  rs_last,
  output wire [31:0]           rs_word,
  output wire [31:0]           rs_seq
);
  wire        begin_valid, begin_ready, valid, ready, commit, reject, missing;
  wire [1:0]  kind;
  wire [31:0] seq, word;
  wire [15:0] config_id, expect_unused, config_unused, words_unused;
  wire [10:0] guest_unused;

  replay_store #(.WORDS_LOG2(WORDS_LOG2)) store (
    .clk(clk), .rst(rst), .write(write), .write_address(write_address), .write_word(write_word), .fits(fits),
    .ld_begin_valid(begin_valid), .ld_begin_ready(begin_ready), .ld_kind(kind), .ld_seq(seq), .ld_config(config_id),
    .ld_valid(valid), .ld_ready(ready), .ld_word(word), .ld_commit(commit)
  );
  decay_farm #(.ENGINES(ENGINES), .ENGINE(ENGINE), .CONTEXTS(CONTEXTS), .PASS(PASS)) farm (
    .st_valid(1'b0), .st_index(6'd0), .st_word(32'd0),
    .clk(clk), .rst(rst), .guest_asks(19'd0), .guest_gets(guest_unused), .program_write(7'd0), .program_address(13'd0), .program_word(16'd0),
    .ld_begin_valid(begin_valid), .ld_begin_ready(begin_ready), .ld_kind(kind), .ld_seq(seq), .ld_config(config_id), .ld_expect(expect_unused),
    .ld_valid(valid), .ld_ready(ready), .ld_word(word), .ld_index(11'd0), .ld_commit(commit), .ld_abort(1'b0), .ld_reject(reject), .ld_missing(missing),
    .rs_valid(rs_valid), .rs_ready(1'b1), .rs_last(rs_last), .rs_word(rs_word), .rs_seq(rs_seq), .rs_config(config_unused), .rs_words(words_unused)
  );
  assign begins = begin_valid && begin_ready && kind[1];
  assign refused = (commit && reject) || (valid && missing);
endmodule
`default_nettype wire
