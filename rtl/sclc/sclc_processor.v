// The SCLC processor: a 64-bit integer machine that runs the SCLC engine's program (rtl/sclc/program).
//
//   instruction, 31 bits: {op[4:0], x[1:0], d[7:0], a[7:0], b[7:0]}             (docs/sclc_engine.md)
//
// Purpose    `start` runs one job from instruction 0 to DONE; registers keep their values from job to job.
// Formats    two's complement, 64 bits; sums and shifts to the left wrap
// Latency    clocks of an instruction: ADD, SUB, AND, ST 2; branches, JMP, CALL, RET, LD, TAB 3; MUL 5; SHR, SHL by n: 3 + n/4 + n%4;
//            DIV 70 or 86 (a shift of 16)
// Throughput one instruction at a time
// Overflow   products take the low 32 bits of each operand; quotients saturate; a CALL deeper than 8 overwrites the oldest address
// Memory     mem_* in the clock of mem_write or of the read; the word comes in the next clock. Addresses from 4096 on read `input_word`.
// Does not   check the program
`default_nettype none
module sclc_processor #(
  // instructions, registers at the start, table: hexadecimal, one a line
  parameter PROGRAM_FILE = "sclc_program.hex",
  parameter REGISTERS_FILE = "sclc_registers.hex",
  parameter TABLE_FILE = "sclc_table.hex",
  // rtl/arith/multiply.v
  parameter [55:0] TARGET = "generic"
) (
  input  wire        clk,
  input  wire        rst,
  input  wire        start,
  output reg         done,        // one clock
  input  wire [16:0] input_word,
  // memory
  output wire [11:0] mem_address,
  output wire        mem_write,
  output wire [63:0] mem_write_word,
  input  wire [63:0] mem_word
);
  localparam [4:0] OP_ADD = 5'd0, OP_SUB = 5'd1, OP_AND = 5'd2, OP_SHR = 5'd3, OP_SHL = 5'd4, OP_MUL = 5'd5, OP_DIV = 5'd6;
  localparam [4:0] OP_LD = 5'd7, OP_ST = 5'd8, OP_TAB = 5'd9, OP_BLT = 5'd10, OP_BGE = 5'd11, OP_BEQ = 5'd12, OP_BNE = 5'd13;
  localparam [4:0] OP_CALL = 5'd15, OP_RET = 5'd16, OP_DONE = 5'd17;

  localparam [2:0] S_IDLE = 3'd0, S_FETCH = 3'd1, S_READ = 3'd2, S_ACT = 3'd3, S_TURN = 3'd4, S_WORD = 3'd5, S_WAIT = 3'd6;

  reg [2:0] state;
  reg [9:0] pc;                   // of the instruction that is fetched next

  // ---- program ----
  (* ram_style = "block", no_rw_check *) reg [30:0] program_words [0:767];
  initial $readmemh(PROGRAM_FILE, program_words);
  reg [30:0] word;
  wire       fetch;
  wire [9:0] fetch_from;
  always @(posedge clk) if (fetch) word <= program_words[fetch_from];

  reg  [4:0] op;
  reg  [1:0] x_low;
  reg  [7:0] d;
  reg  [5:0] amount;
  reg  [9:0] target;

  // ---- registers ----
  wire [63:0] a, b;
  wire        write;
  wire [63:0] result;
  sclc_registers #(.FILE(REGISTERS_FILE)) registers (
    .clk(clk), .a_address(word[15:8]), .b_address(word[7:0]), .a_word(a), .b_word(b),
    .write(write), .write_address(d), .write_word(result)
  );

  // ---- sums ----
  reg         subtract, is_sum, is_and, is_table, is_quotient, is_shift;   // decoded with op
  reg  [3:0]  is_product;         // by x
  wire [63:0] sum = a + (b ^ {64{subtract}}) + {63'd0, subtract};
  // of a - b
  wire        overflow = (a[63] ^ b[63]) & (sum[63] ^ a[63]);
  wire        less = sum[63] ^ overflow;
  reg         is_less, is_equal;

  // ---- shifts: by 4, then by 1 ----
  reg  [63:0] shifted;
  reg  [5:0]  shifts;
  wire        by_4 = |shifts[5:2];
  wire        shift_done = shifts == 6'd0;
  wire        right = op == OP_SHR;
  always @(posedge clk)
    if (state == S_ACT) begin
      shifted <= a;
      shifts <= amount;
    end else if (!shift_done) begin
      shifts <= shifts - (by_4 ? 6'd4 : 6'd1);
      shifted <= right ? (by_4 ? {{4{shifted[63]}}, shifted[63:4]} : {shifted[63], shifted[63:1]})
                       : (by_4 ? {shifted[59:0], 4'd0} : {shifted[62:0], 1'b0});
    end

  // ---- product, quotient, table ----
  wire [63:0] product, quotient;
  wire        quotient_done;
  reg  [1:0]  product_clocks;
  sclc_multiplier #(.TARGET(TARGET)) multiplier (
    .clk(clk), .a(a[31:0]), .b(b[31:0]), .shift_bytes(x_low), .gives(is_product), .p(product)
  );
  sclc_divider divider (
    .clk(clk), .rst(rst), .start(state == S_ACT && op == OP_DIV), .by_2_16(x_low[1]), .a(a), .b(b), .done(quotient_done), .q(quotient)
  );

  (* ram_style = "block", no_rw_check *) reg [25:0] table_words [0:1535];
  initial $readmemh(TABLE_FILE, table_words);
  reg [25:0] entry;
  always @(posedge clk) entry <= table_words[a[10:0]];

  // ---- memory ----
  reg        from_memory, from_input;   // of LD, in S_WORD
  assign mem_address = a[11:0];
  assign mem_write = state == S_ACT && op == OP_ST;
  assign mem_write_word = b;

  // ---- return addresses ----
  (* ram_style = "block", no_rw_check *) reg [9:0] stack [0:7];
  reg  [2:0] depth;
  reg  [9:0] stack_top;
  wire [2:0] top = depth - 3'd1;
  always @(posedge clk) begin
    if (state == S_ACT && op == OP_CALL) stack[depth] <= pc;
    stack_top <= stack[top];
  end

  // ---- results ----
  wire quick_op = is_sum || is_and;
  wire wait_over = op == OP_MUL ? product_clocks == 2'd2 : op == OP_DIV ? quotient_done : shift_done;
  assign write = (state == S_ACT && quick_op) || state == S_WORD || (state == S_WAIT && wait_over);
  // A union of what is chosen, each choice a register: the product and the sum come behind long carries, two gates and one are behind them.
  wire [63:0] early = (a & b & {64{is_and}}) | ({47'd0, input_word} & {64{from_input}}) | (mem_word & {64{from_memory}})
                    | ({{38{entry[25]}}, entry} & {64{is_table}}) | (quotient & {64{is_quotient}}) | (shifted & {64{is_shift}});
  sclc_result #(.TARGET(TARGET)) choice (.first(early), .second(product), .last(sum), .gate(is_sum), .y(result));

  reg taken;
  always @* begin
    case (op)
      OP_BLT: taken = is_less;
      OP_BGE: taken = !is_less;
      OP_BEQ: taken = is_equal;
      OP_BNE: taken = !is_equal;
      default: taken = 1'b1;
    endcase
  end

  // The next instruction is fetched while this one ends.
  assign fetch_from = state != S_TURN ? pc : op == OP_RET ? stack_top : taken ? target : pc;
  assign fetch = state == S_FETCH || state == S_TURN || (state == S_ACT && (quick_op || op == OP_ST)) || state == S_WORD || (state == S_WAIT && wait_over);
  wire   turns = op >= OP_BLT && op != OP_DONE;

  always @(posedge clk) begin
    done <= 1'b0;
    is_less <= less;
    is_equal <= a == b;
    from_input <= state == S_ACT && op == OP_LD && a[12];
    from_memory <= state == S_ACT && op == OP_LD && !a[12];
    product_clocks <= state == S_WAIT ? product_clocks + 2'd1 : 2'd0;
    if (fetch) pc <= fetch_from + 10'd1;
    case (state)
      S_IDLE: if (start) begin
        state <= S_FETCH;
        pc <= 10'd0;
        depth <= 3'd0;
      end
      S_READ: begin
        op <= word[30:26];
        subtract <= word[30:26] != OP_ADD;
        is_sum <= word[30:26] == OP_ADD || word[30:26] == OP_SUB;
        is_and <= word[30:26] == OP_AND;
        is_table <= word[30:26] == OP_TAB;
        is_quotient <= word[30:26] == OP_DIV;
        is_shift <= word[30:26] == OP_SHR || word[30:26] == OP_SHL;
        is_product <= word[30:26] == OP_MUL ? 4'd1 << word[25:24] : 4'd0;
        x_low <= word[25:24];
        target <= word[25:16];
        d <= word[23:16];
        amount <= word[5:0];
        state <= S_ACT;
      end
      S_ACT: begin
        if (quick_op || op == OP_ST) state <= S_READ;
        else if (op == OP_LD || op == OP_TAB) state <= S_WORD;
        else if (turns) state <= S_TURN;
        else if (op == OP_DONE) begin
          state <= S_IDLE;
          done <= 1'b1;
        end else state <= S_WAIT;
        if (op == OP_CALL) depth <= depth + 3'd1;
        if (op == OP_RET) depth <= top;
      end
      S_FETCH, S_TURN, S_WORD: state <= S_READ;
      default: if (wait_over) state <= S_READ;
    endcase
    if (rst) state <= S_IDLE;
  end
endmodule
`default_nettype wire
