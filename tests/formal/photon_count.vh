// Adds in any order to any addresses of both banks, one a clock, while the other bank is read and zeroed: the count of any one address is the
// number of its adds since it was zeroed, none lost, none doubled, and it stays at its maximum.
// module: rtl/photon/photon_count.v
// parameters: COUNT_BITS=3 ADDRESS_BITS=2
// depth: 5
// mutate: near_2 ? sum_3 : count_2 => count_2
// mutate: middle ? sum_3 : far ? sum_4 : stored => far ? sum_4 : stored
// mutate: middle ? sum_3 : far ? sum_4 : stored => middle ? sum_3 : stored
// mutate: near_1 <= valid_1 && at_1 == add_bank && => near_1 <= valid_1 &&
// mutate: sum_3 <= full ? MOST : old_count => sum_3 <= old_count
// mutate: data_1 <= bank_1[add_1 ? add_address => data_1 <= bank_1[add_0 ? add_address
(* anyconst *) wire                    f_bank;
(* anyconst *) wire [ADDRESS_BITS-1:0] f_address;
reg                  f_begun = 1'b0;
reg [COUNT_BITS-1:0] f_adds;            // including those on their way
initial {valid_1, valid_2, valid_3} = 3'b000;

wire f_add = add_valid && add_bank == f_bank && add_address == f_address;
wire f_hit_1 = valid_1 && at_1 == f_bank && address_1 == f_address;
wire f_hit_2 = valid_2 && at_2 == f_bank && address_2 == f_address;
wire f_hit_3 = valid_3 && at_3 == f_bank && address_3 == f_address;
reg  f_hit_4 = 1'b0;
wire f_zero = (f_bank ? zero_1 : zero_0) && zero_address == f_address;
wire [COUNT_BITS-1:0] f_memory = f_bank ? bank_1[f_address] : bank_0[f_address];
wire [COUNT_BITS-1:0] f_written = f_hit_3 ? sum_3 : f_memory;
wire [COUNT_BITS-1:0] f_second = f_hit_2 && f_written != MOST ? f_written + 1'b1 : f_written;
wire [COUNT_BITS-1:0] f_first = f_hit_1 && f_second != MOST ? f_second + 1'b1 : f_second;

// what the caller keeps: a bank is zeroed only while nothing is added to it
always @* begin
  assume (!rst);
  if (zero_0) assume (!add_0 && !(valid_1 && !at_1) && !(valid_2 && !at_2) && !(valid_3 && !at_3));
  if (zero_1) assume (!add_1 && !(valid_1 && at_1) && !(valid_2 && at_2) && !(valid_3 && at_3));
  if (!f_begun) assume (f_adds == f_memory && !valid_1 && !valid_2 && !valid_3);
end
always @(posedge clk) begin
  f_begun <= 1'b1;
  f_hit_4 <= f_hit_3;
  if (f_zero) f_adds <= {COUNT_BITS{1'b0}};
  else if (f_add && f_adds != MOST) f_adds <= f_adds + 1'b1;
end
always @* if (f_begun) begin
  assert (f_adds == f_first);
  if (f_hit_2) assert (old_count == f_written);
  if (f_hit_2) assert (near_2 == f_hit_3);
  if (f_hit_1) assert (near_1 == f_hit_2 && middle == f_hit_3 && far == f_hit_4);
  if (f_hit_1) assert (f_memory == (f_hit_4 ? sum_4 : stored));
  if (over && f_hit_2) assert (f_adds == MOST);
end
// what is read, with nothing on its way to it, is that number
reg f_looks = 1'b0, f_clean = 1'b0;
always @(posedge clk) begin
  f_looks <= read_bank == f_bank && read_address == f_address && !(f_bank ? add_1 : add_0) && !f_hit_1 && !f_hit_2 && !f_hit_3 && !f_zero;
  f_clean <= !f_add && !f_zero;
end
always @* if (f_looks && f_clean) assert (read_data == f_adds);
