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
  localparam N = 1 << CONTEXT_BITS;
  localparam [4:0] OP_BLT  = 5'd15;
  localparam [4:0] OP_BGE  = 5'd16;
  localparam [4:0] OP_CALL = 5'd18;
  localparam [4:0] OP_RET  = 5'd19;
  localparam [4:0] OP_PASS = 5'd20;

  // ---- choice: of the contexts that may, in turn ----
  reg  [CONTEXTS-1:0] running;                    // neither waiting for a pass or a job nor turning
  reg  [CONTEXTS-1:0] turning;                    // behind a branch, PASS or DONE
  wire [CONTEXTS-1:0] ready, turns;
  wire [CONTEXTS-1:0] takes;                      // at most one
  wire [36:0] chosen;
  wire [P-1:0] chosen_behind;
  reg [CONTEXT_BITS-1:0] taker;                   // who is chosen; in other clocks of no meaning
  integer n;
  fit_turns #(.COUNT(CONTEXTS)) u_turns (.clk(clk), .rst(rst), .ask(running & ready), .keep(1'b1), .grant(takes));
  always @* begin
    taker = {CONTEXT_BITS{1'b0}};
    for (n = 0; n < CONTEXTS; n = n + 1) if (takes[n]) taker = taker | n[CONTEXT_BITS-1:0];
  end

  reg [CONTEXTS-1:0] jump;
  reg [P-1:0] jump_target;
  fit_fetch #(
    .CONTEXTS(CONTEXTS), .WORDS_LOG2(P), .OP_TURNS(OP_BLT), .PROGRAM_FILE(PROGRAM_FILE), .TARGET(TARGET), .OUTSIDE(OUTSIDE)
  ) u_fetch (
    .clk(clk), .rst(rst),
    .program_write(program_write), .program_address(program_address), .program_word(program_word),
    .outside_read(outside_read), .outside_address(outside_address), .outside_word(outside_word),
    .start(job_start), .jump(jump), .target(jump_target), .ready(ready), .turns(turns), .take(takes), .word(chosen), .behind(chosen_behind)
  );

  // ---- issue: a clock behind the choice; then a turn's steps, one in each at most ----
  reg [P-1:0] issued_behind;
  reg  branch_1, branch_2, branch_3, call_1, return_1;
  reg  stays_1, stays_2, stays_3;                 // where a_less
  reg  stays_else_1, stays_else_2, stays_else_3;
  reg [CONTEXT_BITS-1:0] of_1, of_2, of_3;
  reg [P-1:0] target_1, target_2, target_3, behind_1;
  reg [1:0] depth [0:N-1];                        // a job's first one does not matter: it goes round
  reg [P-1:0] stack [0:4*N-1];                    // return addresses
  wire [1:0] depth_1 = depth[of_1];
  wire [P-1:0] returns_1 = stack[{of_1, depth_1 - 2'd1}];
  wire stays = a_less ? stays_3 : stays_else_3;   // in step 3

  // PASS and DONE wait in a row
  localparam LEAVES = 10;                         // steps 1 to 10
  reg [LEAVES-1:0] leaves, passes;
  reg [CONTEXT_BITS*LEAVES-1:0] of_leaves;
  wire [CONTEXT_BITS-1:0] leaver_next = of_leaves[CONTEXT_BITS*LEAVES-1 -: CONTEXT_BITS];
  wire of_job = op >= OP_PASS;

  integer m;
  always @(posedge clk) begin
    issue <= |takes;
    issuer <= taker;
    op <= chosen[36:32];
    fields <= chosen[31:0];
    issued_behind <= chosen_behind;

    branch_1 <= issue && op >= OP_BLT && !of_job;
    call_1 <= issue && op == OP_CALL;
    return_1 <= issue && op == OP_RET;
    stays_1 <= op == OP_BGE;
    stays_else_1 <= op == OP_BLT;
    of_1 <= issuer;
    target_1 <= {fields[P+15:24], fields[7:0]};
    behind_1 <= issued_behind;
    if (call_1) stack[{of_1, depth_1}] <= behind_1;
    if (call_1 || return_1) depth[of_1] <= depth_1 + {return_1, 1'b1};

    branch_2 <= branch_1;
    {stays_2, stays_else_2} <= {stays_1, stays_else_1};
    of_2 <= of_1;
    target_2 <= return_1 ? returns_1 : target_1;

    branch_3 <= branch_2;
    {stays_3, stays_else_3} <= {stays_2, stays_else_2};
    of_3 <= of_2;
    target_3 <= target_2;

    jump_target <= target_3;
    leaves <= {leaves[LEAVES-2:0], issue && of_job};
    passes <= {passes[LEAVES-2:0], op == OP_PASS};
    of_leaves <= {of_leaves[CONTEXT_BITS*(LEAVES-1)-1:0], issuer};
    leaver <= leaver_next;
    pass_start <= leaves[LEAVES-1] && passes[LEAVES-1];
    result_done <= leaves[LEAVES-1] && !passes[LEAVES-1];
    for (m = 0; m < CONTEXTS; m = m + 1) begin
      jump[m] <= branch_3 && of_3 == m[CONTEXT_BITS-1:0] && !stays;
      if (takes[m] && turns[m]) begin
        running[m] <= 1'b0;
        turning[m] <= 1'b1;
      end
      if ((branch_3 && of_3 == m[CONTEXT_BITS-1:0] && stays) || jump[m]) begin
        running[m] <= 1'b1;
        turning[m] <= 1'b0;
      end
      if (leaves[LEAVES-1] && leaver_next == m[CONTEXT_BITS-1:0]) turning[m] <= 1'b0;
      if (pass_done[m] || job_start[m]) running[m] <= 1'b1;
    end
    if (rst) begin
      running <= {CONTEXTS{1'b0}};
      turning <= {CONTEXTS{1'b0}};
      issue <= 1'b0;
      branch_1 <= 1'b0;
      branch_2 <= 1'b0;
      branch_3 <= 1'b0;
      jump <= {CONTEXTS{1'b0}};
      leaves <= {LEAVES{1'b0}};
      pass_start <= 1'b0;
      result_done <= 1'b0;
    end
  end
  initial for (m = 0; m < N; m = m + 1) depth[m] = 2'd0;
  assign busy = (|running) | (|turning);
endmodule
`default_nettype wire
