// A register on each wire of the loads between the dispatcher and the farm's middle.
//
// Purpose    Signals ld_* as between dispatcher and an engine (docs/design.md); ld_* on the dispatcher's side, fl_* on the farm's. For a part so large
//            that what lies around the link and what lies between the engines are far from each other: no path goes through.
//            A begin is asked for until the farm is ready and is told a clock later, expect and missing with it. Commit and abort wait until the word
//            that stands here was taken.
// Formats    none of its own
// Latency    2 clocks of a begin, 1 of a word, 2 of a commit or an abort, 1 of reject
// Throughput a word in two clocks
// Overflow   none: what cannot be taken waits
// Does not   look at what it carries. Counts on kind, sequence and configuration that stay from a begin to its ready, on a commit or an abort that comes
//            behind the clock in which the last word was taken, and on a load whose last word makes no reject (rtl/core/farm_loads.v).
`default_nettype none
module farm_entry (
  input  wire        clk,
  input  wire        rst,
  // from the dispatcher
  input  wire        ld_begin_valid,
  output wire        ld_begin_ready,
  input  wire [1:0]  ld_kind,
  input  wire [31:0] ld_seq,
  input  wire [15:0] ld_config,
  output wire [15:0] ld_expect,
  input  wire        ld_valid,
  output wire        ld_ready,
  input  wire [31:0] ld_word,
  input  wire        ld_commit,
  input  wire        ld_abort,
  output wire        ld_reject,
  output wire        ld_missing,
  // to the farm's middle
  output wire        fl_begin_valid,
  input  wire        fl_begin_ready,
  output wire [1:0]  fl_kind,
  output wire [31:0] fl_seq,
  output wire [15:0] fl_config,
  input  wire [15:0] fl_expect,
  output wire        fl_valid,
  input  wire        fl_ready,
  output wire [31:0] fl_word,
  output wire        fl_commit,
  output wire        fl_abort,
  input  wire        fl_reject,
  input  wire        fl_missing
);
  reg        asked, told;        // of a begin
  reg        ends, breaks;       // a commit, an abort, until it has left
  reg [49:0] head;
  reg [17:0] back;

  stream_register #(.WIDTH(32)) word (
    .clk(clk), .rst(rst), .in_valid(ld_valid), .in_ready(ld_ready), .in_data(ld_word), .out_valid(fl_valid), .out_ready(fl_ready), .out_data(fl_word)
  );

  assign ld_begin_ready = told;
  assign fl_begin_valid = asked;
  assign {fl_kind, fl_seq, fl_config} = head;
  assign {ld_expect, ld_missing, ld_reject} = back;
  assign fl_commit = ends && !fl_valid;
  assign fl_abort = breaks && !fl_valid;

  always @(posedge clk) begin
    asked <= asked ? !fl_begin_ready : ld_begin_valid && !told;
    told <= asked && fl_begin_ready;
    ends <= ld_commit || (ends && fl_valid);
    breaks <= ld_abort || (breaks && fl_valid);
    head <= {ld_kind, ld_seq, ld_config};
    back <= {fl_expect, fl_missing, fl_reject};
    if (rst) begin
      asked <= 1'b0;
      told <= 1'b0;
      ends <= 1'b0;
      breaks <= 1'b0;
    end
  end
endmodule
`default_nettype wire
