// What the fit processor issues, for one context in a small part.
//
// Purpose    As fit_issue.v with one context: one register holds the next instruction until it may issue, and a branch until it is decided; the
//            memory's output holds the one behind it. (In a UP5K that memory lies in the corners of the part: whether it is read stands behind one
//            table; what a word says of its own issue is noted while it moves.)
//            There is one return address. Where the program is filled in, the register of the next address counts its words: it needs none of its own.
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
  // the program where it is not a ROM, while rst is high: its words in their order, each one's lowest part and nibble last; 0 stands before the first
  input  wire [6:0]            program_write,
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
  reg          may;                      // its stall is over
  reg          blocked;                  // it stands and another may not take its place: it does not issue yet, or turns
  reg          ahead;                    // the memory shows the one behind it
  reg  [3:0]   left, step;               // clocks of its stall; of its turn
  reg  [P-1:0] next, back;               // to be read next; where RET goes

  wire [40:0]  read_word;
  reg  [36:0]  word;                     // without stall
  assign op = word[36:32];
  assign fields = word[31:0];
  assign issue = running && valid && may;

  // Of the word that moves, so that no more than one table stands before the memory's far chip selects.
  wire         read_turns = read_word[40:36] >= OP_BLT;
  wire         read_may = read_word[35:32] == 4'd0;
  wire         moves = running && ahead && !blocked;
  wire         reads = moves || !ahead;
  wire         filling = TARGET == "ice40" && rst;
  wire         filled = program_write[4] && program_write[0];
  wire         over = !may && left == 4'd1;

  // Told a clock before, in the turn's steps 1 and 8; what stands is at its place since the clock before the turn.
  reg          decides, leaves;
  reg          word_turns, stays_less, stays_else;     // no jump where a is less, where not
  wire         jumps = decides && !(a_less ? stays_less : stays_else);

  wire         outside_unused;
  wire [P-1:0] outside_address_unused;
  program_memory #(
    .WORDS_LOG2(P), .PROGRAM_FILE(PROGRAM_FILE), .TARGET(TARGET), .OUTSIDE(0)
  ) u_program (
    .clk(clk), .read(reads), .address(next), .word(read_word),
    .write(program_write), .write_address(next), .write_word(program_word),
    .outside_word(41'd0), .outside_read(outside_unused), .outside_address(outside_address_unused)
  );

  always @(posedge clk) begin
    pass_start <= leaves && op == OP_PASS;
    result_done <= leaves && op != OP_PASS;
    step <= turning ? step + 4'd1 : 4'd0;
    decides <= turning && step == 4'd1 && op < OP_PASS;
    leaves <= turning && step == 4'd8 && op >= OP_PASS;
    stays_less <= op == OP_BGE;
    stays_else <= op == OP_BLT;
    left <= moves ? read_word[35:32] : left - {3'd0, !may};
    may <= moves ? read_may : may || over;
    if (moves) word <= {read_word[40:36], read_word[31:0]};
    if (moves) word_turns <= read_turns;
    if (moves) valid <= 1'b1;
    blocked <= moves ? !read_may || read_turns : blocked && !(over && !word_turns);
    ahead <= !jumps && !job_start && !rst;
    if (decides || leaves) begin
      valid <= 1'b0;
      blocked <= 1'b0;
    end
    if (issue && word_turns) begin
      running <= 1'b0;
      turning <= 1'b1;
    end
    if (decides || leaves) turning <= 1'b0;
    if (decides || pass_done || job_start) running <= 1'b1;

    if (decides && op == OP_CALL) back <= next - ONE;          // the one behind it was read already
    if (jumps) next <= op == OP_RET ? back : {word[24 +: P - 8], word[7:0]};
    else if (filling ? filled : reads) next <= next + ONE;
    if (job_start || (filling && program_write == 7'd0)) next <= {P{1'b0}};

    if (rst) begin
      running <= 1'b0;
      turning <= 1'b0;
      valid <= 1'b0;
      blocked <= 1'b0;
      decides <= 1'b0;
      leaves <= 1'b0;
      pass_start <= 1'b0;
      result_done <= 1'b0;
    end
  end
  assign busy = running || turning;
endmodule
`default_nettype wire
