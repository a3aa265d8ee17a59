// Delays and weights of a trace, signals of many.
//
// Purpose    Memories with a write port between them (which: 0 delay, 1 weight, 2 signal) and read ports of their own. Signals stand from `place` on;
//            where one is missing (bit 24 of its word) gone stands beside the weight.
// Formats    delay signed 32 bits; weight 0..65536; signal signed 24 bits
// Latency    data one clock after the address
// Throughput one write and one read of each a clock
// Overflow   a weight above 65536 becomes 65536
// Does not   say what is read in the clock in which the same address is written; say what stands where nothing was written (0 in a part and in a
//            two-state simulation; an initial value each would take yosys minutes)
`default_nettype none
module ta_samples #(
  parameter ADDRESS_BITS = 9,
  // of the signals, which stay
  parameter SIGNAL_BITS = 13
) (
  input  wire                    clk,
  input  wire                    write,
  input  wire [1:0]              which,
  input  wire [ADDRESS_BITS-1:0] write_address,
  input  wire [31:0]             write_data,
  input  wire [SIGNAL_BITS-1:0]  place,           // of the trace's first signal
  input  wire [ADDRESS_BITS-1:0] t_address,
  output reg  [31:0]             t,
  input  wire [ADDRESS_BITS-1:0] weight_address,
  output reg  [16:0]             weight,
  output reg                     gone,
  input  wire [ADDRESS_BITS-1:0] y_address,
  output reg  [23:0]             y
);
  (* ram_style = "block", no_rw_check *) reg [31:0] delays [0:(1<<ADDRESS_BITS)-1];
  (* ram_style = "block", no_rw_check *) reg [16:0] weights [0:(1<<ADDRESS_BITS)-1];
  (* ram_style = "block", no_rw_check *) reg [23:0] signals [0:(1<<SIGNAL_BITS)-1];
  (* ram_style = "block", no_rw_check *) reg missing [0:(1<<SIGNAL_BITS)-1];

  wire [SIGNAL_BITS-1:0] signal_place = place + {{(SIGNAL_BITS-ADDRESS_BITS){1'b0}}, write_address};

  always @(posedge clk) begin
    if (write && which == 2'd0) delays[write_address] <= write_data;
    if (write && which == 2'd1) weights[write_address] <= (|write_data[31:16]) ? 17'h10000 : {1'b0, write_data[15:0]};
    if (write && which == 2'd2) signals[signal_place] <= write_data[23:0];
    if (write && which == 2'd2) missing[signal_place] <= write_data[24];
    t <= delays[t_address];
    weight <= weights[weight_address];
    gone <= missing[place + {{(SIGNAL_BITS-ADDRESS_BITS){1'b0}}, weight_address}];
    y <= signals[place + {{(SIGNAL_BITS-ADDRESS_BITS){1'b0}}, y_address}];
  end
endmodule
`default_nettype wire
