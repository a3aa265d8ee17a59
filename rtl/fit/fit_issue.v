// What the fit processor issues: the instructions of several contexts in turn, each context's in order.
//
// Purpose    fit_fetch has each context's next instruction; of those that may issue one is chosen. Branches are decided when their comparison is known,
//            PASS and DONE told when all their context's results are written; meanwhile the context is away.
// Sequence   a choice in clock t is at `issue` in t + 1. A turn's step 1: operands are addressed, 2: compared, 3: known; 10: the last result is written.
// Formats    instructions of 41 bits (docs/fit_processor.md); op and fields stand in the clock of issue
// Latency    as fit_processor.v has it
// Throughput an instruction a clock
// Overflow   a CALL too deep overwrites the oldest of 4 addresses
// Does not   check the program
`default_nettype none
module fit_issue #(
  // jobs in flight: 1 to 4
  parameter CONTEXTS = 2,
  // the program holds 2^PROGRAM_WORDS_LOG2 instructions, 9 to 16
  parameter PROGRAM_WORDS_LOG2 = 13,
  // see program_memory.v
  parameter PROGRAM_FILE = "decay_program.hex",
  parameter [55:0] TARGET = "generic",
  parameter OUTSIDE = 0,
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
  output reg                     pass_start,
  input  wire [CONTEXTS-1:0]     pass_done,
  output reg                     result_done,
  output reg  [CONTEXT_BITS-1:0] leaver,           // whose pass or result it is
  output wire                    busy,
  // issue
  output reg                     issue,
  output reg  [CONTEXT_BITS-1:0] issuer,
  output reg  [4:0]              op,
  output reg  [31:0]             fields,
  // of the operands 3 clocks before
  input  wire                    a_less
);
  localparam P = PROGRAM_WORDS_LOG2;
  localparam [4:0] OP_BLT  = 5'd15;
  localparam [4:0] OP_BGE  = 5'd16;
  localparam [4:0] OP_CALL = 5'd18;
  localparam [4:0] OP_RET  = 5'd19;
  localparam [4:0] OP_PASS = 5'd20;

  // ---- contexts ----
  reg [CONTEXTS-1:0] running;                     // neither waiting for a pass or a job nor turning
  reg [CONTEXTS-1:0] turning;                     // behind a branch, PASS or DONE
  reg [3:0] step [0:CONTEXTS-1];                  // of a turn
  reg [4:0] turn_op [0:CONTEXTS-1];
  reg [P-1:0] turn_target [0:CONTEXTS-1];
  reg [1:0] depth [0:CONTEXTS-1];
  reg [P-1:0] stack [0:(4<<CONTEXT_BITS)-1];             // return addresses

  // ---- choice: of the contexts that may, in turn ----
  wire [CONTEXTS-1:0] ready;
  wire [37*CONTEXTS-1:0] words;
  wire [P*CONTEXTS-1:0] addresses;
  wire [CONTEXTS-1:0] takes;                      // at most one
  reg [CONTEXT_BITS-1:0] taker;                   // who is chosen; in other clocks of no meaning
  reg [36:0] chosen;
  integer n;
  fit_turns #(.COUNT(CONTEXTS)) u_turns (.clk(clk), .rst(rst), .ask(running & ready), .keep(1'b1), .grant(takes));
  always @* begin
    taker = {CONTEXT_BITS{1'b0}};
    chosen = 37'd0;
    for (n = 0; n < CONTEXTS; n = n + 1)
      if (takes[n]) begin
        taker = taker | n[CONTEXT_BITS-1:0];
        chosen = chosen | words[37*n +: 37];
      end
  end

  reg [CONTEXTS-1:0] jump;
  reg [P-1:0] jump_target;
  fit_fetch #(
    .CONTEXTS(CONTEXTS), .WORDS_LOG2(P), .PROGRAM_FILE(PROGRAM_FILE), .TARGET(TARGET), .OUTSIDE(OUTSIDE)
  ) u_fetch (
    .clk(clk), .rst(rst),
    .program_write(program_write), .program_address(program_address), .program_word(program_word),
    .outside_read(outside_read), .outside_address(outside_address), .outside_word(outside_word),
    .start(job_start), .jump(jump), .target(jump_target), .ready(ready), .word(words), .address(addresses), .take(takes)
  );

  // ---- issue: a clock behind the choice ----
  // A turn's step 1: operands are addressed, 2: compared, 3: known; 10: the last result is written.
  reg [CONTEXTS-1:0] decides;                     // in step 3 of a branch
  reg [CONTEXTS-1:0] on_less, on_not_less;        // where it goes on otherwise
  always @* begin
    jump = {CONTEXTS{1'b0}};
    jump_target = {P{1'b0}};
    for (n = 0; n < CONTEXTS; n = n + 1)
      if (decides[n] & ~(on_less[n] & a_less) & ~(on_not_less[n] & ~a_less)) begin
        jump[n] = 1'b1;
        jump_target = jump_target | turn_target[n];
      end
  end

  integer m;
  always @(posedge clk) begin
    pass_start <= 1'b0;
    result_done <= 1'b0;
    issue <= |takes;
    issuer <= taker;
    op <= chosen[36:32];
    fields <= chosen[31:0];
    for (m = 0; m < CONTEXTS; m = m + 1) begin
      step[m] <= turning[m] ? step[m] + 4'd1 : 4'd0;
      if (takes[m] & (words[37*m + 32 +: 5] >= OP_BLT)) begin
        running[m] <= 1'b0;
        turning[m] <= 1'b1;
        turn_op[m] <= words[37*m + 32 +: 5];
        turn_target[m] <= {words[37*m + 24 +: P - 8], words[37*m +: 8]};
      end
      decides[m] <= turning[m] & (step[m] == 4'd2) & (turn_op[m] < OP_PASS);
      on_less[m] <= turn_op[m] == OP_BGE;
      on_not_less[m] <= turn_op[m] == OP_BLT;
      if (turning[m] & (step[m] == 4'd1) & (turn_op[m] == OP_RET)) turn_target[m] <= stack[{m[CONTEXT_BITS-1:0], depth[m] - 2'd1}];
      if (decides[m]) begin
        turning[m] <= 1'b0;
        running[m] <= 1'b1;
        if (turn_op[m] == OP_RET) depth[m] <= depth[m] - 2'd1;
        if (turn_op[m] == OP_CALL) begin
          stack[{m[CONTEXT_BITS-1:0], depth[m]}] <= addresses[P*m +: P];
          depth[m] <= depth[m] + 2'd1;
        end
      end
      if (turning[m] & (step[m] == 4'd10)) begin
        turning[m] <= 1'b0;
        leaver <= m[CONTEXT_BITS-1:0];
        pass_start <= turn_op[m] == OP_PASS;
        result_done <= turn_op[m] != OP_PASS;
      end
      if (pass_done[m] | job_start[m]) running[m] <= 1'b1;
      if (job_start[m]) depth[m] <= 2'd0;
    end
    if (rst) begin
      running <= {CONTEXTS{1'b0}};
      turning <= {CONTEXTS{1'b0}};
      issue <= 1'b0;
      decides <= {CONTEXTS{1'b0}};
      pass_start <= 1'b0;
      result_done <= 1'b0;
    end
  end
  assign busy = (|running) | (|turning);
endmodule
`default_nettype wire
