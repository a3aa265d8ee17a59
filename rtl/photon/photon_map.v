// Which group a bin belongs to: a memory, filled from the layout when a measurement begins.
//
// Purpose    Walks over the groups of the layout (8 bins each, then 1, then 2, 4, 8, ..) and writes each group's number into its bins.
//            The same rule as decay_loader's.
// Formats    the layout words of a configuration (protocol.vh), asked for by `layout_index`, one clock later in `layout_word`
// Latency    group one clock after bin; filling: a clock a bin and 4 a width
// Throughput one bin a clock
// Overflow   none: the layout is one that decay_config accepted
// Does not   give anything of use while it fills
`default_nettype none
module photon_map #(
  parameter BINS_BITS = 10,
  parameter INDEX_BITS = 8
) (
  input  wire                  clk,
  input  wire                  rst,
  input  wire                  fill,           // pulse
  output wire                  filling,
  output wire [2:0]            layout_index,
  input  wire [31:0]           layout_word,
  // lookup
  input  wire [BINS_BITS-1:0]  bin,
  output reg  [INDEX_BITS-1:0] group
);
  `include "protocol.vh"

  localparam [1:0] M_IDLE = 2'd0, M_ASK = 2'd1, M_TAKE = 2'd2, M_WALK = 2'd3;
  localparam [3:0] REGION_LAST = 4'd12;         // 0 pre-groups, 1 fine bins, 2.. width 2^(region - 1)

  (* no_rw_check *) reg [INDEX_BITS-1:0] groups [0:(1<<BINS_BITS)-1];

  reg [1:0]            state;
  reg [3:0]            region;
  reg [BINS_BITS-1:0]  at;
  reg [INDEX_BITS-1:0] number;
  reg [15:0]           groups_left;
  reg [11:0]           bins_left;               // of the group, less one

  assign filling = state != M_IDLE;
  wire [3:0] octave = region - 4'd2;            // from 0
  wire [2:0] octave_word = {1'b0, octave[3:2]} + LAYOUT_OCTAVES_0[2:0];
  assign layout_index = region[3:1] == 3'd0 ? LAYOUT_FINE[2:0] : octave_word;

  wire [7:0]  octave_item = layout_word[{octave[1:0], 3'b000} +: 8];
  wire [15:0] item = region == 4'd0 ? layout_word[31:16] : region == 4'd1 ? layout_word[15:0] : {8'd0, octave_item};
  wire [11:0] width = region == 4'd0 ? 12'd7 : region == 4'd1 ? 12'd0 : (12'd2 << octave) - 12'd1;

  always @(posedge clk) begin
    group <= groups[bin];
    if (state == M_WALK && groups_left != 16'd0) groups[at] <= number;

    case (state)
      M_IDLE: begin
        region <= 4'd0;
        at <= {BINS_BITS{1'b0}};
        number <= {INDEX_BITS{1'b0}};
      end
      M_ASK: state <= M_TAKE;
      M_TAKE: begin
        groups_left <= item;
        bins_left <= width;
        state <= M_WALK;
      end
      default:
        if (groups_left != 16'd0) begin
          at <= at + {{(BINS_BITS-1){1'b0}}, 1'b1};
          bins_left <= bins_left == 12'd0 ? width : bins_left - 12'd1;
          if (bins_left == 12'd0) begin
            number <= number + {{(INDEX_BITS-1){1'b0}}, 1'b1};
            groups_left <= groups_left - 16'd1;
          end
        end else begin
          region <= region + 4'd1;
          state <= region == REGION_LAST ? M_IDLE : M_ASK;
        end
    endcase
    if (fill) state <= M_ASK;
    if (rst) state <= M_IDLE;
  end
endmodule
`default_nettype wire
