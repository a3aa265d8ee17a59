// What the fit processor issues, for one context in a small part.
//
// Purpose    As fit_issue.v with one context: one register holds the next instruction until it may issue, and a branch until it is decided; the
//            memory's output holds the one behind it. (In a UP5K that memory lies in the corners of the part: nothing is decided behind it.)
//            There is one return address.
// Sequence   A word moves from the memory's output to the register in the clock in which the one before issues, while the one behind it is read, and
//            stands a clock later; it may issue `stall` clocks after that. What was read behind a branch that is taken, is read anew.
// Formats    instructions of 41 bits (docs/fit_processor.md); op, d, a, b, c stand in the clock of issue
// Latency    behind BLT, BGE not taken the next instruction issues 5 clocks later (and its stall), behind what is taken, CALL and RET 6; pass_start
//            and result_done 11 clocks after issue; the next instruction 2 clocks behind pass_done, job_start
// Throughput an instruction a clock
// Overflow   a CALL within a call loses the return address of the first: a program has depth 1 (tests/test_program.py looks)
// Does not   read the program anywhere but in a memory of its own. Relies on what program_memory.v relies on.
`default_nettype none
module fit_issue_one #(
  // the program holds 2^WORDS_LOG2 instructions
  parameter WORDS_LOG2 = 13,
  // see program_memory.v
  parameter PROGRAM_FILE = "decay_program.hex",
  parameter [55:0] TARGET = "generic"
) (
  input  wire                  clk,
  input  wire                  rst,
  // the program where it is not a ROM
  input  wire [6:0]            program_write,
  input  wire [WORDS_LOG2-1:0] program_address,
  input  wire [15:0]           program_word,
  // jobs
  input  wire                  job_start,
  output reg                   pass_start,
  input  wire                  pass_done,
  output reg                   result_done,
  output wire                  busy,
  // issue
  output wire                  issue,
  output wire [4:0]            op,
  output wire [31:0]           fields,
  // of the operands 3 clocks before
  input  wire                  a_less
);
  localparam P = WORDS_LOG2;
  localparam [P-1:0] ONE = {{(P - 1){1'b0}}, 1'b1};
  localparam [4:0] OP_BLT = 5'd15, OP_BGE = 5'd16, OP_CALL = 5'd18, OP_RET = 5'd19, OP_PASS = 5'd20;

  reg          running;                  // neither waiting for a pass or a job nor turning
  reg          turning;                  // behind a branch, PASS or DONE
  reg          valid;                    // a word stands
  reg          ahead;                    // the memory shows the one behind it
  reg  [3:0]   waited, step;
  reg  [P-1:0] next, back;               // to be read next; where RET goes

  wire [40:0]  read_word;
  reg  [40:0]  word;
  assign op = word[40:36];
  assign fields = word[31:0];
  wire         turns = op >= OP_BLT;
  wire         may = waited == word[35:32];
  assign issue = running && valid && may;

  wire         moves = running && ahead && (!valid || (may && !turns));
  wire         reads = moves || !ahead;
  wire         branches = op < OP_PASS;
  wire         decides = turning && branches && step == 4'd2;
  wire         takes = !(op == OP_BLT && !a_less) && !(op == OP_BGE && a_less);
  wire         leaves = turning && !branches && step == 4'd9;

  wire         outside_unused;
  wire [P-1:0] outside_address_unused;
  program_memory #(
    .WORDS_LOG2(P), .PROGRAM_FILE(PROGRAM_FILE), .TARGET(TARGET), .OUTSIDE(0)
  ) u_program (
    .clk(clk), .read(reads), .address(next), .word(read_word),
    .write(program_write), .write_address(program_address), .write_word(program_word),
    .outside_word(41'd0), .outside_read(outside_unused), .outside_address(outside_address_unused)
  );

  always @(posedge clk) begin
    pass_start <= leaves && op == OP_PASS;
    result_done <= leaves && op != OP_PASS;
    step <= turning ? step + 4'd1 : 4'd0;
    waited <= moves ? 4'd0 : waited + {3'd0, !may};
    if (moves) word <= read_word;
    if (moves) valid <= 1'b1;
    ahead <= !(decides && takes) && !job_start && !rst;
    if (decides || leaves) valid <= 1'b0;
    if (issue && turns) begin
      running <= 1'b0;
      turning <= 1'b1;
    end
    if (decides || leaves) turning <= 1'b0;
    if (decides || pass_done || job_start) running <= 1'b1;

    if (decides && op == OP_CALL) back <= next - ONE;          // the one behind it was read already
    if (decides && takes) next <= op == OP_RET ? back : {word[24 +: P - 8], word[7:0]};
    else if (reads) next <= next + ONE;
    if (job_start) next <= {P{1'b0}};

    if (rst) begin
      running <= 1'b0;
      turning <= 1'b0;
      valid <= 1'b0;
      pass_start <= 1'b0;
      result_done <= 1'b0;
    end
  end
  assign busy = running || turning;
endmodule
`default_nettype wire
