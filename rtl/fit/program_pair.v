// The fit processor's program for two engines: one read-only memory, a port each.
//
//   word_x(t + LATENCY) = program[address_x(t)] where `read_x` is high; with LATENCY 1 it stays where it is not
//
// Purpose    Four instructions lie side by side in a row: so the block memories are filled, and which of the four is meant is chosen behind
//            their outputs, which are late (5.8 ns of an ECP5's clock), or with LATENCY 2 behind registers on these.
// Formats    words of 41 bits
// Latency    LATENCY clocks. Throughput: a read a clock and port.
// Overflow   none
// Does not   take writes: parts whose block memory cannot be loaded with the bitstream need program_memory.v.
`default_nettype none
module program_pair #(
  // 2^WORDS_LOG2 words, 9 to 14
  parameter WORDS_LOG2 = 13,
  // rows of four instructions, the first lowest, hexadecimal, one row a line
  parameter ROWS_FILE = "decay_program_rows.hex",
  // 1 or 2
  parameter LATENCY = 2
) (
  input  wire                  clk,
  input  wire                  read_a,
  input  wire [WORDS_LOG2-1:0] address_a,
  output wire [40:0]           word_a,
  input  wire                  read_b,
  input  wire [WORDS_LOG2-1:0] address_b,
  output wire [40:0]           word_b
);
  (* ram_style = "block", no_rw_check *) reg [163:0] rows [0:(1<<(WORDS_LOG2-2))-1];
  initial $readmemh(ROWS_FILE, rows);
  reg [163:0] row_a, row_b;
  reg [1:0]   part_a, part_b;
  always @(posedge clk)
    if (read_a) begin
      row_a <= rows[address_a[WORDS_LOG2-1:2]];
      part_a <= address_a[1:0];
    end
  always @(posedge clk)
    if (read_b) begin
      row_b <= rows[address_b[WORDS_LOG2-1:2]];
      part_b <= address_b[1:0];
    end

  generate
    if (LATENCY == 1) begin : g_at_once
      assign word_a = row_a[41*part_a +: 41];
      assign word_b = row_b[41*part_b +: 41];
    end else begin : g_held
      reg [163:0] held_a, held_b;
      reg [1:0]   held_part_a, held_part_b;
      always @(posedge clk) begin
        held_a <= row_a;
        held_b <= row_b;
        held_part_a <= part_a;
        held_part_b <= part_b;
      end
      assign word_a = held_a[41*held_part_a +: 41];
      assign word_b = held_b[41*held_part_b +: 41];
    end
  endgenerate
endmodule
`default_nettype wire
