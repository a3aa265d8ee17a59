// flash_loader: a flash that sleeps until it is woken gives the image of flash_image.py; then with a bit wrong somewhere at first, then for ever.
// PROGRAM_CRC is defined on the command line.
`default_nettype none
`timescale 1ns/1ns
module tb;
  localparam WORDS_LOG2 = 9, WORDS = 1 << WORDS_LOG2, BYTES = 6 * WORDS;
  localparam [23:0] AT = 24'h012345;
  reg         clk = 0, rst = 1;
  wire        select_n, sck, to_flash, done, failed;
  wire [6:0]  write;
  reg         from_flash = 1'bx;
  wire [8:0]  address;
  wire [15:0] word;
  flash_loader #(.WORDS_LOG2(WORDS_LOG2), .FLASH_ADDRESS(AT), .TRIES(2'd3), .PROGRAM_CRC(`PROGRAM_CRC)) dut (
    .clk(clk), .rst(rst), .flash_select_n(select_n), .flash_clock(sck), .flash_out(to_flash), .flash_in(from_flash),
    .program_write(write), .program_address(address), .program_word(word), .done(done), .failed(failed));
  always #5 clk = !clk;

  reg [7:0]  image [0:BYTES-1];
  reg [40:0] expected [0:WORDS-1];
  reg [47:0] got [0:WORDS-1];
  integer    writes = 0, part, nibble;
  // as the single-port RAM does it
  always @(posedge clk) for (part = 0; part < 3; part = part + 1) if (write[4+part])
    for (nibble = 0; nibble < 4; nibble = nibble + 1) if (write[nibble]) begin
      got[address][16*part + 4*nibble +: 4] = word[4*nibble +: 4];
      writes = writes + 1;
    end

  // ---- the flash: samples on rising, shows on falling edges ----
  reg         awake;
  reg [31:0]  command;
  integer     clocks, transfers, at;
  integer     wrong_byte = -1, wrong_transfers = 0;
  reg  [7:0]  shown;
  always @(negedge select_n) begin
    clocks = 0;
    from_flash = 1'bx;
  end
  always @(posedge select_n) begin
    if (clocks >= 8 && clocks < 32 && (command[7:0] == 8'hAB)) awake = 1;
    from_flash = 1'bx;
  end
  always @(posedge sck) if (!select_n) begin
    if (clocks < 32) command = {command[30:0], to_flash};
    clocks = clocks + 1;
    if (clocks == 32 && awake && command[31:24] == 8'h03) transfers = transfers + 1;
  end
  always @(negedge sck) if (!select_n && clocks >= 32 && awake && command[31:24] == 8'h03) begin
    at = command[23:0] - AT + (clocks - 32) / 8;
    shown = at >= 0 && at < BYTES ? image[at] : 8'hFF;
    if (at == wrong_byte && transfers <= wrong_transfers) shown = shown ^ 8'h10;
    from_flash = shown[7 - (clocks % 8)];
  end

  integer errors = 0, i;
  task fail;
    begin
      errors = errors + 1;
      $display("FAIL wrong byte %0d in %0d transfers: done %b failed %b transfers %0d writes %0d", wrong_byte, wrong_transfers, done, failed,
               transfers, writes);
    end
  endtask
  task try;
    input integer byte_at;
    input integer how_often;
    begin
      wrong_byte = byte_at;
      wrong_transfers = how_often;
      transfers = 0;
      writes = 0;
      awake = 0;
      for (i = 0; i < WORDS; i = i + 1) got[i] = {48{1'bx}};
      rst = 1;
      repeat (3) @(negedge clk);
      rst = 0;
      i = 0;
      while (!done && !failed && i < 3 * (2 * (WORDS * 49 + 200) + 100)) begin
        @(negedge clk);
        i = i + 1;
      end
      repeat (40) @(negedge clk);
      if (how_often >= 3) begin
        if (done || !failed || transfers != 3) fail;
      end else begin
        if (!done || failed || transfers != how_often + 1 || writes != 12 * WORDS * (how_often + 1) || !select_n) fail;
        for (i = 0; i < WORDS; i = i + 1) if (got[i] !== {7'd0, expected[i]}) begin
          errors = errors + 1;
          if (errors < 5) $display("FAIL word %0d: %h, expected %h", i, got[i], expected[i]);
        end
      end
    end
  endtask

  initial begin
    $readmemh("image.hex", image);
    $readmemh("words.hex", expected);
    try(-1, 0);
    try(0, 2);                   // first word
    try(BYTES - 1, 1);           // last word
    try(BYTES - 4, 3);
    try(1000, 9);
    try(-1, 0);
    if (errors == 0) $display("PASS");
    $finish;
  end
endmodule
`default_nettype wire
