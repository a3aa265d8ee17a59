#!/bin/sh
# flash_loader against flash_image.py: an image of random words, in Icarus and in Verilator.
set -u
cd "$(dirname "$0")/../../.."
work=build/rtl-benches/flash_loader
mkdir -p "$work"
python3 - "$work" <<'END' || exit 1
import random, subprocess, sys
from pathlib import Path
work, rng = Path(sys.argv[1]), random.Random(7)
words = [rng.getrandbits(41) for _ in range(509)]
(work / "program.hex").write_text("".join("%011x\n" % w for w in words))
crc = subprocess.run(["rtl/board/flash_image.py", work / "program.hex", work / "image.bin", "9"], check=True, capture_output=True, text=True).stdout
(work / "crc").write_text(crc)
(work / "image.hex").write_text("".join("%02x\n" % b for b in (work / "image.bin").read_bytes()))
(work / "words.hex").write_text("".join("%011x\n" % w for w in words + [0] * 3))
END
crc="PROGRAM_CRC=32'h$(cat "$work/crc")"
passed=0
failed=0
judge() {
  if printf '%s\n' "$2" | grep -q '^PASS' && ! printf '%s\n' "$2" | grep -q '^ *FAIL'; then passed=$((passed + 1))
  else failed=$((failed + 1)); printf '%s: %s\n' "$1" "$2"; fi
}
iverilog -D"$crc" -g2005 -Wall -Wno-timescale -y rtl/board -s tb -o "$work/icarus.vvp" tests/rtl/flash_loader/tb.v || failed=$((failed + 1))
judge icarus "$(cd "$work" && vvp -n icarus.vvp 2>&1)"
sim/verilate -D"$crc" --binary --timing -Wno-fatal -Wno-lint -Wno-style --x-initial unique -y rtl/board --top-module tb --Mdir "$work/verilator" \
  -o bench tests/rtl/flash_loader/tb.v > "$work/verilator.log" 2>&1 || { tail -n 20 "$work/verilator.log"; failed=$((failed + 1)); }
judge verilator "$(cd "$work" && verilator/bench 2>&1)"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
