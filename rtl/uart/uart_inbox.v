// What a UART receives -> a stream of bytes and marks that can wait.
//
// Purpose    Between uart_rx, which cannot wait, and link_rx, which can: a FIFO, and three things said in the stream's own order, so that
//            the message that they fall into fails and no other (rtl/link/link_rx.v):
//            MARK_BAD     this byte's stop bit was low
//            MARK_LOST    the FIFO was full and bytes were lost here
//            MARK_IDLE    whoever reads has waited IDLE_CLOCKS for a byte: what has begun will not go on
// Formats    rx_mark with every item; rx_data counts with MARK_NONE and MARK_BAD only
// Latency    3 clocks, SHARED 5 and those in which the memory was not free
// Throughput one item a clock; SHARED: in 4 free clocks
// Overflow   bytes are lost and MARK_LOST says so; bytes that come while it is being said are lost as well, and said again
// Does not   count what is lost. MARK_IDLE comes once a silence, not before the first byte.
`default_nettype none
module uart_inbox #(
  // log2 of the FIFO's bytes
  parameter FIFO_LOG2 = 8,
  // 1: the FIFO is in a memory elsewhere (stream_fifo_shared.v)
  parameter SHARED = 0,
  // clocks of silence that end a message; 20 ms are more than a host's driver leaves inside of one
  parameter IDLE_CLOCKS = 960000
) (
  input  wire       clk,
  input  wire       rst,
  // from uart_rx
  input  wire       valid,
  input  wire [7:0] data,
  input  wire       bad,
  // to link_rx
  output wire       rx_valid,
  input  wire       rx_ready,
  output wire [7:0] rx_data,
  output wire [1:0] rx_mark,
  // that memory: {write, address, word}; {free, word}
  output wire [FIFO_LOG2+10:0] mem_asks,
  // verilator lint_off UNUSEDSIGNAL
  input  wire [10:0]           mem_gives
  // verilator lint_on UNUSEDSIGNAL
);
  localparam [1:0] MARK_NONE = 2'd0, MARK_BAD = 2'd1, MARK_LOST = 2'd2, MARK_IDLE = 2'd3;     // as link_rx has them

  // ---- into the FIFO ----
  reg  lost;
  wire room;
  wire in_valid = valid != lost;          // a byte, or the mark in a clock without one
  wire [1:0] in_mark = lost ? MARK_LOST : bad ? MARK_BAD : MARK_NONE;

  always @(posedge clk)
    if (rst) lost <= 1'b0;
    else if (valid) lost <= lost || !room;
    else if (room) lost <= 1'b0;

  // ---- out of it, or silence ----
  localparam BITS = $clog2(IDLE_CLOCKS + 1);
  localparam [BITS-1:0] IDLE = IDLE_CLOCKS[BITS-1:0], IDLE_LESS = IDLE - {{BITS - 1{1'b0}}, 1'b1};
  reg  [BITS-1:0] silent;
  reg             armed;                  // a byte has gone out since the latest MARK_IDLE
  reg             idle;                   // silent == IDLE, told by a register
  wire            out_valid;
  wire [1:0]      out_mark;
  wire            out_ready = rx_ready && !idle;

  generate
    if (SHARED != 0) begin : g_shared
      stream_fifo_shared #(.WIDTH(10), .DEPTH_LOG2(FIFO_LOG2)) fifo (
        .mem_free(mem_gives[10]), .mem_write(mem_asks[FIFO_LOG2+10]), .mem_address(mem_asks[FIFO_LOG2+9:10]), .mem_in(mem_asks[9:0]), .mem_word(mem_gives[9:0]),
        .clk(clk), .rst(rst), .in_valid(in_valid), .in_ready(room), .in_data({in_mark, data}),
        .out_valid(out_valid), .out_ready(out_ready), .out_data({out_mark, rx_data})
      );
    end else begin : g_fifo
      assign mem_asks = {(FIFO_LOG2 + 11){1'b0}};
      stream_fifo #(.WIDTH(10), .DEPTH_LOG2(FIFO_LOG2)) fifo (
        .clk(clk), .rst(rst), .in_valid(in_valid), .in_ready(room), .in_data({in_mark, data}),
        .out_valid(out_valid), .out_ready(out_ready), .out_data({out_mark, rx_data})
      );
    end
  endgenerate

  assign rx_valid = out_valid || idle;
  assign rx_mark = idle ? MARK_IDLE : out_mark;

  always @(posedge clk) begin
    if (rx_ready && rx_valid) armed <= !idle;
    if (!rx_ready || rx_valid) silent <= idle && !rx_ready ? IDLE : {BITS{1'b0}};
    else if (armed) silent <= silent + {{BITS - 1{1'b0}}, 1'b1};
    idle <= !rx_ready || rx_valid ? idle && !rx_ready : armed && silent == IDLE_LESS;
    if (rst) begin
      armed <= 1'b0;
      idle <= 1'b0;
      silent <= {BITS{1'b0}};
    end
  end
endmodule
