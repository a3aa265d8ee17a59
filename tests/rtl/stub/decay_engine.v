// Stands for the engine in benches of the link: keeps the words of a histogram and gives them back as its result.
//
// Configuration: LAYOUT_WORDS + CFG_WORDS words; word 0 all ones is rejected. IRF: 10 words. Raw: 16. Groups: 5; these need the
// configuration's id and an IRF. Result: 7 words and more (the histogram's words, then their sum), two jobs in flight, some
// clocks of work each. Configuration and IRF wait until nothing is in flight.
`default_nettype none
module decay_engine #(
  parameter ENGINE = 1,
  // as the engine has them; nothing is computed here
  parameter [55:0] TARGET = "generic",
  parameter PASS = "ring",
  parameter CONTEXTS = 4,
  parameter OUTSIDE = 0,
  parameter SINGLE = 0,
  parameter KEPT = 0
) (
  input  wire        clk,
  input  wire        rst,
  input  wire [6:0]  program_write,
  input  wire [12:0] program_address,
  input  wire [15:0] program_word,
  input  wire [18:0] guest_asks,
  output wire [10:0] guest_gets,
  output wire        outside_read,
  output wire [12:0] outside_address,
  input  wire [40:0] outside_word,
  input  wire        ld_begin_valid,
  output wire        ld_begin_ready,
  input  wire [1:0]  ld_kind,
  input  wire [31:0] ld_seq,
  input  wire [15:0] ld_config,
  output reg  [15:0] ld_expect,
  input  wire        ld_valid,
  output wire        ld_ready,
  input  wire [31:0] ld_word,
  input  wire [10:0] ld_index,
  input  wire        ld_commit,
  input  wire        ld_abort,
  output wire        ld_reject,
  output reg         ld_missing,
  input  wire        st_valid,
  input  wire [5:0]  st_index,
  input  wire [31:0] st_word,
  output wire        rs_valid,
  input  wire        rs_ready,
  output wire        rs_last,
  output wire [31:0] rs_word,
  output wire [31:0] rs_seq,
  output wire [15:0] rs_config,
  output wire [15:0] rs_words
);
  `include "protocol.vh"

  assign outside_read = 1'b0;
  assign outside_address = 13'd0;

  reg [31:0] words [0:31];       // two contexts of 16
  reg [31:0] sum [0:1], seq [0:1];
  reg [15:0] config_of [0:1], number [0:1];
  reg [1:0]  filled;             // jobs waiting or at work
  reg        load_to, give_from; // context
  reg [31:0] total;
  reg [15:0] got, given, config_held, wait_clocks;
  reg        config_there, irf_there, reject, loading;
  reg [1:0]  kind;
  reg [15:0] config_new;
  reg [31:0] noise;

  assign ld_begin_ready = !loading && (ld_kind[1] ? filled != 2'b11 : filled == 2'b00) && noise[3:0] == 4'd0;
  assign ld_ready = noise[4];
  assign ld_reject = reject;
  // a word that is offered stays until it is taken, as an engine's does (link_tx.v relies on it where PACED)
  reg        offered;
  assign rs_valid = filled[give_from] && wait_clocks == 16'd0 && (offered || noise[6:5] != 2'd0);
  assign rs_last = given == number[give_from];
  assign rs_word = rs_last ? sum[give_from] : words[{give_from, given[3:0]}];
  assign rs_seq = seq[give_from];
  assign rs_config = config_of[give_from];
  assign rs_words = number[give_from] + 16'd1;

  integer errors = 0;            // breaches of the interface
  always @(posedge clk) begin
    noise <= {noise[30:0], noise[31] ^ noise[21] ^ noise[1] ^ noise[0]};
    if (ld_begin_valid && ld_begin_ready) begin
      loading <= 1'b1;
      got <= 16'd0;
      total <= 32'd0;
      kind <= ld_kind;
      config_new <= ld_config;
      reject <= 1'b0;
      load_to <= filled[0];
      seq[filled[0]] <= ld_kind[1] ? ld_seq : seq[filled[0]];
      config_of[filled[0]] <= ld_kind[1] ? ld_config : config_of[filled[0]];
      ld_missing <= ld_kind != 2'd0 && !(config_there && config_held == ld_config && (irf_there || ld_kind == 2'd1));
      case (ld_kind)
        2'd0: ld_expect <= LAYOUT_WORDS + CFG_WORDS;
        2'd1: ld_expect <= 16'd10;
        2'd2: ld_expect <= 16'd16;
        default: ld_expect <= 16'd5;
      endcase
    end
    if (ld_valid && ld_ready) begin
      if (!loading || got == ld_expect || ld_missing) errors = errors + 1;
      got <= got + 16'd1;
      total <= total + ld_word;
      if (kind == 2'd0 && got == 16'd0) reject <= ld_word == 32'hFFFFFFFF;
      if (kind[1]) words[{load_to, got[3:0]}] <= ld_word;
    end
    if (ld_commit || ld_abort) begin
      if (!loading || (ld_commit && ld_abort) || (ld_commit && (ld_missing || got != ld_expect))) errors = errors + 1;
      loading <= 1'b0;
    end
    if (ld_commit && !reject) begin
      case (kind)
        2'd0: begin config_there <= 1'b1; config_held <= config_new; irf_there <= 1'b0; end
        2'd1: irf_there <= 1'b1;
        default: begin
          filled[load_to] <= 1'b1;
          sum[load_to] <= total;
          number[load_to] <= got;
          if (filled == 2'b00) begin
            give_from <= load_to;
            wait_clocks <= {8'd0, noise[15:8]};
          end
        end
      endcase
    end
    if (wait_clocks != 16'd0) wait_clocks <= wait_clocks - 16'd1;
    offered <= rs_valid && !rs_ready && !rst;
    if (rs_valid && rs_ready) begin
      given <= given + 16'd1;
      if (rs_last) begin
        given <= 16'd0;
        filled[give_from] <= 1'b0;
        give_from <= !give_from;
        wait_clocks <= {8'd0, noise[15:8]};
      end
    end
    if (rst) begin
      filled <= 2'b00;
      give_from <= 1'b0;
      given <= 16'd0;
      wait_clocks <= 16'd0;
      config_there <= 1'b0;
      irf_there <= 1'b0;
      loading <= 1'b0;
      reject <= 1'b0;
      noise <= 32'h1234ABCD ^ ENGINE;
    end
  end
endmodule
