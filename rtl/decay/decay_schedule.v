// Which operands meet in which lane: all pairs i >= j >= 1 of n = 2K + 2 items in three lanes.
//
//   t = 0 .. n    lane l: row n + 1 - l against right[t + 1], then row l against right[n + 1 - t], while rows differ
//   behind        the rows in the middle (5, 4 of 8 items; 7 to 4 of 10)
// Two right operands a clock serve all three lanes. Lane 0 (pairs with the residual) needs no schedule: item t.
//
// Purpose    Forward (operands at t) and backward (where pair (i, j) is kept), so that both stand side by side.
// Format     items 1 .. n; left 15: none (a zero)
// Latency    0. Throughput one t, one pair a clock. Overflow none.
// Does not   answer for t or pairs that do not exist.
`default_nettype none
module decay_schedule (
  input  wire [2:0] components,
  // operands
  input  wire [4:0] t,
  output reg  [3:0] right_a,
  output reg  [3:0] right_b,
  output reg  [3:0] left_1,
  output reg  [3:0] left_2,
  output reg  [3:0] left_3,
  output reg        b_1,                // lane 1 takes right_b
  output reg        b_2,
  output reg        b_3,
  // place of a pair
  input  wire [3:0] i,
  input  wire [3:0] j,
  output reg  [1:0] lane,
  output reg  [4:0] time_of
);
  localparam [3:0] NONE = 4'd15;
  wire [3:0] n = {components, 1'b0} + 4'd2;
  wire [3:0] n_1 = n + 4'd1;

  always @* begin
    right_a = t[3:0] + 4'd1;
    right_b = n_1 - t[3:0];
    b_1 = right_b <= 4'd1;
    b_2 = right_b <= 4'd2;
    b_3 = right_b <= 4'd3;
    left_1 = b_1 ? 4'd1 : n;
    left_2 = b_2 ? 4'd2 : n - 4'd1;
    left_3 = components == 3'd1 ? NONE : b_3 ? 4'd3 : n - 4'd2;
    if (t > {1'b0, n}) begin
      left_1 = NONE;
      left_2 = NONE;
      left_3 = NONE;
      b_1 = 1'b0;
      b_2 = 1'b0;
      b_3 = 1'b1;
      if (components == 3'd3) begin
        case (t)
          5'd9: begin
            {right_a, right_b} = {4'd1, 4'd2};
            {left_1, left_2, left_3} = {4'd5, 4'd4, 4'd5};
          end
          5'd10: begin
            {right_a, right_b} = {4'd2, 4'd3};
            {left_1, left_2, left_3} = {4'd5, 4'd4, 4'd4};
            b_1 = 1'b1;
          end
          5'd11: begin
            {right_a, right_b} = {4'd4, 4'd5};
            {left_1, left_2, left_3} = {4'd5, 4'd4, 4'd5};
          end
          default: ;
        endcase
      end else if (components == 3'd4) begin
        {left_1, left_2, left_3} = {4'd7, 4'd6, 4'd5};
        right_a = t[3:0] - 4'd10;
        b_3 = t >= 5'd16;
        case (t)
          5'd16: begin
            {right_a, right_b} = {4'd6, 4'd1};
            left_3 = 4'd4;
          end
          5'd17: begin
            {right_a, right_b} = {4'd7, 4'd2};
            left_2 = NONE;
            left_3 = 4'd4;
          end
          5'd18: begin
            {right_a, right_b} = {4'd3, 4'd4};
            {left_1, left_2, left_3} = {NONE, 4'd4, 4'd4};
          end
          default:
            if (t > 5'd18) {left_1, left_2, left_3} = {NONE, NONE, NONE};
        endcase
      end
    end
  end

  wire [3:0] from_end = n_1 - i;
  wire [3:0] pairs_of_rows = components == 3'd1 ? 4'd2 : 4'd3;
  always @* begin
    time_of = {1'b0, j} - 5'd1;
    lane = from_end[1:0];
    if (j == 4'd0) begin
      lane = 2'd0;
      time_of = {1'b0, i};
    end else if (from_end > pairs_of_rows) begin
      lane = i[1:0];
      time_of = {1'b0, n_1 - j};
      if (i > pairs_of_rows) begin
        if (components == 3'd3) begin
          time_of = j <= 4'd2 ? 5'd9 : j == 4'd3 ? 5'd10 : 5'd11;
          lane = i[0] ? 2'd1 : 2'd2;
          if (i == 4'd5 && (j == 4'd2 || j == 4'd5)) lane = 2'd3;
          if (i == 4'd4 && j == 4'd2) time_of = 5'd10;
          if (i == 4'd4 && j == 4'd3) lane = 2'd3;
        end else begin
          time_of = {1'b0, j} + (i == 4'd4 ? 5'd15 : 5'd10);
          lane = i == 4'd4 ? 2'd3 : 2'd0 - i[1:0];
          if (i == 4'd4 && j >= 4'd3) time_of = 5'd18;
          if (i == 4'd4 && j == 4'd3) lane = 2'd2;
        end
      end
    end
  end
endmodule
`default_nettype wire
