#!/bin/sh
# ta_engine against host/model/ta_engine.c in Verilator, in words of 18 bits (the ECP5's form with the fewest cells) and of 20 (WORDS). TRACES: how many each (250).
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
for w in ${WORDS:-18 20}; do
  form=
  [ "$w" = 18 ] && form='-GTARGET="ecp5" -GFEW_CELLS=1 -y sim/cells -Wno-WIDTH -Wno-PINMISSING'
  bench=$out/verilated_$w/bench
  rm -f "$bench"
  verilator --cc --exe --build -O3 -Wall -Irtl/link -y rtl/ta -y rtl/decay -y rtl/fit -y rtl/arith --top-module ta_engine -GWORD_BITS="$w" $form \
    --Mdir "$out/verilated_$w" -o bench -CFLAGS "-O1 -std=c++17 -I$PWD/host/model -I$PWD/host/session -DWORD_BITS=$w" rtl/ta/ta_engine.v \
    "$PWD/tests/rtl/ta_engine/bench.cpp" $objects > "$out/verilator.log" 2>&1 || { cat "$out/verilator.log"; exit 1; }
  # the other simulator reads it, too
  iverilog -g2005 -Irtl/link -y rtl/ta -y rtl/decay -y rtl/fit -y rtl/arith -s ta_engine -Pta_engine.WORD_BITS="$w" -o "$out/icarus.vvp" rtl/ta/ta_engine.v \
    > "$out/icarus.log" 2>&1
  (cd "$out" && vvp -n icarus.vvp >> icarus.log) || { tail -n 5 "$out/icarus.log"; exit 1; }
  (cd "$out" && "verilated_$w/bench" 1 "${TRACES:-250}" > bench.log) || true
  tail -n 22 "$out/bench.log"
  tail -n 1 "$out/bench.log" | grep -q ' 0 failed'
done
