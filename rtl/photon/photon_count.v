// Two banks of counters: one photon a clock is added to one bank while the other is read and zeroed.
//
// Purpose    count[bank][address] += 1 for each add, whatever the order of addresses and banks: an add finds what the two before it
//            wrote by comparing addresses, older ones in the memory.
// Formats    counts of COUNT_BITS, unsigned
// Latency    an add stands in the memory 3 clocks later; read_data one clock after read_address
// Throughput one add a clock; one read a clock of the bank that is not added to (in a clock with an add to its own bank the read gives
//            that address instead)
// Overflow   a count stays at its maximum; `over` tells each add that found it there
// Does not   zero by itself. zero_* and an add to the same bank must be 3 clocks apart.
`default_nettype none
module photon_count #(
  parameter COUNT_BITS = 17,
  parameter ADDRESS_BITS = 8
) (
  input  wire                    clk,
  input  wire                    rst,
  // photons
  input  wire                    add_valid,
  input  wire                    add_bank,
  input  wire [ADDRESS_BITS-1:0] add_address,
  output wire                    over,           // of an add of two clocks before
  output wire                    over_bank,
  // the other bank
  input  wire                    read_bank,
  input  wire [ADDRESS_BITS-1:0] read_address,
  output wire [COUNT_BITS-1:0]   read_data,
  input  wire                    zero_valid,
  input  wire                    zero_bank,
  input  wire                    zero_both,
  input  wire [ADDRESS_BITS-1:0] zero_address
);
  localparam [COUNT_BITS-1:0] MOST = {COUNT_BITS{1'b1}};

  (* no_rw_check *) reg [COUNT_BITS-1:0] bank_0 [0:(1<<ADDRESS_BITS)-1];
  (* no_rw_check *) reg [COUNT_BITS-1:0] bank_1 [0:(1<<ADDRESS_BITS)-1];

  // Stage 1: the counts have been read. Stage 2: the sum is written. Stage 3: it has been.
  reg                    valid_1, valid_2, at_1, at_2;
  reg [ADDRESS_BITS-1:0] address_1, address_2;
  reg [COUNT_BITS-1:0]   data_0, data_1, sum_2, sum_3;
  reg                    near, far, read_at;

  wire add_0 = add_valid && !add_bank;
  wire add_1 = add_valid && add_bank;
  wire [COUNT_BITS-1:0] stored = at_1 ? data_1 : data_0;
  wire [COUNT_BITS-1:0] old_count = near ? sum_2 : far ? sum_3 : stored;
  wire                  full = old_count == MOST;

  assign over = valid_1 && full;
  assign over_bank = at_1;
  assign read_data = read_at ? data_1 : data_0;

  wire write_0 = valid_2 && !at_2;
  wire write_1 = valid_2 && at_2;
  wire zero_0 = zero_valid && (!zero_bank || zero_both);
  wire zero_1 = zero_valid && (zero_bank || zero_both);

  always @(posedge clk) begin
    if (write_0 || zero_0) bank_0[write_0 ? address_2 : zero_address] <= write_0 ? sum_2 : {COUNT_BITS{1'b0}};
    if (write_1 || zero_1) bank_1[write_1 ? address_2 : zero_address] <= write_1 ? sum_2 : {COUNT_BITS{1'b0}};
    data_0 <= bank_0[add_0 ? add_address : read_address];
    data_1 <= bank_1[add_1 ? add_address : read_address];
    read_at <= read_bank;

    valid_1 <= add_valid && !rst;
    valid_2 <= valid_1 && !rst;
    at_1 <= add_bank;
    at_2 <= at_1;
    address_1 <= add_address;
    address_2 <= address_1;
    // of what will be one and two stages ahead when this add is in stage 1
    near <= valid_1 && at_1 == add_bank && address_1 == add_address;
    far <= valid_2 && at_2 == add_bank && address_2 == add_address;
    sum_2 <= full ? MOST : old_count + {{(COUNT_BITS-1){1'b0}}, 1'b1};
    sum_3 <= sum_2;
  end
endmodule
`default_nettype wire
