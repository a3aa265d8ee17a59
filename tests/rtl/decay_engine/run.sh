#!/bin/sh
# Benches of the decay engine's own parts and of the whole engine, against the C model. Any working directory.
#   run.sh [FACTOR]   FACTOR times as many cases
cd "$(dirname "$0")/../../.." || exit 1
factor=${1:-1}
here=tests/rtl/decay_engine
build=build/rtl-benches/decay_engine
passed=0
failed=0
mkdir -p "$build"

judge() { # name command...
  name=$1
  shift
  if "$@" > "$build/$name.log" 2>&1; then
    passed=$((passed + 1))
    tail -n 1 "$build/$name.log"
  else
    failed=$((failed + 1))
    echo "failed: $name"
    tail -n 40 "$build/$name.log"
  fi
}

for source in host/model/fit_float.c host/model/fit_processor.c host/model/fit_tables.c host/model/decay_program.c \
  host/model/decay_pass.c host/model/decay_loader.c "$here/model.c"; do
  object=$build/$(basename "$source" .c).o
  ${CC:-cc} -std=c11 -O2 -Wall -Wextra -Ihost/model -Ihost/session -c -o "$object" "$source" || exit 1
  objects="$objects $PWD/$object"
done

compile() { # bench engine top parameters...
  bench=$1 engine=$2 top=$3
  shift 3
  verilator --cc --exe --build -O3 -Wall -Irtl/link -y rtl/link -y rtl/decay -y rtl/fit -y rtl/arith "$@" \
    -MAKEFLAGS -s -CFLAGS "-O1 -Wall -Wextra -I$PWD/host/model -I$PWD/host/session -I$PWD/$here" -LDFLAGS "$objects" \
    --top-module "$top" --Mdir "$build/$bench-$engine" -o bench "rtl/decay/$top.v" "$PWD/$here/$bench.cpp" \
    > "$build/$bench-$engine.build" 2>&1 || { head -n 60 "$build/$bench-$engine.build"; return 1; }
}

u16_config="-GCOMPONENTS_MAX=3 -GBINS_MAX=1024 -GFINE_MAX=192 -GGROUPS_MAX=256 -GBINS_BITS=11 -GGROUPS_BITS=9 -GIRF_BITS=9"
e18_config="-GCOMPONENTS_MAX=4 -GBINS_MAX=4096 -GFINE_MAX=480 -GGROUPS_MAX=512 -GBINS_BITS=13 -GGROUPS_BITS=10 -GIRF_BITS=10"
u16_loader="-GWORD_BITS=16 -GCOUNT_BITS=20 -GGROUPS_BITS=9 -GINDEX_BITS=8 -GSUM_BITS=28 -GMOMENT_BITS=39"
e18_loader="-GWORD_BITS=18 -GCOUNT_BITS=24 -GGROUPS_BITS=10 -GINDEX_BITS=9 -GSUM_BITS=33 -GMOMENT_BITS=46"

part() { # bench top cases u16-parameters e18-parameters
  compile "$1" 1 "$2" $4 && judge "$1-1" "$build/$1-1/bench" 1 $(($3 * factor)) || failed=$((failed + 1))
  compile "$1" 2 "$2" $5 && judge "$1-2" "$build/$1-2/bench" 2 $(($3 * factor)) || failed=$((failed + 1))
}

part config_bench decay_config 40000 "$u16_config" "$e18_config"
part loader_bench decay_loader 3000 "$u16_loader" "$e18_loader"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
