// Any layout that fits: when filling is over, every bin of the layout holds the number of its group, by the groups' widths 8, 1, 2, 4, .. in turn; each is
// written once, in order. A lookup gives what its bin holds.
// module: rtl/photon/photon_map.v
// parameters: BINS_BITS=5 INDEX_BITS=4
// depth: 2
// mutate: bins_left <= bins_left == 12'd0 ? width : bins_left - 12'd1; => bins_left <= bins_left == 12'd1 ? width : bins_left - 12'd1;
// mutate: region == 4'd0 ? 12'd7 => region == 4'd0 ? 12'd8
// mutate: (12'd2 << octave) => (12'd4 << octave)
// mutate: groups[at] <= number; => groups[at] <= number + {{(INDEX_BITS-1){1'b0}}, bins_left == 12'd0};
// mutate: group <= groups[bin]; => group <= groups[at];
// mutate: state <= region == REGION_LAST ? M_IDLE : M_ASK; => state <= region == 4'd11 ? M_IDLE : M_ASK;
localparam F_BINS = 1 << BINS_BITS;
(* anyconst *) reg [BINS_BITS-1:0] f_bin;       // one bin of all
(* anyconst *) reg [31:0] f_pre_fine, f_octaves_0, f_octaves_1, f_octaves_2;
reg f_begun = 1'b0;

// groups of a region and log2 of their width
function [15:0] f_groups(input [3:0] r);
  case (r)
    4'd0: f_groups = f_pre_fine[31:16];
    4'd1: f_groups = f_pre_fine[15:0];
    4'd2: f_groups = {8'd0, f_octaves_0[7:0]};
    4'd3: f_groups = {8'd0, f_octaves_0[15:8]};
    4'd4: f_groups = {8'd0, f_octaves_0[23:16]};
    4'd5: f_groups = {8'd0, f_octaves_0[31:24]};
    4'd6: f_groups = {8'd0, f_octaves_1[7:0]};
    4'd7: f_groups = {8'd0, f_octaves_1[15:8]};
    4'd8: f_groups = {8'd0, f_octaves_1[23:16]};
    4'd9: f_groups = {8'd0, f_octaves_1[31:24]};
    4'd10: f_groups = {8'd0, f_octaves_2[7:0]};
    4'd11: f_groups = {8'd0, f_octaves_2[15:8]};
    4'd12: f_groups = {8'd0, f_octaves_2[23:16]};
    default: f_groups = 16'd0;
  endcase
endfunction
function [3:0] f_log2(input [3:0] r);
  f_log2 = r == 4'd0 ? 4'd3 : r == 4'd1 ? 4'd0 : r - 4'd1;
endfunction
reg  [2:0]  f_asked = 0;
reg  [15:0] f_first_bin = 0, f_first_group = 0;   // of the region
reg         f_written = 1'b0;
reg  [INDEX_BITS-1:0] f_held, f_expected = 0;
reg         f_over = 1'b0;
reg  [BINS_BITS-1:0] f_looked = 0;
wire [31:0] f_bins_of_region = {16'd0, f_groups(region)} << f_log2(region);
wire [15:0] f_done = f_groups(region) - groups_left;   // groups of the region
wire [15:0] f_at = state == M_WALK ? f_first_bin + (f_done << f_log2(region)) + (width - bins_left) : f_first_bin;
wire [15:0] f_number = f_first_group + ((({11'd0, f_bin}) - f_first_bin) >> f_log2(region));
always @* begin
  assume (rst == !f_begun);
  assume (layout_word == (f_asked == LAYOUT_FINE[2:0] ? f_pre_fine : f_asked == LAYOUT_OCTAVES_0[2:0] ? f_octaves_0 :
                          f_asked == LAYOUT_OCTAVES_0[2:0] + 3'd1 ? f_octaves_1 : f_octaves_2));
  if (filling) assume (!fill);
  // decay_config accepted it
  if (state == M_TAKE) assume (f_bins_of_region + f_first_bin <= F_BINS && {16'd0, f_first_group} + f_groups(region) <= (1 << INDEX_BITS));
end
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_asked <= layout_index;
  f_looked <= bin;
  f_over <= filling && !rst;
  if (!filling && fill) {f_first_bin, f_first_group, f_written} <= 0;
  if (state == M_WALK && groups_left != 0 && at == f_bin && {11'd0, at} == f_at) begin
    f_written <= 1'b1;
    f_expected <= f_number[INDEX_BITS-1:0];
  end
  if (state == M_WALK && groups_left == 0) begin
    f_first_bin <= f_first_bin + f_bins_of_region[15:0];
    f_first_group <= f_first_group + f_groups(region);
  end
  if (rst) {f_written, f_first_bin, f_first_group} <= 0;
end
always @(posedge clk) if (f_begun) begin
  if (filling) begin
    assert (region <= REGION_LAST);
    assert (f_first_bin <= F_BINS);
    assert (f_first_group <= (1 << INDEX_BITS));
    assert (at == f_at[BINS_BITS-1:0]);
    assert (f_at <= F_BINS);
    assert (f_written == (f_at > f_bin));
    if (state == M_WALK) begin
      assert (groups_left <= f_groups(region));
      assert (bins_left <= width);
      assert (groups_left != 0 || bins_left == width);
      assert (f_bins_of_region + f_first_bin <= F_BINS);
      assert ({16'd0, f_first_group} + f_groups(region) <= (1 << INDEX_BITS));
      assert (number == f_first_group[INDEX_BITS-1:0] + f_done[INDEX_BITS-1:0]);
    end else assert (number == f_first_group[INDEX_BITS-1:0]);
    if (state == M_TAKE) assert (f_asked == layout_index);
  end
  if (f_written) assert (groups[f_bin] == f_expected);
  // after the last region: all bins of the layout
  if (!filling && f_over) assert (f_written == (f_first_bin > f_bin));
end
// a lookup
always @(posedge clk) if (f_begun && f_looked == f_bin && f_written && !filling && !f_over) assert (group == f_expected);
