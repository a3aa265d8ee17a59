#!/bin/sh
# ta_engine against host/model/ta_engine.c in Verilator, in words of 18 and of 20 bits, with the ECP5's multipliers: without kept columns in the form with
# the fewest cells, with them. FORMS: word bits and KEEP of each; TRACES: how many each (250).
set -eu
cd "$(dirname "$0")/../../.."
out=build/tests/ta_engine
mkdir -p "$out"
cp rtl/ta/*.hex rtl/fit/ta_*.hex "$out"
objects=
for source in host/model/ta_engine.c host/model/ta_pass.c host/model/ta_tables.c host/model/ta_program.c host/model/fit_processor.c \
  host/model/fit_float.c host/model/fit_tables.c host/session/words.c; do
  object=$PWD/$out/$(basename "$source" .c).o
  ${CC:-cc} -std=c11 -O2 -Ihost/model -Ihost/session -c -o "$object" "$source"
  objects="$objects $object"
done
for form in ${FORMS:-18:0 18:1 20:1}; do
  w=${form%:*}
  keep=${form#*:}
  built=$out/verilated_${w}_$keep
  rm -f "$built/bench"
  sim/verilate --cc --exe --build -O3 -Wall -Wno-WIDTH -Wno-PINMISSING -Irtl/link -y rtl/ta -y rtl/decay -y rtl/fit -y rtl/arith -y sim/cells --top-module ta_engine \
    -GWORD_BITS="$w" -GKEEP="$keep" -GFEW_CELLS=$((1 - keep)) -GTARGET='"ecp5"' --Mdir "$built" -o bench \
    -CFLAGS "-O1 -std=c++17 -I$PWD/host/model -I$PWD/host/session -DWORD_BITS=$w -DKEEP=$keep" rtl/ta/ta_engine.v \
    "$PWD/tests/rtl/ta_engine/bench.cpp" $objects > "$out/verilator.log" 2>&1 || { cat "$out/verilator.log"; exit 1; }
  # the other simulator reads it, too
  iverilog -g2005 -Irtl/link -y rtl/ta -y rtl/decay -y rtl/fit -y rtl/arith -s ta_engine -Pta_engine.WORD_BITS="$w" -Pta_engine.KEEP="$keep" \
    -o "$out/icarus.vvp" rtl/ta/ta_engine.v > "$out/icarus.log" 2>&1
  (cd "$out" && vvp -n icarus.vvp >> icarus.log) || { tail -n 5 "$out/icarus.log"; exit 1; }
  (cd "$out" && "verilated_${w}_$keep/bench" 1 "${TRACES:-250}" > bench.log) || true
  tail -n 22 "$out/bench.log"
  tail -n 1 "$out/bench.log" | grep -q ' 0 failed'
done
