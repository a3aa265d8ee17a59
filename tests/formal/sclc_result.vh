// The iCE40's tables (TARGET "ice40", as a number) hold what the equation says.
// module: rtl/sclc/sclc_result.v
// needs: tests/lint/cells/SB_LUT4.v
// parameters: TARGET=56'h6963653430
// depth: 1
// mutate: 16'hFFF8 => 16'hFFF0
// mutate: 16'hFFF8 => 16'hFF78
always @* assert (y == (first | second | (last & {64{gate}})));
