#!/bin/sh
# decay_serial against host/model/decay_pass.c: Verilator with the bench of decay_pass, Icarus with vectors of the model.
# SESSIONS: layouts (about 5 passes each).
set -eu
cd "$(dirname "$0")/../../.."
out=build/tests/decay_serial
mkdir -p "$out"
passed=0
failed=0
count() {
  cat "$1"
  set -- $(tail -n 1 "$1")
  passed=$((passed + $1))
  failed=$((failed + $3))
}
here=$PWD
sources="$here/rtl/decay_serial/decay_serial.v $here/rtl/decay_serial/decay_serial_control.v
  $here/rtl/decay_serial/decay_serial_shift.v $here/rtl/decay_serial/decay_serial_lane.v $here/rtl/arith/multiply.v $here/rtl/arith/multiply_sum.v $here/rtl/arith/multiply_held.v"
include="-I$here/rtl/decay_serial"
rtl/decay_serial/program/serial.py --check
cp rtl/decay_serial/decay_serial.hex "$out"
verilator --lint-only -Wall --top-module decay_serial $include $sources
for c in decay_pass fit_float fit_tables; do
  ${CC:-cc} -std=c11 -O2 -c -o "$out/$c.o" host/model/$c.c
done
sim/verilate --cc --exe --build -O3 --top-module decay_serial $include --Mdir "$out/verilated" -o bench \
  -CFLAGS "-O1 -std=c++17 -DWORD_BITS=16 -DSERIAL -I$here/host/model" $sources "$here/tests/rtl/decay_pass/bench.cpp" \
  "$here/$out/decay_pass.o" "$here/$out/fit_float.o" "$here/$out/fit_tables.o" > "$out/verilator.log"
cd "$out"
verilated/bench 16 "${SESSIONS:-800}" > bench.log || true
count bench.log
# a few passes in the other simulator
verilated/bench 7 6 vectors.txt > /dev/null || true
iverilog -g2005 "-I$here/tests/rtl" $include -o icarus -s tb -Ptb.VECTORS='"vectors.txt"' "$here/tests/rtl/decay_serial/tb.v" $sources
vvp -n icarus > icarus.log
count icarus.log
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
