// The SCLC engine: configuration and points of a sweep in, result words out. Bit for bit host/model/sclc_engine.c.
//
// Purpose    Takes the words of `sclc_config` and `sclc_points` (docs/protocol.md), runs the program on them when they are committed, gives the
//            result. Signals ld_* and rs_* as in docs/design.md, with kinds 0 configuration, 1 points.
// Formats    words of 32 bits
// Latency    told in the result's last word: clocks from the commit to the end of the program
// Throughput one job at a time: a load waits until the result before it has left
// Overflow   a sweep holds POINTS_MAX points, skipped ones included; more are rejected
// Does not   forget a sweep when a later message fails; check that the words are sensible numbers (the program skips what is not)
`default_nettype none
module sclc_engine #(
  // rtl/arith/multiply.v, rtl/sclc/sclc_memory.v
  parameter [55:0] TARGET = "generic"
) (
  input  wire        clk,
  input  wire        rst,
  // loads
  input  wire        ld_begin_valid,
  output wire        ld_begin_ready,
  input  wire        ld_points,       // kind
  input  wire [31:0] ld_seq,
  input  wire [15:0] ld_config,
  output reg  [15:0] ld_expect,
  input  wire        ld_valid,
  output wire        ld_ready,
  input  wire [31:0] ld_word,
  input  wire        ld_commit,
  input  wire        ld_abort,
  output wire        ld_reject,
  output reg         ld_missing,
  // results
  output wire        rs_valid,
  input  wire        rs_ready,
  output wire        rs_last,
  output reg  [31:0] rs_word,
  output reg  [31:0] rs_seq,
  output wire [15:0] rs_config,
  output wire [15:0] rs_words
);
  `include "protocol.vh"
  `include "sclc_memory_map.vh"

  localparam POINTS_MAX = 512;
  localparam [4:0] RESULT_WORDS = SCLC_RES_WORDS;
  localparam [15:0] CONFIG_WORDS = SCLC_CFG_WORDS;

  localparam [2:0] E_IDLE = 3'd0, E_BEGUN = 3'd1, E_WORDS = 3'd2, E_RUN = 3'd3, E_ADDRESS = 3'd4, E_READ = 3'd5, E_GIVE = 3'd6;

  reg  [2:0]  state;
  reg         points;             // the load's kind
  reg         held, fresh;        // a sweep has begun; the program has not seen it
  reg  [15:0] config_id;
  reg  [9:0]  received;           // points of the sweep
  reg  [15:0] from, count;        // of the message
  reg         headed;             // its first word has come
  reg         fits, again;        // the points follow those received; the device has them already
  reg  [10:0] index;              // of the word that comes, behind a first one
  reg  [4:0]  result_index;
  reg  [31:0] cycles;

  wire        begins = ld_begin_valid && ld_begin_ready;
  wire        in_words = state == E_WORDS;
  wire        takes = in_words && ld_valid;
  wire        done, mem_write;
  wire [11:0] mem_address;
  wire [63:0] mem_write_word, mem_word;

  assign ld_begin_ready = state == E_IDLE;
  assign ld_ready = in_words;
  assign ld_reject = points && !(fits || again);

  wire [16:0] until_point = {1'b0, from} + {1'b0, count};
  wire [16:0] had = {7'd0, received};
  localparam [15:0] MOST_COUNT = POINTS_MAX;
  localparam [16:0] MOST = POINTS_MAX;
  always @(posedge clk) begin
    ld_expect <= !points ? CONFIG_WORDS : headed && count <= MOST_COUNT ? {count[14:0], 1'b1} : headed ? 16'd1 : 16'hffff;
    fits <= {1'b0, from} == had && until_point <= MOST;
    again <= until_point <= had;
  end

  always @(posedge clk) begin
    case (state)
      E_IDLE: begin
        index <= 11'd0;
        headed <= 1'b0;
        if (begins) begin
          state <= E_BEGUN;
          points <= ld_points;
          ld_missing <= ld_points && !(held && ld_config == config_id);
          rs_seq <= ld_seq;
        end
      end
      E_BEGUN: state <= ld_missing || ld_abort ? E_IDLE : E_WORDS;
      E_WORDS: begin
        if (takes) begin
          if (points && !headed) begin
            headed <= 1'b1;
            from <= ld_word[15:0];
            count <= ld_word[31:16];
          end else index <= index + 11'd1;
        end
        if (ld_abort || (ld_commit && (!points || ld_reject))) state <= E_IDLE;
        else if (ld_commit) state <= E_RUN;
        if (ld_commit && !points) begin
          held <= 1'b1;
          fresh <= 1'b1;
          config_id <= ld_config;
          received <= 10'd0;
        end
      end
      E_RUN: if (done) begin
        state <= E_ADDRESS;
        fresh <= 1'b0;
        if (!again) received <= until_point[9:0];
      end
      E_ADDRESS: state <= E_READ;
      E_READ: state <= E_GIVE;
      default: if (rs_ready) state <= rs_last ? E_IDLE : E_ADDRESS;
    endcase
    if (state == E_RUN) result_index <= 5'd0;
    else if (state == E_GIVE && rs_ready) result_index <= result_index + 5'd1;
    if (state == E_READ) rs_word <= rs_last ? cycles : mem_word[31:0];
    if (in_words) cycles <= 32'd0;
    else if (state == E_RUN) cycles <= cycles + 32'd1;
    if (rst) begin
      state <= E_IDLE;
      held <= 1'b0;
      fresh <= 1'b0;
    end
  end

  assign rs_valid = state == E_GIVE;
  assign rs_last = result_index == RESULT_WORDS;
  assign rs_config = config_id;
  assign rs_words = {11'd0, RESULT_WORDS} + 16'd1;

  // ---- the memory: the processor's while it runs ----
  wire [11:0] word_address = points ? AT_POINTS[11:0] + {1'b0, index} : AT_CONFIG[11:0] + {1'b0, index};
  wire        running = state == E_RUN;
  wire        word_write = takes && !(points && !headed);
  sclc_memory #(.TARGET(TARGET)) memory (
    .clk(clk),
    .address(running ? mem_address : in_words ? word_address : AT_RESULT[11:0] + {7'd0, result_index}),
    .write(running ? mem_write : word_write), .write_word(running ? mem_write_word : {{32{ld_word[31]}}, ld_word}),
    .word(mem_word)
  );

  sclc_processor #(.TARGET(TARGET)) processor (
    .clk(clk), .rst(rst),
    .start(in_words && ld_commit && points && !ld_reject), .done(done),
    .input_word({fresh, again ? 16'd0 : count}),
    .mem_address(mem_address), .mem_write(mem_write), .mem_write_word(mem_write_word), .mem_word(mem_word)
  );
endmodule
`default_nettype wire
