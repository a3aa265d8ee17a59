// A barrel shifter out of three multiplier cells and two rows of multiplexers.
//
//   y = floor(x 2^(16 - amount)), complemented where `negate`;  half = the bit below it (0 for
//   amount <= 16)
//
// Purpose    The pass's only shifter: x times 2^(15 - amount mod 16), then down by 0, 16, 32 or 48
//            places.
// Formats    x 36 bits signed; amount 0..63; y 37 bits signed
// Latency    3 clocks from x and amount to y, half, over, sign; negate stands with clock 2.
//            Throughput: one a clock.
// Overflow   `over`: y lacks high bits (amount < 16 only); `sign` is the true one
// Does not   round: half is the carry that does.
`default_nettype none
module decay_serial_shift #(
  // multiplier cells: "generic", "ice40" or "ecp5" (multiply.v)
  parameter [55:0] TARGET = "generic"
) (
  input  wire        clk,
  input  wire [35:0] x,
  input  wire [5:0]  amount,
  input  wire        negate,
  output reg  [36:0] y,
  output reg         half,
  output reg         over,
  output reg         sign
);
  wire [36:0] twice = {x, 1'b0};
  wire [15:0] power = 16'd1 << ~amount[3:0];
  wire [31:0] low, middle;

  multiply #(.WIDTH_A(16), .WIDTH_B(16), .A_SIGNED(0), .B_SIGNED(0), .TARGET(TARGET)) low_part (
    .clk(clk), .ce(1'b1), .a(twice[15:0]), .b(power), .p(low)
  );
  multiply #(.WIDTH_A(16), .WIDTH_B(16), .A_SIGNED(0), .B_SIGNED(0), .TARGET(TARGET)) middle_part (
    .clk(clk), .ce(1'b1), .a(twice[31:16]), .b(power), .p(middle)
  );
  // the upper bits repeat the sign
  // verilator lint_off UNUSEDSIGNAL
  wire [31:0] high_all;
  // verilator lint_on UNUSEDSIGNAL
  multiply #(.WIDTH_A(16), .WIDTH_B(16), .A_SIGNED(1), .B_SIGNED(0), .TARGET(TARGET)) high_part (
    .clk(clk), .ce(1'b1), .a({{11{twice[36]}}, twice[36:32]}), .b(power), .p(high_all)
  );
  wire [19:0] high = high_all[19:0];

  // no two parts have ones in the same place
  wire [51:0] all = {high[19:16], high[15:0] | middle[31:16], middle[15:0] | low[31:16], low[15:0]};
  reg  [5:4]  down_1, down;
  wire        top = all[51];
  wire [52:0] by_32 = down[5] ? {{33{top}}, all[51:32]} : {top, all};
  wire [36:0] by_16 = down[4] ? by_32[52:16] : by_32[36:0];

  always @(posedge clk) begin
    down_1 <= amount[5:4];
    down <= down_1;
    y <= by_16 ^ {37{negate}};
    half <= down == 2'd3 ? all[47] : down == 2'd2 ? all[31] : down == 2'd1 && all[15];
    over <= down == 2'd0 && all[51:36] != {16{top}};
    sign <= top;
  end
endmodule
`default_nettype wire
