// The board's serial number: the unique number of its SPI flash, as 16 hexadecimal characters.
//
// Purpose    A USB board is told from another by its serial number, and what makes boards different is the flash that each has. Read once after power-up.
// Equation   Read Unique ID: 0x4B, four bytes of no meaning, then eight bytes, first bit first (Winbond, ISSI and others alike)
// Sequence   wake the flash (0xAB: some are left in deep power-down by the configuration), wait 2^WAKE_LOG2 clocks, read. All zeros or all ones:
//            no flash that knows 0x4B; the number is then FALLBACK.
// Formats    SPI mode 0, SCK = clk/8, chip select active low; serial: ASCII, first character in the upper byte, 0-9 and A-F
// Latency    done 2^WAKE_LOG2 + 910 clocks behind rst
// Throughput once
// Overflow   none
// Does not   check that a flash answers what it should; share its pins afterwards (chip select stays high).
`default_nettype none
module flash_serial #(
  parameter [127:0] FALLBACK = "0000000000000000",
  // clocks from waking to reading: at least 3 us (here 85 us at 48 MHz, since some flashes want 30)
  parameter WAKE_LOG2 = 12
) (
  input  wire         clk,
  input  wire         rst,
  // flash
  output reg          flash_select_n,
  output wire         flash_clock,
  output wire         flash_out,
  input  wire         flash_in,
  // serial is valid from done on
  output wire [127:0] serial,
  output reg          done
);
  localparam [7:0] WAKE = 8'hAB, READ_UNIQUE_ID = 8'h4B;
  localparam [6:0] WAKE_BITS = 7'd8, READ_BITS = 7'd104;

  reg                 waking;
  reg [WAKE_LOG2-1:0] pause;
  reg [2:0]           phase;                     // of a bit; SCK is its upper bit
  reg [6:0]           bits;                      // sent
  reg [7:0]           command;
  reg [63:0]          number;

  assign flash_clock = phase[2];
  assign flash_out = command[7];

  always @(posedge clk) begin
    if (flash_select_n) begin
      // deselected: before the first command, between the two, and for good
      pause <= pause + {{(WAKE_LOG2 - 1){1'b0}}, 1'b1};
      phase <= 3'd0;
      bits <= 7'd0;
      if (&pause && !done && !rst) begin
        flash_select_n <= 1'b0;
        command <= waking ? WAKE : READ_UNIQUE_ID;
      end
    end else begin
      phase <= phase + 3'd1;
      if (phase == 3'd3) number <= {number[62:0], flash_in};
      if (phase == 3'd7) begin
        command <= {command[6:0], 1'b0};
        bits <= bits + 7'd1;
        if (bits == (waking ? WAKE_BITS : READ_BITS) - 7'd1) begin
          flash_select_n <= 1'b1;
          waking <= 1'b0;
          done <= !waking;
        end
      end
    end
    if (rst) begin
      flash_select_n <= 1'b1;
      waking <= 1'b1;
      done <= 1'b0;
      phase <= 3'd0;
      pause <= {WAKE_LOG2{1'b1}};
    end
  end

  function [7:0] digit(input [3:0] x);
    digit = x < 4'd10 ? {4'h3, x} : {4'h4, x - 4'd9};
  endfunction

  wire known = |number && !(&number);
  genvar i;
  generate
    for (i = 0; i < 16; i = i + 1) begin : g_digit
      assign serial[8*i +: 8] = known ? digit(number[4*i +: 4]) : FALLBACK[8*i +: 8];
    end
  endgenerate
endmodule
`default_nettype wire
