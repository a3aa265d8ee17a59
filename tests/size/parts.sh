#!/bin/sh
# Where a small device's logic cells are: engine and link on a UP5K by module (yosys, hierarchy kept, not placed). Any working directory.
# Cells: lookup tables and flip-flops that no lookup table of their own feeds; what goes away when the hierarchy is dissolved is still in them.
set -eu
cd "$(dirname "$0")/../.."
out=${OUT:-build/size}/parts
mkdir -p "$out"
cp rtl/*/*.hex "$out"
root=$PWD
cd "$out"
for d in "$root"/rtl/*/; do
  include="${include:-} -I$d"
  for f in "$d"*.v; do sources="${sources:-} $f"; done
done
yosys -q -l parts.log -p "read_verilog $include $sources $root/tests/size/size_device.v; synth_ice40 -noflatten -top size_device -json parts.json" > parts.out 2>&1 || { tail -n 5 parts.out; exit 1; }
python3 "$root/tests/size/parts.py" parts.json
