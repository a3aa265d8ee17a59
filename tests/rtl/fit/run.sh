#!/bin/bash
# Benches of rtl/fit and rtl/arith against the C model. Runs from any directory; products in build/tests/rtl/fit.
# CASES: operands per word length (default 1000000); PROGRAMS: random programs per build (default 200); SEED: default 1.
set -u
root=$(cd "$(dirname "$0")/../../.." && pwd)
here=$root/tests/rtl/fit
out=$root/build/tests/rtl/fit
rtl=(-y "$root/rtl/fit" -y "$root/rtl/arith")
cases=${CASES:-1000000} programs=${PROGRAMS:-200} seed=${SEED:-1}
passed=0 failed=0
mkdir -p "$out"

count() {   # NAME COMMAND...: one test
  local name=$1
  shift
  if "$@" >"$out/$name.log" 2>&1; then
    passed=$((passed + 1))
    tail -n 1 "$out/$name.log"
  else
    failed=$((failed + 1))
    echo "FAIL $name"
    tail -n 15 "$out/$name.log"
  fi
}

build() {   # NAME TOP BENCH FLAGS...: a Verilator bench linked with the C model
  local name=$1 top=$2 bench=$3
  shift 3
  local defines=()
  for flag in "$@"; do
    case $flag in -G*[0-9]) defines+=("-D${flag#-G}") ;; esac
  done
  rm -f "$out/$name/bench"
  "$root/sim/verilate" --cc --exe --build -O3 -Wall --public-flat-rw "${rtl[@]}" "$@" --top-module "$top" --Mdir "$out/$name" -o bench \
    -CFLAGS "-O2 ${defines[*]} -I$root/host/model -I$here" "$root/rtl/fit/$top.v" "$here/$bench" \
    "$out/fit_float.o" "$out/fit_processor.o" "$out/fit_tables.o" >"$out/$name.build.log" 2>&1 ||
    { tail -n 30 "$out/$name.build.log"; return 1; }
}

in_folder() { (cd "$1" && shift && "$@"); }
icarus() {   # NAME SOURCES AND FLAGS: ends with failures?
  local name=$1
  shift
  iverilog -g2005 -Wall -Wno-timescale -o "$out/$name.vvp" "$@" "${rtl[@]}" && vvp -n "$out/$name.vvp" "+vectors=$out/$name.vectors" |
    tee "$out/$name.out" && grep -q ' 0 failed$' "$out/$name.out" && ! grep -q ' 0 passed' "$out/$name.out"
}
early() {   # the machine must notice a result that is read a clock too soon
  (cd "$out/processor_16" && ./bench 3 "$seed" early) >"$out/early.out" 2>&1
  local status=$?
  grep -q 'reads a register before its result' "$out/early.out" && [ $status -ne 0 ] && echo "early read noticed"
}

for source in fit_float fit_processor fit_tables; do
  gcc -std=c11 -O2 -Wall -Wextra -c -I"$root/host/model" -o "$out/$source.o" "$root/host/model/$source.c" ||
    { echo "FAIL $source.c"; echo "0 passed, 1 failed"; exit 1; }
done

for bits in ${WORDS:-16 18 20}; do
  count "lint_$bits" verilator --lint-only -Wall "${rtl[@]}" -GWORD_BITS=$bits "$root/rtl/fit/fit_processor.v"
  count "build_float_$bits" build "float_$bits" fit_float_unit float_unit_tb.cpp -GWORD_BITS=$bits
  count "float_$bits" "$out/float_$bits/bench" "$cases" "$seed"
  "$out/float_$bits/bench" 20000 "$((seed + 7))" "$out/icarus_float_$bits.vectors"
  count "icarus_float_$bits" icarus "icarus_float_$bits" -Pfloat_unit_tb.WORD_BITS=$bits -s float_unit_tb "$here/float_unit_tb.v"
  # the ECP5's form of it, with the part's multiplier
  count "build_float_ecp5_$bits" build "float_ecp5_$bits" fit_float_unit float_unit_tb.cpp -GWORD_BITS=$bits '-GTARGET="ecp5"' \
    -y "$root/sim/cells" -Wno-WIDTH
  count "float_ecp5_$bits" "$out/float_ecp5_$bits/bench" "$cases" "$seed"
  for registers in 192 96; do
    [ $registers-$bits = 96-20 ] && continue   # no small machine has such words
    name=processor_$bits
    [ $registers = 96 ] && name=processor_small_$bits
    count "build_$name" build "$name" fit_processor processor_tb.cpp -GWORD_BITS=$bits -GCONTEXT_REGISTERS=$registers \
      -GPROGRAM_WORDS_LOG2=11 -GCHECK_HAZARDS=1 '-GPROGRAM_FILE="program.hex"' '-GCONSTANTS_FILE="constants.hex"'
    count "$name" in_folder "$out/$name" ./bench "$programs" "$seed"
  done
  # one context, issued straight from the program's memory
  count "build_processor_one_$bits" build "processor_one_$bits" fit_processor processor_tb.cpp -GWORD_BITS=$bits -GCONTEXT_REGISTERS=192 \
    -GCONTEXTS=1 -GSMALL=1 -GPROGRAM_WORDS_LOG2=11 -GCHECK_HAZARDS=1 '-GPROGRAM_FILE="program.hex"' '-GCONSTANTS_FILE="constants.hex"'
  count "processor_one_$bits" in_folder "$out/processor_one_$bits" ./bench "$programs" "$seed"
done
count early early

cells=/usr/share/yosys/ice40/cells_sim.v
if command -v yosys >"$out/which.log" && [ -f $cells ]; then
  count multiply icarus multiply -s multiply_tb "$here/multiply_tb.v" -DNO_ICE40_DEFAULT_ASSIGNMENTS -l "$cells"
  count multiply_sum icarus multiply_sum -s multiply_sum_tb "$here/multiply_sum_tb.v" -DNO_ICE40_DEFAULT_ASSIGNMENTS -l "$cells"
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
