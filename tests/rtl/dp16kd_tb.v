// DP16KD's simulation model against a list of bytes, in the modes that netlists use: 18 and 18 bits, 9 and 18, 36; random reads on both ports,
// writes on port A, enables, often the same place; the first and the last initial words. What port A writes in a clock is read
// on port B as neither old nor new.
// stubs: sim/cells
`default_nettype none
module dp16kd_tb;
  localparam CLOCKS = 40000;
  localparam [319:0] FIRST = 320'h123456789abcdef0fedcba98765432100f1e2d3c4b5a69788796a5b4c3d2e1f00112233445566778;
  localparam [319:0] LAST = ~FIRST;
  reg         clk = 0, ce_a = 0, ce_b = 0, we_a = 0;
  reg  [41:0] at_a = 0, at_b = 0;      // of all three, the first one lowest
  reg  [53:0] in_a = 0, in_b = 0;
  wire [17:0] out_a [0:2], out_b [0:2];
  always #5 clk = !clk;

  DP16KD #(
    .DATA_WIDTH_A(18), .DATA_WIDTH_B(18), .WRITEMODE_A("READBEFOREWRITE"), .WRITEMODE_B("READBEFOREWRITE"), .INITVAL_00(FIRST), .INITVAL_3F(LAST)
  ) both_18 (
    .ADA0(at_a[0]), .ADA1(at_a[1]), .ADA2(at_a[2]), .ADA3(at_a[3]), .ADA4(at_a[4]), .ADA5(at_a[5]), .ADA6(at_a[6]),
    .ADA7(at_a[7]), .ADA8(at_a[8]), .ADA9(at_a[9]), .ADA10(at_a[10]), .ADA11(at_a[11]), .ADA12(at_a[12]), .ADA13(at_a[13]),
    .ADB0(at_b[0]), .ADB1(at_b[1]), .ADB2(at_b[2]), .ADB3(at_b[3]), .ADB4(at_b[4]), .ADB5(at_b[5]), .ADB6(at_b[6]),
    .ADB7(at_b[7]), .ADB8(at_b[8]), .ADB9(at_b[9]), .ADB10(at_b[10]), .ADB11(at_b[11]), .ADB12(at_b[12]), .ADB13(at_b[13]),
    .DIA0(in_a[0]), .DIA1(in_a[1]), .DIA2(in_a[2]), .DIA3(in_a[3]), .DIA4(in_a[4]), .DIA5(in_a[5]),
    .DIA6(in_a[6]), .DIA7(in_a[7]), .DIA8(in_a[8]), .DIA9(in_a[9]), .DIA10(in_a[10]), .DIA11(in_a[11]),
    .DIA12(in_a[12]), .DIA13(in_a[13]), .DIA14(in_a[14]), .DIA15(in_a[15]), .DIA16(in_a[16]), .DIA17(in_a[17]),
    .DIB0(in_b[0]), .DIB1(in_b[1]), .DIB2(in_b[2]), .DIB3(in_b[3]), .DIB4(in_b[4]), .DIB5(in_b[5]),
    .DIB6(in_b[6]), .DIB7(in_b[7]), .DIB8(in_b[8]), .DIB9(in_b[9]), .DIB10(in_b[10]), .DIB11(in_b[11]),
    .DIB12(in_b[12]), .DIB13(in_b[13]), .DIB14(in_b[14]), .DIB15(in_b[15]), .DIB16(in_b[16]), .DIB17(in_b[17]),
    .CLKA(clk), .CEA(ce_a), .WEA(we_a), .RSTA(1'b0), .OCEA(1'b1), .CSA0(1'b0), .CSA1(1'b0), .CSA2(1'b0),
    .CLKB(clk), .CEB(ce_b), .WEB(1'b0), .RSTB(1'b0), .OCEB(1'b1), .CSB0(1'b0), .CSB1(1'b0), .CSB2(1'b0),
    .DOA0(out_a[0][0]), .DOA1(out_a[0][1]), .DOA2(out_a[0][2]), .DOA3(out_a[0][3]), .DOA4(out_a[0][4]), .DOA5(out_a[0][5]),
    .DOA6(out_a[0][6]), .DOA7(out_a[0][7]), .DOA8(out_a[0][8]), .DOA9(out_a[0][9]), .DOA10(out_a[0][10]), .DOA11(out_a[0][11]),
    .DOA12(out_a[0][12]), .DOA13(out_a[0][13]), .DOA14(out_a[0][14]), .DOA15(out_a[0][15]), .DOA16(out_a[0][16]), .DOA17(out_a[0][17]),
    .DOB0(out_b[0][0]), .DOB1(out_b[0][1]), .DOB2(out_b[0][2]), .DOB3(out_b[0][3]), .DOB4(out_b[0][4]), .DOB5(out_b[0][5]),
    .DOB6(out_b[0][6]), .DOB7(out_b[0][7]), .DOB8(out_b[0][8]), .DOB9(out_b[0][9]), .DOB10(out_b[0][10]), .DOB11(out_b[0][11]),
    .DOB12(out_b[0][12]), .DOB13(out_b[0][13]), .DOB14(out_b[0][14]), .DOB15(out_b[0][15]), .DOB16(out_b[0][16]), .DOB17(out_b[0][17])
  );

  DP16KD #(
    .DATA_WIDTH_A(9), .DATA_WIDTH_B(18), .WRITEMODE_A("READBEFOREWRITE"), .WRITEMODE_B("READBEFOREWRITE"), .INITVAL_00(FIRST), .INITVAL_3F(LAST)
  ) mixed (
    .ADA0(at_a[14]), .ADA1(at_a[15]), .ADA2(at_a[16]), .ADA3(at_a[17]), .ADA4(at_a[18]), .ADA5(at_a[19]), .ADA6(at_a[20]),
    .ADA7(at_a[21]), .ADA8(at_a[22]), .ADA9(at_a[23]), .ADA10(at_a[24]), .ADA11(at_a[25]), .ADA12(at_a[26]), .ADA13(at_a[27]),
    .ADB0(at_b[14]), .ADB1(at_b[15]), .ADB2(at_b[16]), .ADB3(at_b[17]), .ADB4(at_b[18]), .ADB5(at_b[19]), .ADB6(at_b[20]),
    .ADB7(at_b[21]), .ADB8(at_b[22]), .ADB9(at_b[23]), .ADB10(at_b[24]), .ADB11(at_b[25]), .ADB12(at_b[26]), .ADB13(at_b[27]),
    .DIA0(in_a[18]), .DIA1(in_a[19]), .DIA2(in_a[20]), .DIA3(in_a[21]), .DIA4(in_a[22]), .DIA5(in_a[23]),
    .DIA6(in_a[24]), .DIA7(in_a[25]), .DIA8(in_a[26]), .DIA9(in_a[27]), .DIA10(in_a[28]), .DIA11(in_a[29]),
    .DIA12(in_a[30]), .DIA13(in_a[31]), .DIA14(in_a[32]), .DIA15(in_a[33]), .DIA16(in_a[34]), .DIA17(in_a[35]),
    .DIB0(in_b[18]), .DIB1(in_b[19]), .DIB2(in_b[20]), .DIB3(in_b[21]), .DIB4(in_b[22]), .DIB5(in_b[23]),
    .DIB6(in_b[24]), .DIB7(in_b[25]), .DIB8(in_b[26]), .DIB9(in_b[27]), .DIB10(in_b[28]), .DIB11(in_b[29]),
    .DIB12(in_b[30]), .DIB13(in_b[31]), .DIB14(in_b[32]), .DIB15(in_b[33]), .DIB16(in_b[34]), .DIB17(in_b[35]),
    .CLKA(clk), .CEA(ce_a), .WEA(we_a), .RSTA(1'b0), .OCEA(1'b1), .CSA0(1'b0), .CSA1(1'b0), .CSA2(1'b0),
    .CLKB(clk), .CEB(ce_b), .WEB(1'b0), .RSTB(1'b0), .OCEB(1'b1), .CSB0(1'b0), .CSB1(1'b0), .CSB2(1'b0),
    .DOA0(out_a[1][0]), .DOA1(out_a[1][1]), .DOA2(out_a[1][2]), .DOA3(out_a[1][3]), .DOA4(out_a[1][4]), .DOA5(out_a[1][5]),
    .DOA6(out_a[1][6]), .DOA7(out_a[1][7]), .DOA8(out_a[1][8]), .DOA9(out_a[1][9]), .DOA10(out_a[1][10]), .DOA11(out_a[1][11]),
    .DOA12(out_a[1][12]), .DOA13(out_a[1][13]), .DOA14(out_a[1][14]), .DOA15(out_a[1][15]), .DOA16(out_a[1][16]), .DOA17(out_a[1][17]),
    .DOB0(out_b[1][0]), .DOB1(out_b[1][1]), .DOB2(out_b[1][2]), .DOB3(out_b[1][3]), .DOB4(out_b[1][4]), .DOB5(out_b[1][5]),
    .DOB6(out_b[1][6]), .DOB7(out_b[1][7]), .DOB8(out_b[1][8]), .DOB9(out_b[1][9]), .DOB10(out_b[1][10]), .DOB11(out_b[1][11]),
    .DOB12(out_b[1][12]), .DOB13(out_b[1][13]), .DOB14(out_b[1][14]), .DOB15(out_b[1][15]), .DOB16(out_b[1][16]), .DOB17(out_b[1][17])
  );

  DP16KD #(
    .DATA_WIDTH_A(36), .DATA_WIDTH_B(36), .INITVAL_00(FIRST), .INITVAL_3F(LAST)
  ) wide (
    .ADA0(at_a[28]), .ADA1(at_a[29]), .ADA2(at_a[30]), .ADA3(at_a[31]), .ADA4(at_a[32]), .ADA5(at_a[33]), .ADA6(at_a[34]),
    .ADA7(at_a[35]), .ADA8(at_a[36]), .ADA9(at_a[37]), .ADA10(at_a[38]), .ADA11(at_a[39]), .ADA12(at_a[40]), .ADA13(at_a[41]),
    .ADB0(at_b[28]), .ADB1(at_b[29]), .ADB2(at_b[30]), .ADB3(at_b[31]), .ADB4(at_b[32]), .ADB5(at_b[33]), .ADB6(at_b[34]),
    .ADB7(at_b[35]), .ADB8(at_b[36]), .ADB9(at_b[37]), .ADB10(at_b[38]), .ADB11(at_b[39]), .ADB12(at_b[40]), .ADB13(at_b[41]),
    .DIA0(in_a[36]), .DIA1(in_a[37]), .DIA2(in_a[38]), .DIA3(in_a[39]), .DIA4(in_a[40]), .DIA5(in_a[41]),
    .DIA6(in_a[42]), .DIA7(in_a[43]), .DIA8(in_a[44]), .DIA9(in_a[45]), .DIA10(in_a[46]), .DIA11(in_a[47]),
    .DIA12(in_a[48]), .DIA13(in_a[49]), .DIA14(in_a[50]), .DIA15(in_a[51]), .DIA16(in_a[52]), .DIA17(in_a[53]),
    .DIB0(in_b[36]), .DIB1(in_b[37]), .DIB2(in_b[38]), .DIB3(in_b[39]), .DIB4(in_b[40]), .DIB5(in_b[41]),
    .DIB6(in_b[42]), .DIB7(in_b[43]), .DIB8(in_b[44]), .DIB9(in_b[45]), .DIB10(in_b[46]), .DIB11(in_b[47]),
    .DIB12(in_b[48]), .DIB13(in_b[49]), .DIB14(in_b[50]), .DIB15(in_b[51]), .DIB16(in_b[52]), .DIB17(in_b[53]),
    .CLKA(clk), .CEA(ce_a), .WEA(we_a), .RSTA(1'b0), .OCEA(1'b1), .CSA0(1'b0), .CSA1(1'b0), .CSA2(1'b0),
    .CLKB(clk), .CEB(ce_b), .WEB(1'b0), .RSTB(1'b0), .OCEB(1'b1), .CSB0(1'b0), .CSB1(1'b0), .CSB2(1'b0),
    .DOA0(out_a[2][0]), .DOA1(out_a[2][1]), .DOA2(out_a[2][2]), .DOA3(out_a[2][3]), .DOA4(out_a[2][4]), .DOA5(out_a[2][5]),
    .DOA6(out_a[2][6]), .DOA7(out_a[2][7]), .DOA8(out_a[2][8]), .DOA9(out_a[2][9]), .DOA10(out_a[2][10]), .DOA11(out_a[2][11]),
    .DOA12(out_a[2][12]), .DOA13(out_a[2][13]), .DOA14(out_a[2][14]), .DOA15(out_a[2][15]), .DOA16(out_a[2][16]), .DOA17(out_a[2][17]),
    .DOB0(out_b[2][0]), .DOB1(out_b[2][1]), .DOB2(out_b[2][2]), .DOB3(out_b[2][3]), .DOB4(out_b[2][4]), .DOB5(out_b[2][5]),
    .DOB6(out_b[2][6]), .DOB7(out_b[2][7]), .DOB8(out_b[2][8]), .DOB9(out_b[2][9]), .DOB10(out_b[2][10]), .DOB11(out_b[2][11]),
    .DOB12(out_b[2][12]), .DOB13(out_b[2][13]), .DOB14(out_b[2][14]), .DOB15(out_b[2][15]), .DOB16(out_b[2][16]), .DOB17(out_b[2][17])
  );

  // what each memory holds and each of its ports shows
  reg [8:0]  bytes [0:3*2048-1];
  reg [35:0] show_a [0:2], show_b [0:2];
  integer    n, m, i, errors = 0, compared = 0, clashes = 0, seed = 5, how, first_a, first_b, count_a, count_b;
  reg [3:0]  put_a;
  reg [35:0] next_a, next_b, data_a;
  reg [319:0] slice;
  reg [41:0] next_at_a, next_at_b;
  reg [53:0] next_in_a, next_in_b;
  `include "tests/rtl/noise.vh"

  task compare;
    input [17:0] got;
    input [17:0] expected;
    begin
      compared = compared + 1;
      if (got !== expected) begin
        errors = errors + 1;
        if (errors < 10) $display("FAIL clock %0d memory %0d: %h, expected %h", n, m, got, expected);
      end
    end
  endtask

  initial begin
    for (m = 0; m < 3; m = m + 1) begin
      show_a[m] = 36'd0;
      show_b[m] = 36'd0;
      for (i = 0; i < 2048; i = i + 1) begin
        slice = i < 32 ? FIRST : i >= 2016 ? LAST : 320'd0;
        bytes[2048*m+i] = slice[20*((i%32)/2)+9*(i%2) +: 9];
      end
    end
    for (n = 0; n < CLOCKS; n = n + 1) begin
      @(negedge clk);
      how = noise(1'b0);
      {ce_a, ce_b} = how[3:0] == 4'd0 ? how[5:4] : 2'b11;
      we_a = how[6];
      for (m = 0; m < 3; m = m + 1) begin
        how = noise(1'b0);
        // few places at both ends, the same for both ports at times
        next_at_a[14*m +: 14] = {{6{how[20]}}, how[7:0]};
        next_at_b[14*m +: 14] = how[31:30] == 2'd0 ? next_at_a[14*m +: 14] : {{6{how[21]}}, how[15:8]};
        how = noise(1'b0);
        next_in_a[18*m +: 18] = how[17:0];
        how = noise(1'b0);
        next_in_b[18*m +: 18] = how[17:0];
      end
      // as a whole: Verilator 5.006 does not see parts of words that a process writes
      at_a = next_at_a;
      at_b = next_at_b;
      in_a = next_in_a;
      in_b = next_in_b;
      for (m = 0; m < 3; m = m + 1) begin
        count_a = m == 0 ? 2 : m == 1 ? 1 : 4;
        count_b = m == 2 ? 4 : 2;
        first_a = at_a[14*m+3 +: 11] / count_a * count_a;
        first_b = at_b[14*m+3 +: 11] / count_b * count_b;
        data_a = {in_b[18*m +: 18], in_a[18*m +: 18]};
        put_a = !(ce_a && we_a) ? 4'd0 : m == 0 ? {2'd0, at_a[14*m +: 2]} : m == 1 ? 4'd1 : at_a[14*m +: 4];
        next_a = show_a[m];
        next_b = show_b[m];
        for (i = 0; i < count_a; i = i + 1) if (ce_a) next_a[9*i +: 9] = bytes[2048*m+first_a+i];
        for (i = 0; i < count_b; i = i + 1) if (ce_b) next_b[9*i +: 9] = bytes[2048*m+first_b+i];
        for (i = 0; i < 4; i = i + 1)
          if (ce_b && put_a[i] && first_a + i >= first_b && first_a + i < first_b + count_b) begin
            next_b = next_b ^ (36'h1ff << (9 * (first_a + i - first_b)));
            clashes = clashes + 1;
          end
        // the 36 bits' port A does not read
        if (m != 2) show_a[m] = next_a;
        show_b[m] = next_b;
        for (i = 0; i < 4; i = i + 1)
          if (put_a[i]) bytes[2048*m+first_a+i] = data_a[9*i +: 9];
      end
      @(posedge clk);
      #1;
      for (m = 0; m < 3; m = m + 1) begin
        if (m != 1) compare(out_a[m], m == 2 ? show_b[m][17:0] : show_a[m][17:0]);
        else compare({9'd0, out_a[m][8:0]}, {9'd0, show_a[m][8:0]});
        compare(out_b[m], m == 2 ? show_b[m][35:18] : show_b[m][17:0]);
      end
    end
    if (errors == 0 && clashes > 1000) $display("PASS %0d words, %0d bytes read and written at once", compared, clashes);
    else $display("FAIL %0d errors in %0d words, %0d bytes read and written at once", errors, compared, clashes);
    $finish;
  end
endmodule
`default_nettype wire
