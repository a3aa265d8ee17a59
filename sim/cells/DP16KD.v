// Simulation model of the ECP5's block memory in the modes that yosys maps this gateware's memories to; written from Lattice's "ECP5 and
// ECP5-5G Memory Usage Guide" (TN1264 / FPGA-TN-02204): 2048 bytes of 9 bits and two ports.
//
//   9 bits     byte AD[13:3], written with WE
//   18 bits    bytes 2 AD[13:4] (low) and the next, AD[1:0] enable a write of each
//   36 bits    port A writes, port B reads: bytes 4 AD[13:5] on DIA, DOA (low 18 bits) and DIB, DOB; ADA[3:0] enable a write of each
//
// Purpose    Netlists of yosys, which has this cell without its behaviour.
// Formats    INITVAL_n: 16 words of 18 bits, one every 20 bits
// Latency    1 clock from address to data (no output register). Throughput a word a clock and port.
// Overflow   none
// Does not   know widths of 1, 2 and 4 bits, writes on port B, output registers, resets, chip selects, two clocks, port modes but
//            READBEFOREWRITE (36 bits: port A never reads): what it is not made for stops the simulation. A byte that port A writes
//            while port B reads it is read inverted, neither old nor new: the part promises nothing, so nothing may depend on it.
`default_nettype none

module DP16KD #(
  parameter DATA_WIDTH_A = 18,
  parameter DATA_WIDTH_B = 18,
  parameter REGMODE_A = "NOREG",
  parameter REGMODE_B = "NOREG",
  parameter CSDECODE_A = "0b000",
  parameter CSDECODE_B = "0b000",
  parameter CLKAMUX = "CLKA",
  parameter CLKBMUX = "CLKB",
  parameter WRITEMODE_A = "NORMAL",
  parameter WRITEMODE_B = "NORMAL",
  parameter [319:0] INITVAL_00 = 320'd0,
  parameter [319:0] INITVAL_01 = 320'd0,
  parameter [319:0] INITVAL_02 = 320'd0,
  parameter [319:0] INITVAL_03 = 320'd0,
  parameter [319:0] INITVAL_04 = 320'd0,
  parameter [319:0] INITVAL_05 = 320'd0,
  parameter [319:0] INITVAL_06 = 320'd0,
  parameter [319:0] INITVAL_07 = 320'd0,
  parameter [319:0] INITVAL_08 = 320'd0,
  parameter [319:0] INITVAL_09 = 320'd0,
  parameter [319:0] INITVAL_0A = 320'd0,
  parameter [319:0] INITVAL_0B = 320'd0,
  parameter [319:0] INITVAL_0C = 320'd0,
  parameter [319:0] INITVAL_0D = 320'd0,
  parameter [319:0] INITVAL_0E = 320'd0,
  parameter [319:0] INITVAL_0F = 320'd0,
  parameter [319:0] INITVAL_10 = 320'd0,
  parameter [319:0] INITVAL_11 = 320'd0,
  parameter [319:0] INITVAL_12 = 320'd0,
  parameter [319:0] INITVAL_13 = 320'd0,
  parameter [319:0] INITVAL_14 = 320'd0,
  parameter [319:0] INITVAL_15 = 320'd0,
  parameter [319:0] INITVAL_16 = 320'd0,
  parameter [319:0] INITVAL_17 = 320'd0,
  parameter [319:0] INITVAL_18 = 320'd0,
  parameter [319:0] INITVAL_19 = 320'd0,
  parameter [319:0] INITVAL_1A = 320'd0,
  parameter [319:0] INITVAL_1B = 320'd0,
  parameter [319:0] INITVAL_1C = 320'd0,
  parameter [319:0] INITVAL_1D = 320'd0,
  parameter [319:0] INITVAL_1E = 320'd0,
  parameter [319:0] INITVAL_1F = 320'd0,
  parameter [319:0] INITVAL_20 = 320'd0,
  parameter [319:0] INITVAL_21 = 320'd0,
  parameter [319:0] INITVAL_22 = 320'd0,
  parameter [319:0] INITVAL_23 = 320'd0,
  parameter [319:0] INITVAL_24 = 320'd0,
  parameter [319:0] INITVAL_25 = 320'd0,
  parameter [319:0] INITVAL_26 = 320'd0,
  parameter [319:0] INITVAL_27 = 320'd0,
  parameter [319:0] INITVAL_28 = 320'd0,
  parameter [319:0] INITVAL_29 = 320'd0,
  parameter [319:0] INITVAL_2A = 320'd0,
  parameter [319:0] INITVAL_2B = 320'd0,
  parameter [319:0] INITVAL_2C = 320'd0,
  parameter [319:0] INITVAL_2D = 320'd0,
  parameter [319:0] INITVAL_2E = 320'd0,
  parameter [319:0] INITVAL_2F = 320'd0,
  parameter [319:0] INITVAL_30 = 320'd0,
  parameter [319:0] INITVAL_31 = 320'd0,
  parameter [319:0] INITVAL_32 = 320'd0,
  parameter [319:0] INITVAL_33 = 320'd0,
  parameter [319:0] INITVAL_34 = 320'd0,
  parameter [319:0] INITVAL_35 = 320'd0,
  parameter [319:0] INITVAL_36 = 320'd0,
  parameter [319:0] INITVAL_37 = 320'd0,
  parameter [319:0] INITVAL_38 = 320'd0,
  parameter [319:0] INITVAL_39 = 320'd0,
  parameter [319:0] INITVAL_3A = 320'd0,
  parameter [319:0] INITVAL_3B = 320'd0,
  parameter [319:0] INITVAL_3C = 320'd0,
  parameter [319:0] INITVAL_3D = 320'd0,
  parameter [319:0] INITVAL_3E = 320'd0,
  parameter [319:0] INITVAL_3F = 320'd0,
  // verilator lint_off UNUSEDPARAM
  parameter RESETMODE = "SYNC",
  parameter ASYNC_RESET_RELEASE = "SYNC",
  parameter GSR = "ENABLED",
  parameter INIT_DATA = "STATIC"
  // verilator lint_on UNUSEDPARAM
) (
  input  wire DIA0, DIA1, DIA2, DIA3, DIA4, DIA5, DIA6, DIA7, DIA8, DIA9, DIA10, DIA11, DIA12, DIA13, DIA14, DIA15, DIA16, DIA17,
  input  wire DIB0, DIB1, DIB2, DIB3, DIB4, DIB5, DIB6, DIB7, DIB8, DIB9, DIB10, DIB11, DIB12, DIB13, DIB14, DIB15, DIB16, DIB17,
  // verilator lint_off UNUSEDSIGNAL
  input  wire ADA0, ADA1, ADA2, ADA3, ADA4, ADA5, ADA6, ADA7, ADA8, ADA9, ADA10, ADA11, ADA12, ADA13,
  input  wire ADB0, ADB1, ADB2, ADB3, ADB4, ADB5, ADB6, ADB7, ADB8, ADB9, ADB10, ADB11, ADB12, ADB13,
  input  wire OCEA, OCEB,
  // verilator lint_on UNUSEDSIGNAL
  input  wire CLKA, CEA, WEA, RSTA, CSA0, CSA1, CSA2,
  input  wire CLKB, CEB, WEB, RSTB, CSB0, CSB1, CSB2,
  output wire DOA0, DOA1, DOA2, DOA3, DOA4, DOA5, DOA6, DOA7, DOA8, DOA9, DOA10, DOA11, DOA12, DOA13, DOA14, DOA15, DOA16, DOA17,
  output wire DOB0, DOB1, DOB2, DOB3, DOB4, DOB5, DOB6, DOB7, DOB8, DOB9, DOB10, DOB11, DOB12, DOB13, DOB14, DOB15, DOB16, DOB17
);
  localparam WIDE = DATA_WIDTH_A == 36;

  reg [8:0] bytes [0:2047];
  integer n;
  initial
    for (n = 0; n < 1024; n = n + 1) {bytes[2*n+1], bytes[2*n]} = initial_word(n);

  function [17:0] initial_word;
    input integer index;
    reg [319:0] slice;
    begin
      slice = all[320*(index/16) +: 320];
      initial_word = slice[20*(index%16) +: 18];
    end
  endfunction
  localparam [64*320-1:0] all = {
      INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39, INITVAL_38,
      INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30,
      INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28,
      INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20,
      INITVAL_1F, INITVAL_1E, INITVAL_1D, INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18,
      INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10,
      INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
      INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01, INITVAL_00
  };

  wire [13:0] at_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
  wire [13:0] at_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};
  wire [35:0] in_a = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0, DIA17,
      DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};

  // bytes of a port: the first one, and which are written (by port A only)
  wire [10:0] first_a = DATA_WIDTH_A == 9 ? at_a[13:3] : WIDE ? {at_a[13:5], 2'b00} : {at_a[13:4], 1'b0};
  wire [10:0] first_b = DATA_WIDTH_B == 9 ? at_b[13:3] : WIDE ? {at_b[13:5], 2'b00} : {at_b[13:4], 1'b0};
  wire [3:0]  writes = !(CEA && WEA) ? 4'd0 : DATA_WIDTH_A == 9 ? 4'b0001 : WIDE ? at_a[3:0] : {2'b00, at_a[1:0]};
  wire [10:0] apart = first_b - first_a;       // of the two ports' first bytes

  function [8:0] hidden;                      // ones where port A writes the byte that port B reads
    input [10:0] distance;
    hidden = {9{distance < 11'd4 && writes[distance[1:0]]}};
  endfunction

  reg [35:0] out_a = 36'd0, out_b = 36'd0;
  always @(posedge CLKA) begin
    if (CEA && !WIDE) out_a <= {18'd0, bytes[first_a | 11'd1], bytes[first_a]};
    if (CEB)
      out_b <= {bytes[first_b | 11'd3] ^ hidden(apart + 11'd3), bytes[first_b | 11'd2] ^ hidden(apart + 11'd2),
                bytes[first_b | 11'd1] ^ hidden(apart + 11'd1), bytes[first_b] ^ hidden(apart)};
    if (writes[0]) bytes[first_a] <= in_a[8:0];
    if (writes[1]) bytes[first_a | 11'd1] <= in_a[17:9];
    if (writes[2]) bytes[first_a | 11'd2] <= in_a[26:18];
    if (writes[3]) bytes[first_a | 11'd3] <= in_a[35:27];
  end

  assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1,
      DOA0} = WIDE ? out_b[17:0] : out_a[17:0];
  assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1,
      DOB0} = WIDE ? out_b[35:18] : out_b[17:0];

  wire modelled =
    (DATA_WIDTH_A == 9 || DATA_WIDTH_A == 18 || WIDE) && (DATA_WIDTH_B == 9 || DATA_WIDTH_B == 18 || WIDE) &&
    (DATA_WIDTH_A == 36) == (DATA_WIDTH_B == 36) && REGMODE_A == "NOREG" && REGMODE_B == "NOREG" && CSDECODE_A == "0b000" &&
    CSDECODE_B == "0b000" && CLKAMUX == "CLKA" && CLKBMUX == "CLKB" &&
    (WIDE || (WRITEMODE_A == "READBEFOREWRITE" && WRITEMODE_B == "READBEFOREWRITE"));
  always @(posedge CLKA) begin
    if (!modelled || RSTA || RSTB || CSA0 || CSA1 || CSA2 || CSB0 || CSB1 || CSB2 || WEB || (CEB && !CLKB)) begin
      $display("FAIL DP16KD: a mode that the model does not have");
      $finish;
    end
  end
endmodule

`default_nettype wire
