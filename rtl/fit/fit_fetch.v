// Instructions of the fit processor, fetched ahead: up to four of each context in lookup-table memory, and whether the first may issue.
//
// Purpose    The program memory is slow, and what an instruction says about its own issue (`stall`) comes out of it. So that neither stands in
//            the clock of issue, a context's next instructions wait in a queue, and `ready` is a register.
// Sequence   jump: fetching goes on at `target`; what was fetched is dropped. start: the same at address 0, a clock later. take: the context's first
//            instruction is `word` in that clock; the one behind it is ready a clock later at the earliest, `stall` clocks more if it says so.
// Formats    instructions of 41 bits, stall in bits 35..32
// Latency    jump in clock t: `ready` in t + 2 at the earliest; with several contexts in t + 3, as the memory's word is held first
// Throughput an instruction a clock, of the contexts in turn
// Overflow   none: nothing is fetched without room
// Does not   know what an instruction does, but for whether it is one of those from OP_TURNS on. At most one `jump` and one `take` a clock; `take` only of
//            what is `ready`.
`default_nettype none
module fit_fetch #(
  parameter CONTEXTS = 2,
  // the program holds 2^WORDS_LOG2 instructions
  parameter WORDS_LOG2 = 13,
  // operations from this one on are told by `turns`
  parameter [4:0] OP_TURNS = 5'd15,
  // see program_memory.v
  parameter PROGRAM_FILE = "decay_program.hex",
  parameter [55:0] TARGET = "generic",
  parameter OUTSIDE = 0
) (
  input  wire                           clk,
  input  wire                           rst,
  // the program where it is not a ROM
  input  wire [6:0]                     program_write,
  input  wire [WORDS_LOG2-1:0]          program_address,
  input  wire [15:0]                    program_word,
  // the memory where it is shared (program_memory.v); with several contexts the word comes a clock later, as it is held there
  output wire                           outside_read,
  output wire [WORDS_LOG2-1:0]          outside_address,
  input  wire [40:0]                    outside_word,
  // where to go on
  input  wire [CONTEXTS-1:0]            start,
  input  wire [CONTEXTS-1:0]            jump,
  input  wire [WORDS_LOG2-1:0]          target,
  // of each context the next instruction
  output wire [CONTEXTS-1:0]            ready,
  output wire [CONTEXTS-1:0]            turns,
  // of the one that is taken
  input  wire [CONTEXTS-1:0]            take,
  output wire [36:0]                    word,          // without stall
  output wire [WORDS_LOG2-1:0]          behind         // the address behind it
);
  localparam P = WORDS_LOG2;
  localparam [P-1:0] ONE = {{(P - 1){1'b0}}, 1'b1};
  localparam NUMBER_BITS = CONTEXTS > 2 ? 2 : 1;

  wire [40:0] fetched;
  wire [CONTEXTS-1:0] room;                            // for one more
  wire [CONTEXTS-1:0] grant;
  wire [P*CONTEXTS-1:0] pc;                            // to be fetched next
  wire jumps = |jump;
  wire [CONTEXTS-1:0] fetches = jumps ? jump : grant;  // at most one

  fit_turns #(.COUNT(CONTEXTS)) u_turns (.clk(clk), .rst(rst), .ask(room), .keep(!jumps), .grant(grant));

  reg [P-1:0] from;
  integer n;
  always @* begin
    from = jumps ? target : {P{1'b0}};
    for (n = 0; n < CONTEXTS; n = n + 1) if (grant[n] && !jumps) from = from | pc[P*n +: P];
  end
  wire [P-1:0] from_next = from + ONE;

  program_memory #(
    .WORDS_LOG2(P), .PROGRAM_FILE(PROGRAM_FILE), .TARGET(TARGET), .OUTSIDE(OUTSIDE)
  ) u_program (
    .clk(clk), .read(|fetches), .address(from), .word(fetched),
    .write(program_write), .write_address(program_address), .write_word(program_word),
    .outside_word(outside_word), .outside_read(outside_read), .outside_address(outside_address)
  );

  // ---- the word that comes, whose it is, the address behind it ----
  wire [40:0]         found;
  wire [CONTEXTS-1:0] fresh;                           // one at most
  wire [P-1:0]        found_behind;
  reg  [CONTEXTS-1:0] coming;
  reg  [P-1:0]        coming_behind;
  wire [CONTEXTS-1:0] drops = jump | start;
  always @(posedge clk) begin
    coming <= fetches & ~start & {CONTEXTS{!rst}};
    coming_behind <= from_next;
  end
  generate
    if (CONTEXTS == 1) begin : g_direct
      assign found = fetched;
      assign fresh = coming;
      assign found_behind = coming_behind;
    end else begin : g_held
      reg [CONTEXTS-1:0] held_fresh;
      reg [P-1:0]        held_behind;
      always @(posedge clk) begin
        held_fresh <= coming & ~drops & {CONTEXTS{!rst}};
        held_behind <= coming_behind;
      end
      assign fresh = held_fresh;
      assign found_behind = held_behind;
      if (OUTSIDE != 0) begin : g_there
        assign found = fetched;
      end else begin : g_here
        reg [40:0] held;
        always @(posedge clk) held <= fetched;
        assign found = held;
      end
    end
  endgenerate
  wire       found_turns = found[40:36] >= OP_TURNS;

  // ---- queues: a word in and one out a clock, of any context ----
  reg  [P+36:0] queue [0:(4<<NUMBER_BITS)-1];
  wire [2*CONTEXTS-1:0] first, last;                   // places in a context's queue
  reg  [NUMBER_BITS+1:0] read_at, write_at;
  always @* begin
    read_at = {(NUMBER_BITS + 2){1'b0}};
    write_at = {(NUMBER_BITS + 2){1'b0}};
    for (n = 0; n < CONTEXTS; n = n + 1) begin
      if (take[n]) read_at = read_at | {n[NUMBER_BITS-1:0], first[2*n +: 2]};
      if (fresh[n]) write_at = write_at | {n[NUMBER_BITS-1:0], last[2*n +: 2]};
    end
  end
  always @(posedge clk) if (|fresh) queue[write_at] <= {found_behind, found[40:36], found[31:0]};
  assign {behind, word} = queue[read_at];

  genvar g;
  generate
    for (g = 0; g < CONTEXTS; g = g + 1) begin : g_context
      reg  [4:0] marks [0:3];                          // of the queue: whether it turns, its stall
      reg  [1:0] head, second, tail;                   // places of the first, of the one behind it, of the next to come
      reg  [2:0] used;                                 // places that are taken, words on their way included
      reg  [2:0] waiting;                              // words there
      reg  [3:0] left;                                 // clocks until the first may issue, unless it may
      reg        may, turns_q;
      wire       several = |waiting[2:1];
      wire       moves = (several || fresh[g]) && (waiting == 3'd0 || take[g]);
      wire [4:0] next = several ? marks[second] : {found_turns, found[35:32]};
      always @(posedge clk) if (fresh[g]) marks[tail] <= {found_turns, found[35:32]};

      assign room[g] = !used[2];
      assign first[2*g +: 2] = head;
      assign last[2*g +: 2] = tail;
      assign ready[g] = may;
      assign turns[g] = turns_q;
      always @(posedge clk) begin
        used <= used + {2'd0, fetches[g]} - {2'd0, take[g]};
        waiting <= waiting + {2'd0, fresh[g]} - {2'd0, take[g]};
        if (fresh[g]) tail <= tail + 2'd1;
        if (take[g]) begin
          head <= head + 2'd1;
          second <= second + 2'd1;
        end
        left <= moves ? next[3:0] : left - 4'd1;
        if (moves) turns_q <= next[4];
        may <= moves ? next[3:0] == 4'd0 : !take[g] && (may || (waiting != 3'd0 && left == 4'd1));
        if (drops[g] || rst) begin
          used <= {2'd0, jump[g]};
          waiting <= 3'd0;
          head <= 2'd0;
          second <= 2'd1;
          tail <= 2'd0;
          may <= 1'b0;
        end
        if (rst) used <= 3'd0;
      end

      reg [P-1:0] own_pc;
      assign pc[P*g +: P] = own_pc;
      always @(posedge clk)
        if (start[g]) own_pc <= {P{1'b0}};
        else if (fetches[g]) own_pc <= from_next;
    end
  endgenerate
endmodule
`default_nettype wire
