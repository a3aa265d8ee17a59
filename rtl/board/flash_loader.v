// Fills a program memory from the board's SPI flash after power-up, before anything else may run.
//
// Purpose    Parts whose block RAM cannot hold the fit's program keep it in RAM that is empty at power-up (rtl/fit/program_memory.v). The
//            program lies in the flash behind the bitstream, as `flash_image.py` writes it: 2^WORDS_LOG2 words of 48 bits, big-endian, the
//            instruction in the lower 41. The bitstream knows the CRC-32 of the very program that belongs to it, so that
//            neither a damaged nor another version's program is ever run.
// Equation   CRC: for each bit b of the image, first bit of the first byte first: c <- {c[30:0], 0} ^ (32'h04C11DB7 where c[31] ^ b), from 2^32 - 1
// Sequence   wake the flash (0xAB) and wait 2^WORDS_LOG2 clocks; read (0x03, FLASH_ADDRESS, everything in one transfer). A wrong CRC: once
//            more, TRIES times in all, then `failed`. Words are written nibble by nibble while they come: memory behind `failed` is of no use.
// Formats    SPI mode 0, SCK = clk/2, chip select active low; program_* as program_memory.v has them, program_write 0 while it waits
//            before a reading, and then only (rtl/fit/fit_issue_one.v)
// Latency    done about 2^WORDS_LOG2 x 97 + 90 clocks behind rst
// Throughput a nibble in 8 clocks, a word in 96
// Overflow   none
// Does not   write or protect the flash; share its pins (they belong to the configuration before, to this until `done`).
`default_nettype none
module flash_loader #(
  // words of the memory, 9 to 14; and clocks from waking to reading, which some flashes want 30 us long (2^13 at 48 MHz: 170 us)
  parameter WORDS_LOG2 = 13,
  // first byte of the image
  parameter [23:0] FLASH_ADDRESS = 24'h040000,
  // `flash_image.py` prints it
  parameter [31:0] PROGRAM_CRC = 32'd0,
  // 1 to 3
  parameter [1:0] TRIES = 2'd3
) (
  input  wire                  clk,
  input  wire                  rst,
  // flash
  output reg                   flash_select_n,
  output reg                   flash_clock,
  output wire                  flash_out,
  input  wire                  flash_in,
  // memory
  output wire [6:0]            program_write,
  output reg  [WORDS_LOG2-1:0] program_address,
  output wire [15:0]           program_word,
  // stays high once the memory holds the program, or once all tries failed
  output reg                   done,
  output reg                   failed
);
  localparam [31:0] ASK = {8'h03, FLASH_ADDRESS};
  localparam [7:0]  WAKE = 8'hAB;
  localparam [WORDS_LOG2-1:0] ONE = {{(WORDS_LOG2 - 1){1'b0}}, 1'b1};
  localparam [2:0] S_WAKE = 3'd0, S_WAIT = 3'd1, S_ASK = 3'd2, S_READ = 3'd3, S_JUDGE = 3'd4, S_END = 3'd5;

  reg [2:0]           state;
  reg [5:0]           bits;                      // of the command or of the word
  reg [3:0]           nibble;
  reg                 written;                   // the clock in which it is
  reg [31:0]          crc;
  reg [1:0]           tries;
  reg                 moved;                     // the clock after a rising edge

  wire sending = state == S_WAKE || state == S_ASK;
  wire running = sending || state == S_READ;
  wire rising = running && !flash_clock && !flash_select_n;
  wire last_bit = bits == (state == S_READ ? 6'd47 : state == S_ASK ? 6'd31 : 6'd7);
  // nibbles of the word that have come when one is written; the last makes it 0 again
  wire [3:0] come = bits[5:2];
  wire upper = come >= 4'd1 && come <= 4'd4, middle = come >= 4'd5 && come <= 4'd8, lower = !upper && !middle;
  assign program_word = {4{nibble}};
  assign program_write = {{3{written}} & {upper, middle, lower}, come[1:0] == 2'd1, come[1:0] == 2'd2, come[1:0] == 2'd3, come[1:0] == 2'd0 && state != S_WAIT};
  assign flash_out = state == S_WAKE ? WAKE[~bits[2:0]] : ASK[~bits[4:0]];

  always @(posedge clk) begin
    flash_clock <= rising;
    flash_select_n <= !running;
    moved <= rising;
    written <= state == S_READ && moved && bits[1:0] == 2'd3;

    if (state == S_ASK) crc <= 32'hFFFFFFFF;
    if (state == S_READ && moved) begin
      nibble <= {nibble[2:0], flash_in};
      crc <= {crc[30:0], 1'b0} ^ (32'h04C11DB7 & {32{crc[31] ^ flash_in}});
    end
    if (state == S_WAIT) bits <= 6'd0;
    else if (moved) bits <= last_bit ? 6'd0 : bits + 6'd1;

    case (state)
      S_WAKE: if (moved && last_bit) state <= S_WAIT;
      S_WAIT: begin
        program_address <= program_address + ONE;
        if (&program_address) state <= S_ASK;
      end
      S_ASK: if (moved && last_bit) state <= S_READ;
      S_READ: if (written && come == 4'd0) begin
        program_address <= program_address + ONE;
        if (&program_address) state <= S_JUDGE;
      end
      S_JUDGE: begin
        tries <= tries - 2'd1;
        done <= crc == PROGRAM_CRC;
        failed <= crc != PROGRAM_CRC && tries == 2'd1;
        state <= crc == PROGRAM_CRC || tries == 2'd1 ? S_END : S_WAIT;
      end
      default: ;
    endcase

    if (rst) begin
      state <= S_WAKE;
      bits <= 6'd0;
      program_address <= {WORDS_LOG2{1'b0}};
      written <= 1'b0;
      tries <= TRIES;
      flash_select_n <= 1'b1;
      flash_clock <= 1'b0;
      done <= 1'b0;
      failed <= 1'b0;
    end
  end
endmodule
`default_nettype wire
