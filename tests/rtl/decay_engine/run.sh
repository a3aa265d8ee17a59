#!/bin/sh
# Benches of the decay engine's own parts and of the whole engine, against the C model. Any working directory.
#   run.sh [FACTOR]   FACTOR times as many cases
cd "$(dirname "$0")/../../.." || exit 1
factor=${1:-1}
here=tests/rtl/decay_engine
build=build/rtl-benches/decay_engine
passed=0
failed=0
mkdir -p "$build" && cp rtl/fit/*.hex rtl/decay_serial/*.hex "$build"

judge() { # name command...
  name=$1
  shift
  if (cd "$build" && exec "$@") > "$build/$name.log" 2>&1; then
    passed=$((passed + 1))
    tail -n 1 "$build/$name.log"
  else
    failed=$((failed + 1))
    echo "failed: $name"
    tail -n 15 "$build/$name.log"
  fi
}

for source in host/model/fit_float.c host/model/fit_processor.c host/model/fit_tables.c host/model/decay_program.c \
  host/model/decay_pass.c host/model/decay_loader.c host/session/words.c host/fit/layout.c "$here/model.c"; do
  object=$build/$(basename "$source" .c).o
  ${CC:-cc} -std=c11 -O2 -Wall -Wextra -Ihost/model -Ihost/session -Ihost -Ihost/include -c -o "$object" "$source" || exit 1
  objects="$objects $PWD/$object"
done

compile() { # bench engine top parameters...
  bench=$1 engine=$2 top=$3
  shift 3
  rm -f "$build/$bench-$engine/bench"   # objects of the model are not among its prerequisites
  sim/verilate --cc --exe --build -O3 -Wall -Wno-fatal -Irtl/link -Irtl/decay_serial -y rtl/link -y rtl/core -y rtl/decay -y rtl/decay_serial -y rtl/fit -y rtl/arith "$@" \
    -MAKEFLAGS -s -CFLAGS "-O1 -Wall -Wextra -I$PWD/host/model -I$PWD/host/session -I$PWD/host -I$PWD/$here ${defines:-}" -LDFLAGS "$objects" \
    --top-module "$top" --Mdir "$build/$bench-$engine" -o bench "$(ls rtl/*/"$top".v)" "$PWD/$here/$bench.cpp" \
    > "$build/$bench-$engine.build" 2>&1 || { head -n 60 "$build/$bench-$engine.build"; return 1; }
}

limit() { sed -n "s/.*ENGINE_$1  *= \([0-9]*\);.*/\1/p" rtl/link/protocol.vh; }

# engine, then log2 of its numbers of bins and groups
config_parameters() {
  echo "-GCOMPONENTS_MAX=$(limit "$1_COMPONENTS_MAX") -GBINS_MAX=$(limit "$1_BINS_MAX") -GFINE_MAX=$(limit "$1_FINE_MAX")" \
    "-GGROUPS_MAX=$(limit "$1_GROUPS_MAX") -GBINS_BITS=$(($2 + 1)) -GGROUPS_BITS=$(($3 + 1)) -GIRF_BITS=$(($3 + 1))"
}
loader_parameters() {
  count=$(limit "$1_COUNT_BITS")
  echo "-GWORD_BITS=$(limit "$1_WORD_BITS") -GCOUNT_BITS=$count -GGROUPS_BITS=$(($3 + 1)) -GINDEX_BITS=$3" \
    "-GSUM_BITS=$((count + $3)) -GMOMENT_BITS=$((count + $3 + $2 + 1))"
}

part() { # bench top cases u16-parameters e18-parameters
  compile "$1" 1 "$2" $4 && judge "$1-1" "./$1-1/bench" 1 $(($3 * factor)) || failed=$((failed + 1))
  compile "$1" 2 "$2" $5 && judge "$1-2" "./$1-2/bench" 2 $(($3 * factor)) || failed=$((failed + 1))
}

part config_bench decay_config 40000 "$(config_parameters U16 10 8)" "$(config_parameters E18 12 9)"
part loader_bench decay_loader 3000 "$(loader_parameters U16 10 8)" "$(loader_parameters E18 12 9)"
part engine_bench decay_engine 200 -GENGINE=1 -GENGINE=2

# the small engine: serial pass, one context
compile engine_bench serial decay_engine -GENGINE=1 -GCONTEXTS=1 '-GPASS="serial"' &&
  judge engine_bench-serial ./engine_bench-serial/bench 1 $((100 * factor)) || failed=$((failed + 1))
# the same with its IRF in a single-port memory
compile engine_bench single decay_engine -GENGINE=1 -GCONTEXTS=1 '-GPASS="serial"' -GSINGLE=1 &&
  judge engine_bench-single ./engine_bench-single/bench 1 $((100 * factor)) || failed=$((failed + 1))
# and that memory shared with another
defines=-DGUEST compile engine_bench guest decay_engine -GENGINE=1 -GCONTEXTS=1 '-GPASS="serial"' -GSINGLE=2 &&
  judge engine_bench-guest ./engine_bench-guest/bench 1 $((100 * factor)) || failed=$((failed + 1))

# engines behind the ports of one: two, and three with registers on the way to them (farm_port.v)
for engines in 2 3; do
  defines=-DENGINES=$engines compile engine_bench farm-$engines decay_farm -GENGINE=1 -GENGINES=$engines &&
    judge engine_bench-farm-$engines ./engine_bench-farm-$engines/bench 1 $((60 * factor)) || failed=$((failed + 1))
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
