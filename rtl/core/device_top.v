// A device: bytes in, bytes out, an engine between.
//
// Purpose    link_rx -> dispatcher -> decay_engine -> dispatcher -> link_tx. Whatever carries bytes (simulation, UART, USB)
//            attaches here; docs/protocol.md says what the bytes mean.
// Formats    bytes with valid/ready both ways: a byte moves in a clock in which both are high
// Latency    of a fit: told in its result
// Throughput one byte a clock both ways
// Overflow   none: what cannot be taken waits
// Does not   synchronise its inputs: everything belongs to clk; rst is synchronous
`default_nettype none
module device_top #(
  // which engine: 1 u16, 2 e18 (protocol.vh)
  parameter ENGINE = 1,
  // clock told to the host; 0: simulated
  parameter CLOCK_HZ = 0,
  // multiplier cells: "generic", "ice40" or "ecp5" (rtl/arith/multiply.v)
  parameter TARGET = "generic",
  // the engine's pass and histograms in flight (rtl/decay/decay_engine.v)
  parameter PASS = "ring",
  parameter CONTEXTS = 2
) (
  input  wire       clk,
  input  wire       rst,
  // the fit's program where TARGET keeps it in RAM (rtl/fit/program_memory.v)
  input  wire        program_write,
  input  wire [12:0] program_address,
  input  wire [40:0] program_word,
  // bytes from the host; rx_mark as in rtl/link/link_rx.v, 0 where the bytes' way loses none
  input  wire [7:0] rx_data,
  input  wire [1:0] rx_mark,
  input  wire       rx_valid,
  output wire       rx_ready,
  // bytes to the host
  output wire [7:0] tx_data,
  output wire       tx_valid,
  input  wire       tx_ready,
  // more than waiting for bytes
  output wire       busy,
  // one clock for each error that is answered
  output wire       fault
);
  wire        head_valid, head_ready, pay_valid, pay_ready, end_valid, end_ready;
  wire [7:0]  head_type, pay_data, end_code;
  wire [31:0] head_seq;
  wire [15:0] head_config;

  link_rx rx (
    .clk(clk), .rst(rst),
    .rx_data(rx_data), .rx_mark(rx_mark), .rx_valid(rx_valid), .rx_ready(rx_ready),
    .head_valid(head_valid), .head_ready(head_ready), .head_type(head_type), .head_seq(head_seq), .head_config(head_config),
    .pay_valid(pay_valid), .pay_ready(pay_ready), .pay_data(pay_data),
    .end_valid(end_valid), .end_ready(end_ready), .end_code(end_code)
  );

  wire        msg_valid, msg_done, msg_empty, out_valid, out_ready, out_last;
  wire [7:0]  msg_type, out_data;
  wire [31:0] msg_seq;
  wire [15:0] msg_config;
  wire [17:0] msg_length;

  link_tx tx (
    .clk(clk), .rst(rst),
    .msg_valid(msg_valid), .msg_done(msg_done), .msg_type(msg_type), .msg_seq(msg_seq), .msg_config(msg_config),
    .msg_length(msg_length), .msg_empty(msg_empty),
    .pay_valid(out_valid), .pay_ready(out_ready), .pay_last(out_last), .pay_data(out_data),
    .tx_data(tx_data), .tx_valid(tx_valid), .tx_ready(tx_ready)
  );

  wire        ld_begin_valid, ld_begin_ready, ld_valid, ld_ready, ld_commit, ld_abort, ld_reject, ld_missing;
  wire [1:0]  ld_kind;
  wire [31:0] ld_seq, ld_word;
  wire [15:0] ld_config, ld_expect;
  wire        rs_valid, rs_ready, rs_last;
  wire [31:0] rs_word, rs_seq;
  wire [15:0] rs_config, rs_words;
  wire        working;

  dispatcher #(.ENGINE(ENGINE), .JOBS_IN_FLIGHT(CONTEXTS), .CLOCK_HZ(CLOCK_HZ)) core (
    .clk(clk), .rst(rst),
    .head_valid(head_valid), .head_ready(head_ready), .head_type(head_type), .head_seq(head_seq), .head_config(head_config),
    .pay_valid(pay_valid), .pay_ready(pay_ready), .pay_data(pay_data),
    .end_valid(end_valid), .end_ready(end_ready), .end_code(end_code),
    .msg_valid(msg_valid), .msg_done(msg_done), .msg_type(msg_type), .msg_seq(msg_seq), .msg_config(msg_config),
    .msg_length(msg_length), .msg_empty(msg_empty),
    .out_valid(out_valid), .out_ready(out_ready), .out_last(out_last), .out_data(out_data),
    .ld_begin_valid(ld_begin_valid), .ld_begin_ready(ld_begin_ready), .ld_kind(ld_kind), .ld_seq(ld_seq), .ld_config(ld_config),
    .ld_expect(ld_expect), .ld_valid(ld_valid), .ld_ready(ld_ready), .ld_word(ld_word),
    .ld_commit(ld_commit), .ld_abort(ld_abort), .ld_reject(ld_reject), .ld_missing(ld_missing),
    .rs_valid(rs_valid), .rs_ready(rs_ready), .rs_last(rs_last), .rs_word(rs_word),
    .rs_seq(rs_seq), .rs_config(rs_config), .rs_words(rs_words),
    .busy(working), .fault(fault)
  );

  decay_engine #(.ENGINE(ENGINE), .TARGET(TARGET), .PASS(PASS), .CONTEXTS(CONTEXTS)) engine (
    .clk(clk), .rst(rst),
    .program_write(program_write), .program_address(program_address), .program_word(program_word),
    .ld_begin_valid(ld_begin_valid), .ld_begin_ready(ld_begin_ready), .ld_kind(ld_kind), .ld_seq(ld_seq), .ld_config(ld_config),
    .ld_expect(ld_expect), .ld_valid(ld_valid), .ld_ready(ld_ready), .ld_word(ld_word),
    .ld_commit(ld_commit), .ld_abort(ld_abort), .ld_reject(ld_reject), .ld_missing(ld_missing),
    .rs_valid(rs_valid), .rs_ready(rs_ready), .rs_last(rs_last), .rs_word(rs_word),
    .rs_seq(rs_seq), .rs_config(rs_config), .rs_words(rs_words)
  );

  assign busy = working || tx_valid;
endmodule
