// Where a frame ends and the next begins: chooses each photon's bank, counts what a frame is about.
//
// Purpose    Photons go to the active bank. When a frame is due to end (its photons are there, its clocks are over, marker, command) the
//            other bank becomes the active one in the same clock: the photon of that clock is the old frame's, the next one the new
//            frame's. While the other bank is not free, photons that can wait are held (`hold_photons`), others still go to the old frame,
//            which is then `extended`.
// Formats    counts modulo 2^32, clocks 64 bits from reset; facts_* of the closed frame stand until `release_bank`
// Latency    add_* one clock after a photon is taken
// Throughput one photon a clock
// Overflow   `saturated` sticks for each bank until it is released
// Does not   look at bins: photon_inside says whether one has a group
`default_nettype none
module photon_frame (
  input  wire        clk,
  input  wire        rst,
  input  wire        start,             // pulse: frame 0 begins; both banks are free and empty
  input  wire        running,
  // rules
  input  wire        hold_photons,
  input  wire [31:0] limit_photons,     // 0: none
  input  wire [47:0] limit_clocks,      // 0: none
  input  wire        by_marker,
  input  wire        marker,            // pulse
  input  wire        command,           // pulse; no photon comes in this clock
  // photons
  input  wire        photon_valid,
  output wire        photon_ready,
  input  wire        photon_inside,
  input  wire [1:0]  lost,              // so many in this clock
  input  wire [1:0]  syncs_in,
  output reg         add_valid,
  output reg         add_bank,
  input  wire        over,
  input  wire        over_bank,
  // the closed frame
  output wire        due,               // it has to end and cannot yet
  output wire        closed,
  output wire        closed_bank,
  input  wire        release_bank,      // pulse: the closed frame's bank is zero again
  output wire        saturated,
  output reg  [31:0] facts_number,
  output reg  [31:0] facts_photons,
  output reg  [31:0] facts_outside,
  output reg  [31:0] facts_lost,
  output reg  [31:0] facts_syncs,
  output reg  [63:0] facts_start,
  output reg  [63:0] facts_end,
  output reg  [1:0]  facts_reason,
  output reg         facts_extended,
  output wire [31:0] now
);
  localparam [1:0] BY_PHOTONS = 2'd0, BY_TIME = 2'd1, BY_MARKER = 2'd2, BY_COMMAND = 2'd3;

  reg        bank, other_free, waits;
  reg [1:0]  waits_why, over_seen;
  reg [31:0] number, photons, outside, lost_count, syncs;
  reg [63:0] clocks, began;
  reg [47:0] left;
  reg        timed, time_over;      // left is not zero; is one
  reg [31:0] photons_left;          // to the limit
  reg        is_last;               // one is left

  wire takes = photon_valid && photon_ready;
  wire counts = takes && photon_inside;
  assign photon_ready = running && !(waits && hold_photons);

  wire [31:0] photons_next = photons + {31'd0, counts};
  wire        photons_over = counts && is_last;
  wire        marker_here = by_marker && marker;
  wire        ends = running && (photons_over || time_over || marker_here || command);
  wire [1:0]  why = waits ? waits_why : photons_over ? BY_PHOTONS : command ? BY_COMMAND : marker_here ? BY_MARKER : BY_TIME;
  wire        swap = (waits || ends) && other_free;

  assign due = waits;
  assign closed = !other_free;
  assign closed_bank = !bank;
  assign saturated = over_seen[closed_bank];
  assign now = clocks[31:0];

  always @(posedge clk) begin
    clocks <= clocks + 64'd1;
    add_valid <= counts && !rst;
    add_bank <= bank;

    photons <= photons_next;
    outside <= outside + {31'd0, takes && !photon_inside};
    lost_count <= lost_count + {30'd0, lost};
    syncs <= syncs + {30'd0, syncs_in};
    // a frame that is over by time while nothing runs ends when it does again
    if (timed && (!time_over || running)) begin
      left <= left - 48'd1;
      timed <= !time_over;
      time_over <= left == 48'd2;
    end
    if (ends && !waits) waits_why <= why;
    waits <= (waits || ends) && !swap;

    if (swap) begin
      facts_number <= number;
      facts_photons <= photons_next;
      facts_outside <= outside + {31'd0, takes && !photon_inside};
      facts_lost <= lost_count + {30'd0, lost};
      facts_syncs <= syncs + {30'd0, syncs_in};
      facts_start <= began;
      facts_end <= clocks;
      facts_reason <= why;
      facts_extended <= waits && !hold_photons;
      bank <= !bank;
      other_free <= 1'b0;
      number <= number + 32'd1;
    end else if (release_bank) other_free <= 1'b1;
    if (swap || start) begin
      {photons, outside, lost_count, syncs} <= 128'd0;
      began <= clocks;
      left <= limit_clocks;
      timed <= limit_clocks != 48'd0;
      time_over <= limit_clocks == 48'd1;
      photons_left <= limit_photons;
      is_last <= limit_photons == 32'd1;
    end else if (counts) begin
      photons_left <= photons_left - 32'd1;
      is_last <= photons_left == 32'd2;
    end
    if (start) number <= 32'd0;

    if (over) over_seen[over_bank] <= 1'b1;
    if (release_bank) over_seen[closed_bank] <= 1'b0;
    if (start) over_seen <= 2'b00;

    if (rst || start) begin
      bank <= 1'b0;
      other_free <= 1'b1;
      waits <= 1'b0;
    end
    if (rst) clocks <= 64'd0;
  end
endmodule
`default_nettype wire
