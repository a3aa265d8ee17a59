// Instructions of the fit processor, fetched ahead: for each context the next one in a register, and whether it may issue.
//
// Purpose    The program memory is slow, and what an instruction says about its own issue (`stall`) comes out of it. So that neither stands in
//            the clock of issue, a context has its next instruction in `word`, up to three behind it in registers (with one context one, in
//            the memory's output), and `ready` is a register.
// Sequence   jump: fetching goes on at `target`; what was fetched is dropped. start: the same at address 0, a clock later. take: `word` issues; the one
//            behind it is ready a clock later at the earliest, `stall` clocks more if it says so.
// Formats    instructions of 41 bits, stall in bits 35..32
// Latency    jump in clock t: `ready` in t + 2 at the earliest; with several contexts in t + 3, as the memory's word is held first
// Throughput an instruction a clock, of the contexts in turn
// Overflow   none: nothing is fetched without room
// Does not   know what an instruction does. At most one `jump` a clock; `take` only of what is `ready`.
`default_nettype none
module fit_fetch #(
  parameter CONTEXTS = 2,
  // the program holds 2^WORDS_LOG2 instructions
  parameter WORDS_LOG2 = 13,
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
  // next instructions, context 0 lowest
  output wire [CONTEXTS-1:0]            ready,
  output wire [37*CONTEXTS-1:0]         word,        // without stall
  output wire [WORDS_LOG2*CONTEXTS-1:0] address,     // of `word`; right once a context has not issued for two clocks
  input  wire [CONTEXTS-1:0]            take
);
  localparam P = WORDS_LOG2;
  localparam [P-1:0] ONE = {{(P - 1){1'b0}}, 1'b1};

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

  program_memory #(
    .WORDS_LOG2(P), .PROGRAM_FILE(PROGRAM_FILE), .TARGET(TARGET), .OUTSIDE(OUTSIDE)
  ) u_program (
    .clk(clk), .read(|fetches), .address(from), .word(fetched),
    .write(program_write), .write_address(program_address), .write_word(program_word),
    .outside_word(outside_word), .outside_read(outside_read), .outside_address(outside_address)
  );

  wire [40:0] found;
  genvar g;
  generate
    if (CONTEXTS == 1 || OUTSIDE != 0) begin : g_direct
      assign found = fetched;
    end else begin : g_held
      reg [40:0] held;
      always @(posedge clk) held <= fetched;
      assign found = held;
    end

    for (g = 0; g < CONTEXTS; g = g + 1) begin : g_context
      reg  [36:0]  head;
      reg  [P-1:0] head_address;
      reg  [3:0]   left;                               // clocks until it may issue, unless it may
      reg          head_valid, may;
      reg          fresh;                              // `found` is this context's and not yet in a register
      wire         drops = jump[g] || start[g];
      wire         next_valid;
      wire [40:0]  next;
      wire         moves = next_valid && (!head_valid || take[g]);

      if (CONTEXTS == 1) begin : g_one
        assign next = found;
        assign next_valid = fresh;
        assign room[g] = !fresh || moves;
        always @(posedge clk) fresh <= (fetches[g] || (fresh && !moves && !drops)) && !start[g] && !rst;
      end else begin : g_many
        // behind `head`: the fourth is there only with the third, that with the second, that with the head
        reg [40:0] second, third, fourth;
        reg        second_valid, third_valid, fourth_valid;
        reg        coming;                             // `fetched` is this context's
        assign next = second_valid ? second : found;
        assign next_valid = second_valid || fresh;
        assign room[g] = !(fourth_valid || (third_valid && (fresh || coming)) || (second_valid && fresh && coming));
        always @(posedge clk) begin
          coming <= fetches[g] && !start[g] && !rst;
          fresh <= coming && !drops && !rst;
          if (!second_valid || moves) second <= third_valid ? third : found;
          if (!third_valid || moves) third <= fourth_valid ? fourth : found;
          if (!fourth_valid || moves) fourth <= found;
          second_valid <= (second_valid ? third_valid || fresh || !moves : fresh && !moves) && !drops && !rst;
          third_valid <= second_valid && (moves ? fourth_valid || (third_valid && fresh) : third_valid || fresh) && !drops && !rst;
          fourth_valid <= third_valid && (moves ? fourth_valid && fresh : fourth_valid || fresh) && !drops && !rst;
        end
      end

      reg [P-1:0] own_pc;
      assign pc[P*g +: P] = own_pc;
      always @(posedge clk)
        if (start[g]) own_pc <= {P{1'b0}};
        else if (fetches[g]) own_pc <= (jumps ? target : own_pc) + ONE;

      always @(posedge clk) begin
        if (moves) begin
          head <= {next[40:36], next[31:0]};
          left <= next[35:32];
          may <= next[35:32] == 4'd0;
        end else begin
          left <= left - 4'd1;
          if (left == 4'd1) may <= 1'b1;
        end
        head_valid <= (moves || (head_valid && !take[g])) && !drops && !rst;
        if (take[g]) head_address <= head_address + ONE;
        if (jump[g]) head_address <= target;
        if (start[g]) head_address <= {P{1'b0}};
      end
      assign ready[g] = head_valid && may;
      assign word[37*g +: 37] = head;
      assign address[P*g +: P] = head_address;
    end
  endgenerate
endmodule
`default_nettype wire
