// Two engines' results into one stream: whole results, the first one's before the second's when both wait.
//
// Purpose    Signals as between an engine and the dispatcher (docs/design.md); rs_second tells whose result is given.
// Formats    words of 32 bits
// Latency    none; a result is chosen in the clock behind its first rs_valid
// Throughput a word a clock
// Overflow   none
// Does not   promise the second one a turn while the first always has a result
`default_nettype none
module result_choice #(
  // 0: the second engine is not there
  parameter WITH_SECOND = 1
) (
  input  wire        clk,
  input  wire        rst,
  // first engine
  input  wire        a_valid,
  output wire        a_ready,
  input  wire        a_last,
  input  wire [31:0] a_word,
  input  wire [31:0] a_seq,
  input  wire [15:0] a_config,
  input  wire [15:0] a_words,
  // second engine
  input  wire        b_valid,
  output wire        b_ready,
  input  wire        b_last,
  input  wire [31:0] b_word,
  input  wire [31:0] b_seq,
  input  wire [15:0] b_config,
  input  wire [15:0] b_words,
  // the result
  output wire        rs_valid,
  input  wire        rs_ready,
  output wire        rs_last,
  output wire [31:0] rs_word,
  output wire [31:0] rs_seq,
  output wire [15:0] rs_config,
  output wire [15:0] rs_words,
  output wire        rs_second
);
  reg chosen, second;             // a result is being given; the second engine's

  always @(posedge clk) begin
    if (!chosen) begin
      chosen <= a_valid || b_valid;
      second <= WITH_SECOND != 0 && !a_valid;
    end else if (rs_valid && rs_ready && rs_last) chosen <= 1'b0;
    if (rst) chosen <= 1'b0;
  end

  assign rs_second = second;
  assign rs_valid = chosen && (second ? b_valid : a_valid);
  assign rs_last = second ? b_last : a_last;
  assign rs_word = second ? b_word : a_word;
  assign rs_seq = second ? b_seq : a_seq;
  assign rs_config = second ? b_config : a_config;
  assign rs_words = second ? b_words : a_words;
  assign a_ready = chosen && !second && rs_ready;
  assign b_ready = chosen && second && rs_ready;
endmodule
`default_nettype wire
