// N engines' results into one stream: whole results, the engines in turn.
//
// Purpose    Signals rs_* as between an engine and the dispatcher (docs/design.md), result_* the same for each engine, engine 0 lowest.
// Formats    words of 32 bits
// Latency    2 clocks to a result's first word
// Throughput a word in 2 clocks
// Overflow   none
// Does not   give results in any order but that in which they are found; with all engines waiting each gives one in N.
`default_nettype none
module farm_results #(
  // engines, 2 or more
  parameter N = 2
) (
  input  wire            clk,
  input  wire            rst,
  // from the engines
  input  wire [N-1:0]    result_valid,
  output wire [N-1:0]    result_ready,
  input  wire [N-1:0]    result_last,
  input  wire [32*N-1:0] result_word,
  input  wire [32*N-1:0] result_seq,
  input  wire [16*N-1:0] result_config,
  input  wire [16*N-1:0] result_words,
  // the result
  output reg             rs_valid,
  input  wire            rs_ready,
  output reg             rs_last,
  output reg  [31:0]     rs_word,
  output reg  [31:0]     rs_seq,
  output reg  [15:0]     rs_config,
  output reg  [15:0]     rs_words
);
  localparam [N-1:0] NONE = {N{1'b0}};

  reg  [N-1:0] giver;            // whose result is given
  wire [N-1:0] next;
  wire         idle = giver == NONE;

  fit_turns #(.COUNT(N)) turns (.clk(clk), .rst(rst), .ask(result_valid), .keep(idle), .grant(next));

  assign result_ready = giver & {N{!rs_valid}};
  wire moves = (result_ready & result_valid) != NONE;

  reg        last;
  reg [31:0] word, seq;
  reg [15:0] config_id, words;
  integer n;
  always @* begin
    last = (giver & result_last) != NONE;
    word = 32'd0;
    seq = 32'd0;
    config_id = 16'd0;
    words = 16'd0;
    for (n = 0; n < N; n = n + 1) begin
      word = word | (result_word[32*n +: 32] & {32{giver[n]}});
      seq = seq | (result_seq[32*n +: 32] & {32{giver[n]}});
      config_id = config_id | (result_config[16*n +: 16] & {16{giver[n]}});
      words = words | (result_words[16*n +: 16] & {16{giver[n]}});
    end
  end

  always @(posedge clk) begin
    if (moves) begin
      rs_last <= last;
      rs_word <= word;
      rs_seq <= seq;
      rs_config <= config_id;
      rs_words <= words;
    end
    rs_valid <= moves || (rs_valid && !rs_ready);
    if (idle) giver <= next;
    else if (rs_valid && rs_ready && rs_last) giver <= NONE;
    if (rst) begin
      giver <= NONE;
      rs_valid <= 1'b0;
    end
  end
endmodule
`default_nettype wire
