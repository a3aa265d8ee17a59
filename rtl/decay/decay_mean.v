// A group's mean, its binade, the residual, and what the next pass takes over.
//
//   mu = max(saturate(background width + sum_k c_k), floor),  floor = max(2^-14 counts, background of one bin)
//   mu = 2^E (1 + index/256 + ...),  residual = y 2^F - mu,  b = 2^(FQ + eB - E) width: operand of the background's column
//
// Purpose    Follows the recursion's clocks: c on `item` in clock 10 of a closing frame; the mean of a group is taken in clock 7
//            of the first frame of the next step (rates), E and residual are given to the normaliser from clocks 4 and 5 on of the
//            step after that (norm), index from 6, b from 8, each until the next group's.
// Formats    background F + 8 fraction bits; mu, residual, item F, 2W bits; y 2^F < 2^(2W-2); FQ = W - 5
// Latency    as above. Throughput: a group in 8 clocks.
// Overflow   mu saturates; the background's multiples saturate far above that; b saturates at 2^(W-1) - 1
// Does not   take a negative background of a first pass for the exponent (the fit keeps it positive).
`default_nettype none
module decay_mean #(
  parameter WORD_BITS = 16,
  parameter COUNT_BITS = 24,
  // bits of a group's address
  parameter GROUPS_BITS = 9
) (
  input  wire                          clk,
  // pass
  input  wire                          load,              // its background comes next
  input  wire                          start,             // the group before was the last one of another pass
  input  wire                          finish,            // all residuals are in: length, exponent valid 6 clocks later
  input  wire                          first_pass,
  input  wire [5:0]                    fraction_bits,
  input  wire signed [6:0]             carried_exponent,
  input  wire                          eighth,            // the groups that follow the initial load are 8 bins wide
  input  wire                          background_valid,
  input  wire signed [2*WORD_BITS-1:0] background,
  input  wire                          background_wide,   // lacks the 8 more fraction bits
  // the recursion's clocks
  // verilator lint_off UNUSEDSIGNAL
  input  wire [11:0]                   at,
  // verilator lint_on UNUSEDSIGNAL
  input  wire                          early_first,
  input  wire                          early_norm,
  input  wire                          early_second,
  input  wire [3:0]                    early_width,
  input  wire                          middle_first,
  input  wire                          middle_rates,
  input  wire                          middle_norm,
  input  wire                          late_first,
  input  wire                          late_closes,
  input  wire signed [2*WORD_BITS-1:0] item,
  // counts
  output reg  [GROUPS_BITS-1:0]        y_address,
  input  wire [COUNT_BITS-1:0]         y_data,
  // to the normaliser
  output reg  [5:0]                    exponent,
  output reg  [7:0]                    index,
  output reg  signed [2*WORD_BITS-1:0] residual,
  output reg  [WORD_BITS-1:0]          background_operand,
  output reg  [3:0]                    width,
  // scales: of this pass, and for the next one
  output reg  signed [6:0]             background_exponent,
  output reg  signed [6:0]             least_exponent,
  output reg  [5:0]                    residual_length
);
  localparam W = WORD_BITS, S = 2 * W;
  localparam BG = S + 12;
  localparam MU = S + 5;
  localparam [31:0] FQ_32 = W - 5, TOP_32 = W - 1, S_TOP_32 = S - 1;
  localparam signed [7:0] FQ = FQ_32[7:0];
  localparam signed [7:0] TOP = TOP_32[7:0];
  localparam [5:0] S_TOP = S_TOP_32[5:0];
  localparam [5:0] MU_FLOOR_BITS = 14;

  // ---- background ----
  reg signed [BG-1:0] level;
  reg [1:0]           doublings;
  reg                 level_new, opening;          // opening: no background yet
  reg [S-1:0]         floor_mu;
  wire level_full = level[BG-1] != level[BG-2];
  wire doubles = (at[0] && early_first && early_second) || doublings != 2'd0;
  wire signed [BG-9:0] level_bin = level[BG-1:8];
  reg  [S-1:0] floor_least;
  always @(posedge clk) begin
    level_new <= background_valid;
    floor_least <= {{(S-1){1'b0}}, 1'b1} << (fraction_bits > MU_FLOOR_BITS ? fraction_bits - MU_FLOOR_BITS : 6'd0);
    if (background_valid) level <= background_wide ? {{4{background[S-1]}}, background, 8'd0} : {{12{background[S-1]}}, background};
    else if (doubles && !level_full) level <= {level[BG-2:0], 1'b0};
    if (background_valid) doublings <= 2'd0;
    else if (level_new && opening && eighth) doublings <= 2'd3;
    else if (doublings != 2'd0) doublings <= doublings - 2'd1;
    if (level_new) floor_mu <= !level_bin[BG-9] && level_bin[S-1:0] > floor_least ? level_bin[S-1:0] : floor_least;
  end

  // ---- mean ----
  reg signed [MU-1:0]  sum;
  reg [S-1:0]          mu;
  reg                  mu_special;
  wire mu_over = !sum[MU-1] && sum[MU-2:S-1] != {(MU-S){1'b0}};
  wire [S-1:0] mu_sat = mu_over ? {1'b0, {(S-1){1'b1}}} : sum[S-1:0];
  wire below = sum < $signed({{(MU-S){1'b0}}, floor_mu});
  wire special = level_new && opening;
  reg [S-1:0] magnitude;                       // of all residuals, ored

  always @(posedge clk) begin
    if (load) opening <= 1'b1;
    else if (level_new) opening <= 1'b0;
    if (at[10] && late_closes)
      sum <= (late_first ? {{(MU-S-4){level_bin[BG-9]}}, level_bin} + {{(MU-1){1'b0}}, level[7]} : sum) + {{(MU-S){item[S-1]}}, item};
    if (special) mu <= level_bin[S-1:0] + {{(S-1){1'b0}}, 1'b1};
    else if (finish) mu <= magnitude;
    else if (at[7] && middle_first && middle_rates) mu <= below ? floor_mu : mu_sat;
    mu_special <= special;
  end

  // ---- binade: leading zeros in three clocks ----
  reg [S-1:0] n_1, n_2, n_3;
  reg [5:4]   zeros_1;
  reg [5:2]   zeros_2;
  reg [5:0]   zeros_3;
  reg [3:1]   special_q;
  wire        z_32 = S > 32 && mu[S-1:S-32] == 32'd0;
  wire [S-1:0] m_32 = z_32 ? mu << 32 : mu;
  wire        z_16 = m_32[S-1:S-16] == 16'd0;
  wire [S-1:0] m_16 = z_16 ? m_32 << 16 : m_32;
  wire        z_8 = n_1[S-1:S-8] == 8'd0;
  wire [S-1:0] m_8 = z_8 ? n_1 << 8 : n_1;
  wire        z_4 = m_8[S-1:S-4] == 4'd0;
  wire [S-1:0] m_4 = z_4 ? m_8 << 4 : m_8;
  wire        z_2 = n_2[S-1:S-2] == 2'd0;
  wire [S-1:0] m_2 = z_2 ? n_2 << 2 : n_2;
  wire        z_1 = !m_2[S-1];
  wire [S-1:0] m_1 = z_1 ? m_2 << 1 : m_2;
  always @(posedge clk) begin
    n_1 <= m_16;
    zeros_1 <= {z_32, z_16};
    n_2 <= m_4;
    zeros_2 <= {zeros_1, z_8, z_4};
    n_3 <= m_1;
    zeros_3 <= {zeros_2, z_2, z_1};
    special_q <= {special_q[2:1], mu_special};
  end
  wire [5:0] binade = S_TOP - zeros_3;

  // ---- residual ----
  reg [S-1:0] y_scaled;
  reg [3:0]   by_4;
  reg [1:0]   by_1;
  reg         residual_new, exponent_new;
  reg signed [7:0] relative_exponent, up;
  wire take = at[4] && middle_first;
  always @(posedge clk) begin
    if (take && middle_rates) begin
      y_scaled <= {{(S-COUNT_BITS){1'b0}}, y_data};
      by_4 <= fraction_bits[5:2];
      by_1 <= fraction_bits[1:0];
      y_address <= y_address + {{(GROUPS_BITS-1){1'b0}}, 1'b1};
    end else if (by_4 != 4'd0) begin
      y_scaled <= {y_scaled[S-5:0], 4'd0};
      by_4 <= by_4 - 4'd1;
    end else if (by_1 != 2'd0) begin
      y_scaled <= {y_scaled[S-2:0], 1'b0};
      by_1 <= by_1 - 2'd1;
    end
    if (take && middle_norm) residual <= y_scaled - mu;
    residual_new <= take && middle_norm;
    if (residual_new) magnitude <= magnitude | (residual ^ {S{residual[S-1]}});
    if (start) begin
      y_address <= {GROUPS_BITS{1'b0}};
      magnitude <= {S{1'b0}};
    end
  end

  // ---- scales ----
  always @(posedge clk) begin
    if (at[3] && early_first && early_norm) begin
      exponent <= binade;
      width <= early_width;
    end
    if (at[5] && middle_first) index <= n_3[S-2:S-9];
    relative_exponent <= {2'd0, exponent} - {4'd0, width};
    exponent_new <= at[5] && middle_first && middle_norm;
    if (exponent_new && relative_exponent < $signed({least_exponent[6], least_exponent})) least_exponent <= relative_exponent[6:0];
    up <= FQ + {background_exponent[6], background_exponent} - relative_exponent;
    if (at[7] && middle_first) background_operand <= up >= TOP ? {1'b0, {(W-1){1'b1}}} : up == -8'sd1 ? {{(W-1){1'b0}}, 1'b1} :
                                                     up < 8'sd0 ? {W{1'b0}} : {{(W-1){1'b0}}, 1'b1} << up[4:0];
    if (start) begin
      least_exponent <= 7'sd63;
      background_exponent <= carried_exponent;
    end
    if (special_q[3] && first_pass) background_exponent <= {1'b0, binade};
    residual_length <= n_3[S-1] ? binade + 6'd1 : 6'd0;
  end
endmodule
`default_nettype wire
