#!/bin/sh
# decay_pass against host/model/decay_pass.c: Verilator for both word lengths, Icarus with vectors of the model.
# SESSIONS: layouts for each word length (about 5 passes each).
set -eu
cd "$(dirname "$0")/../../.."
out=build/tests/decay_pass
mkdir -p "$out"
passed=0
failed=0
count() {
  cat "$1"
  set -- $(tail -n 1 "$1")
  passed=$((passed + $1))
  failed=$((failed + $3))
}
sources="rtl/decay/decay_pass.v rtl/decay/decay_sequencer.v rtl/decay/decay_coefficients.v rtl/decay/decay_fir.v
  rtl/decay/decay_recursion.v rtl/decay/decay_mean.v rtl/decay/decay_normaliser.v rtl/decay/decay_lanes.v
  rtl/decay/decay_schedule.v rtl/arith/multiply.v"
parameters_16="-GWORD_BITS=16 -GCOMPONENTS_MAX=3 -GFINE_MAX=192 -GGROUPS_MAX=256 -GACCUMULATOR_BITS=48"
parameters_18="-GWORD_BITS=18 -GCOMPONENTS_MAX=4 -GFINE_MAX=480 -GGROUPS_MAX=512 -GACCUMULATOR_BITS=54"
for bits in 16 18; do
  eval "parameters=\$parameters_$bits"
  verilator --lint-only -Wall --top-module decay_pass $parameters $sources
  for c in decay_pass fit_float fit_tables; do
    ${CC:-cc} -std=c11 -O2 -c -o "$out/$c.o" host/model/$c.c
  done
  sim/verilate --cc --exe --build -O3 --top-module decay_pass $parameters --Mdir "$out/verilated_$bits" -o bench \
    -CFLAGS "-O1 -std=c++17 -DWORD_BITS=$bits -I$PWD/host/model" $sources "$PWD/tests/rtl/decay_pass/bench.cpp" \
    "$PWD/$out/decay_pass.o" "$PWD/$out/fit_float.o" "$PWD/$out/fit_tables.o" > "$out/verilator_$bits.log"
  "$out/verilated_$bits/bench" "$bits" "${SESSIONS:-400}" > "$out/bench_$bits.log" || true
  count "$out/bench_$bits.log"
  # a few passes in the other simulator
  "$out/verilated_$bits/bench" 7 4 "$out/vectors_$bits.txt" > /dev/null || true
  iverilog -g2005 -Itests/rtl -o "$out/icarus_$bits" -s tb $(echo "$parameters" | sed 's/-G/-Ptb./g') -Ptb.VECTORS="\"$out/vectors_$bits.txt\"" \
    tests/rtl/decay_pass/tb.v $sources
  vvp -n "$out/icarus_$bits" > "$out/icarus_$bits.log"
  count "$out/icarus_$bits.log"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
