// What is offered stays until it is taken; a byte that finds no room is never lost without a mark behind what was there before; silence is said
// once, and only to a reader that waits.
// module: rtl/uart/uart_inbox.v
// needs: rtl/uart/stream_fifo.v
// parameters: FIFO_LOG2=1 IDLE_CLOCKS=3
// depth: 4
// mutate: if (valid) lost <= lost || !room; => if (valid) lost <= lost;
// mutate: out_ready = rx_ready && !idle => out_ready = rx_ready
// mutate: else if (armed) silent => else silent
// mutate: ? idle && !rx_ready : armed => ? 1'b0 : armed
reg       f_begun = 1'b0, f_waits = 1'b0;
reg [2:0] f_silence = 0;
reg [7:0] f_data;
reg [1:0] f_mark;
(* hierconn *) wire [1:0] \g_fifo.fifo.written ;
(* hierconn *) wire [1:0] \g_fifo.fifo.fetched ;
always @* if (!f_begun) assume (rst);
// what goes into the FIFO; that it comes out again is the FIFO's own proof
reg [2:0] f_held = 0;
reg       f_owed = 1'b0;              // bytes were lost and the mark is not in the queue yet
reg       f_armed = 1'b0;
wire      f_take = rx_valid && rx_ready && f_silence != 3;
wire      f_room = \g_fifo.fifo.written - \g_fifo.fifo.fetched != 2'd2;
wire      f_put = f_room && (valid ? !f_owed : f_owed);
wire [9:0] f_new = f_owed ? {2'd2, data} : {1'b0, bad, data};
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_waits <= rx_valid && !rx_ready && !rst;
  {f_mark, f_data} <= {rx_mark, rx_data};
  f_held <= rst ? 0 : f_held + f_put - f_take;
  f_owed <= !rst && (valid ? f_owed || !f_room : f_owed && !f_room);
  f_silence <= rst || !rx_ready || rx_valid ? (f_silence == 3 && !rx_ready && !rst ? 3 : 0) : f_armed ? f_silence + 1 : f_silence;
  if (rx_valid && rx_ready) f_armed <= f_silence != 3;
  if (rst) f_armed <= 1'b0;
end
always @(posedge clk) if (f_begun) begin
  assert (lost == f_owed);
  assert (f_held == (\g_fifo.fifo.written - \g_fifo.fifo.fetched & 2'd3) + out_valid);
  assert ((\g_fifo.fifo.written - \g_fifo.fifo.fetched & 2'd3) <= 2);
  if (f_waits && !rst) assert (rx_valid && rx_mark == f_mark && (rx_mark == 2'd3 || rx_data == f_data));
  assert ((in_valid && room) == f_put);
  if (f_put) assert ({in_mark, data} == f_new);
  if (rx_valid && rx_ready && !rst) assert (f_silence == 3 || (out_valid && rx_mark == out_mark));
  assert (armed == f_armed && silent == f_silence && f_silence <= 3 && idle == (f_silence == 3));
  if (f_silence == 3) assert (rx_valid && rx_mark == 2'd3);
  if (f_silence != 3) assert (rx_valid == out_valid && rx_mark == out_mark);
  if (f_silence != 0) assert (f_armed);
end
