// The fit processor: runs the fit's program for several contexts at once; their instructions take turns at issue.
//
//   instruction, 41 bits: {op[4:0], stall[3:0], d[7:0], a[7:0], b[7:0], c[7:0]}     (docs/fit_processor.md)
//
// Numbers:    {sign, exponent[9:0], mantissa[WORD_BITS-1:0]}, see fit_float_unit.v. Registers 0..63 are constants, 64 and up belong
//             to the running context.
// Issue:      one instruction a clock, of the contexts in turn; of a context in order, and `stall` clocks or more behind the one
//             before. No interlock: a result may be read by an instruction issued LATENCY = 10 clocks later (CHECK_HAZARDS stops a
//             simulation that reads earlier); waiting for the other contexts only adds clocks.
// Branches:   BLT, BGE, JMP, CALL, RET: the context's next instruction issues 7 clocks later (SMALL 6; and its stall), not taken 5.
// PASS, DONE: pass_start or result_done is high 11 clocks after the instruction's issue, when the context's OUT words have all been
//             given. The context goes on behind its pass_done or job_start.
// IN:                 t     t+1   t+2   t+3
//   in_request     __/~~~\_________________      with in_context, in_address
//   in_value, in_exponent   ______________/~~~\  sampled at the end of clock t+3, one request a clock possible
// OUT:        out_valid with out_context, out_address and out_word, 10 clocks after issue (SMALL 9), in program order, never refused. A word to
//             address 3 is the context's offset, an integer 0..63; addresses 512 + n go out as (n + 4 offset) mod 512.
// Overflow:   numbers as in fit_float_unit.v; a CALL too deep overwrites the oldest of 4 addresses (SMALL: of 1).
// Not given:  checks of the program (addresses of registers above CONTEXT_REGISTERS + 63, instructions beyond the program), a
//             second job_start for a context before its result_done, a reset of registers.
`default_nettype none

module fit_processor #(
  // mantissa bits: 16 or 18
  parameter WORD_BITS = 16,
  // jobs in flight: 1 to 4
  parameter CONTEXTS = 2,
  // registers of a context from address 64 on: at most 192
  parameter CONTEXT_REGISTERS = 192,
  // the program holds 2^PROGRAM_WORDS_LOG2 instructions, 9 to 16
  parameter PROGRAM_WORDS_LOG2 = 13,
  // instructions, hexadecimal, one a line
  parameter PROGRAM_FILE = "decay_program.hex",
  // the 64 constants, hexadecimal, one a line
  parameter CONSTANTS_FILE = WORD_BITS == 18 ? "decay_constants_18.hex" : "decay_constants_16.hex",
  // see rtl/arith/multiply.v
  parameter [55:0] TARGET = "generic",
  // its multiplier: a TARGET, or "adders"
  parameter [55:0] MULTIPLIER = TARGET,
  // 1: the program is read through outside_* (program_memory.v)
  parameter OUTSIDE = 0,
  // 1: for small parts: one context, one return address; OUT comes a clock earlier
  parameter SMALL = 0,
  // 1: a simulation stops when an instruction reads a register whose result is under way
  parameter CHECK_HAZARDS = 0,
  // not to be set
  parameter CONTEXT_BITS = CONTEXTS > 2 ? 2 : 1
) (
  input  wire                    clk,
  input  wire                    rst,

  // the program where it is not a ROM (program_memory.v)
  input  wire [6:0]              program_write,
  input  wire [PROGRAM_WORDS_LOG2-1:0] program_address,
  input  wire [15:0]             program_word,
  output wire                    outside_read,
  output wire [PROGRAM_WORDS_LOG2-1:0] outside_address,
  input  wire [40:0]             outside_word,

  // jobs
  input  wire [CONTEXTS-1:0]     job_start,
  output wire                    pass_start,
  output wire [CONTEXT_BITS-1:0] pass_context,
  input  wire [CONTEXTS-1:0]     pass_done,
  output wire                    result_done,
  output wire [CONTEXT_BITS-1:0] result_context,
  output wire                    busy,

  // IN
  output reg                     in_request,
  output wire [CONTEXT_BITS-1:0] in_context,
  output wire [9:0]              in_address,
  input  wire [53:0]             in_value,
  input  wire [9:0]              in_exponent,

  // OUT
  output wire                    out_valid,
  output wire [CONTEXT_BITS-1:0] out_context,
  output wire [9:0]              out_address,
  output wire [9:0]              out_place,         // of addresses from 768 on the same, with no sum before it (SMALL)
  output wire [31:0]             out_word
);

  localparam WIDTH = WORD_BITS + 11;
  localparam P = PROGRAM_WORDS_LOG2;
  localparam REGISTER_WORDS = 64 + CONTEXTS * CONTEXT_REGISTERS;
  localparam R = REGISTER_WORDS <= 256 ? 8 : REGISTER_WORDS <= 512 ? 9 : 10;
  localparam [31:0] CONTEXT_BASE = CONTEXT_REGISTERS;

  localparam [4:0] OP_FMA  = 5'd0;
  localparam [4:0] OP_FMS  = 5'd1;
  localparam [4:0] OP_MIN  = 5'd6;
  localparam [4:0] OP_MAX  = 5'd7;
  localparam [4:0] OP_SEL  = 5'd9;
  localparam [4:0] OP_IN   = 5'd11;
  localparam [4:0] OP_OUTW = 5'd13;
  localparam [4:0] OP_BLT  = 5'd15;
  localparam [4:0] OP_BGE  = 5'd16;

  // ---- what issues ----
  wire issue;
  wire [CONTEXT_BITS-1:0] issuer;
  wire [CONTEXT_BITS-1:0] leaver;                 // by PASS or DONE
  wire [4:0] op;
  wire [31:0] fields;
  wire [7:0] d = fields[31:24];
  wire [7:0] a = fields[23:16];
  wire [7:0] b = fields[15:8];
  wire [7:0] c = fields[7:0];
  wire turns = op >= OP_BLT;
  wire a_less;

  generate
    if (SMALL != 0) begin : g_one
      wire outside_unused = &{outside_word, program_address};
      fit_issue_one #(.WORDS_LOG2(P), .PROGRAM_FILE(PROGRAM_FILE), .TARGET(TARGET)) u_issue (
        .clk(clk), .rst(rst),
        .program_write(program_write), .program_word(program_word),
        .job_start(job_start[0]), .pass_start(pass_start), .pass_done(pass_done[0]), .result_done(result_done), .busy(busy),
        .issue(issue), .op(op), .fields(fields), .a_less(a_less)
      );
      assign {outside_read, outside_address} = {(P + 1){1'b0}};
      assign {issuer, leaver} = {(2 * CONTEXT_BITS){1'b0}};
    end else begin : g_turns
      fit_issue #(.CONTEXTS(CONTEXTS), .PROGRAM_WORDS_LOG2(P), .PROGRAM_FILE(PROGRAM_FILE), .TARGET(TARGET), .OUTSIDE(OUTSIDE)) u_issue (
        .clk(clk), .rst(rst),
        .program_write(program_write), .program_address(program_address), .program_word(program_word),
        .outside_read(outside_read), .outside_address(outside_address), .outside_word(outside_word),
        .job_start(job_start), .pass_start(pass_start), .pass_done(pass_done), .result_done(result_done), .leaver(leaver), .busy(busy),
        .issue(issue), .issuer(issuer), .op(op), .fields(fields), .a_less(a_less)
      );
    end
  endgenerate
  assign pass_context = leaver;
  assign result_context = leaver;
  integer n, m;

  // ---- issue: which registers stand at the float unit's ports (see there); IN's address goes through them ----
  wire in_op = op == OP_IN;
  wire writes = op <= OP_IN;
  wire outs = ~writes & ~turns;
  wire c_from_c = (op == OP_FMA) | (op == OP_FMS) | in_op;
  wire c_from_b = (op == OP_MIN) | (op == OP_MAX) | (op == OP_SEL) | (op == OP_BLT) | (op == OP_BGE);
  wire [7:0] a_name = (op == OP_OUTW) ? c : a;
  wire [7:0] b_name = (op == OP_SEL) ? c : b;
  wire [7:0] c_name = c_from_c ? c : c_from_b ? b : a;

  reg [R-1:0] base;
  always @* begin
    base = {R{1'b0}};
    for (n = 0; n < CONTEXTS; n = n + 1) if (issuer == n[CONTEXT_BITS-1:0]) base = base | (n[R-1:0] * CONTEXT_BASE[R-1:0]);
  end
  wire [R-1:0] in_base = in_op ? {R{1'b0}} : base;

  function [R-1:0] located;
    input [7:0] name;
    input [R-1:0] from;
    begin
      located = (|name[7:6]) ? from : {R{1'b0}};
      located = located + {{(R - 7){1'b0}}, name[6:0]} + {{(R - 8){1'b0}}, name[7], 7'd0};
    end
  endfunction

  wire [R-1:0] a_located = located(a_name, in_base);
  wire [R-1:0] b_located = located(b_name, in_base);
  wire [R-1:0] c_located = located(c_name, base);
  wire [R-1:0] d_located = located(d, base);

  reg [R-1:0] a_address;
  reg [R-1:0] b_address;
  reg [R-1:0] c_address;
  reg [4:0] issued_op;
  reg [CONTEXT_BITS-1:0] asker;
  always @(posedge clk) begin
    a_address <= a_located;
    b_address <= b_located;
    c_address <= c_located;
    issued_op <= op;
    in_request <= issue & in_op & ~rst;
    asker <= issuer;
  end
  assign in_context = asker;
  assign in_address = {b_address[1:0], a_address[7:0]};

  // ---- where the result goes, 9 clocks later: a ring of a memory instead of registers ----
  (* ram_style = "block", no_rw_check *) reg [CONTEXT_BITS+11:0] ring [0:15];
  reg [CONTEXT_BITS+11:0] arrived;
  reg [3:0] now;
  wire [9:0] goes = outs ? {b[1:0], d} : {{(10 - R){1'b0}}, d_located};
  // now - 9, without carries
  wire       low_two = now[1] | now[0];
  wire [3:0] issued_then = {now[3] ^ (now[2] | low_two), now[2] ~^ low_two, now[1] ~^ now[0], ~now[0]};
  initial begin
    now = 4'd0;
    for (m = 0; m < 16; m = m + 1) ring[m] = {(CONTEXT_BITS + 12){1'b0}};
  end
  always @(posedge clk) begin
    now <= now + 4'd1;
    // A constant is only ever written with what it holds, to throw a result away: it may be read in that clock, so it is not written.
    ring[now] <= {issuer, issue & outs, issue & writes & (|d[7:6]), goes};
    arrived <= ring[issued_then];
  end
  wire [CONTEXT_BITS-1:0] arrived_context = arrived[CONTEXT_BITS+11:12];
  wire [31:0] made;                               // the float unit's output word

  // An integer 0..63 stands in the upper bits of its mantissa, its exponent is 0 - WORD_BITS + 1 .. 6.
  localparam [31:0] OFFSET_EXPONENT = 6 - WORD_BITS;
  reg [5:0] offsets [0:CONTEXTS-1];
  wire [2:0] offset_shift = OFFSET_EXPONENT[2:0] - made[26:24];
  wire [5:0] offset_word = made[WORD_BITS-1:WORD_BITS-6] >> offset_shift;
  wire [8:0] indexed = {1'b0, arrived[7:0]} + {1'b0, offsets[arrived_context], 2'b00};
  always @(posedge clk) begin
    if (arrived[11] & (arrived[9:0] == 10'd3)) offsets[arrived_context] <= offset_word;
    for (n = 0; n < CONTEXTS; n = n + 1) if (job_start[n]) offsets[n] <= 6'd0;
  end
  wire [9:0] goes_out = (arrived[9:8] == 2'b10) ? {1'b0, indexed} : arrived[9:0];
  generate
    if (SMALL != 0) begin : g_out
      assign {out_valid, out_context, out_address, out_place, out_word} = {arrived[11], arrived_context, goes_out, arrived[9:0], made};
    end else begin : g_out_held
      reg valid;
      reg [CONTEXT_BITS-1:0] context_q;
      reg [9:0] address;
      reg [31:0] word;
      always @(posedge clk) {valid, context_q, address, word} <= {arrived[11], arrived_context, goes_out, made};
      assign {out_valid, out_context, out_address, out_place, out_word} = {valid, context_q, address, address, word};
    end
  endgenerate

  wire [WIDTH-1:0] a_word;
  wire [WIDTH-1:0] b_word;
  wire [WIDTH-1:0] c_word;
  wire [WIDTH-1:0] result;
  fit_register_file #(
    .WIDTH(WIDTH),
    .ADDRESS_BITS(R),
    .CONSTANTS(64),
    .CONSTANTS_FILE(CONSTANTS_FILE)
  ) u_register_file (
    .clk(clk),
    .a_address(a_address),
    .b_address(b_address),
    .c_address(c_address),
    .a_word(a_word),
    .b_word(b_word),
    .c_word(c_word),
    .write(arrived[10]),
    .write_address(arrived[R-1:0]),
    .write_word(result)
  );

  fit_float_unit #(
    .WORD_BITS(WORD_BITS),
    .TARGET(TARGET),
    .MULTIPLIER(MULTIPLIER)
  ) u_float_unit (
    .clk(clk),
    .op(issued_op),
    .a_word(a_word),
    .b_word(b_word),
    .c_word(c_word),
    .in_value(in_value),
    .in_exponent(in_exponent),
    .a_less(a_less),
    .result(result),
    .out_word(made)
  );

  // ---- simulation: no instruction may read a register that is still to be written ----
  generate
    if (CHECK_HAZARDS != 0) begin : g_hazards
      localparam [31:0] LATENCY = 10;
      reg [31:0] clock;
      reg [31:0] settled [0:(1<<R)-1];
      integer k;
      initial begin
        clock = 32'd0;
        for (k = 0; k < (1 << R); k = k + 1) settled[k] = 32'd0;
      end
      wire reads_a = (op < 5'd2) | (c_from_b & (op != OP_SEL)) | (op == OP_SEL) | outs;
      wire reads_b = (op < 5'd2) | (op == OP_SEL);
      wire reads_c = op <= OP_BGE;
      wire early = (reads_a & (settled[a_located] > clock)) | (reads_b & (settled[b_located] > clock))
                 | (reads_c & (settled[c_located] > clock));
      always @(posedge clk) begin
        clock <= clock + 32'd1;
        // constants are only ever written with what they hold
        if (issue & writes & (|d[7:6])) settled[d_located] <= clock + LATENCY;
        if (issue & early & ~rst) begin
          $display("fit_processor: context %0d reads a register before its result: %h", issuer, {op, fields});
          $stop;
        end
      end
    end
  endgenerate
endmodule

`default_nettype wire
