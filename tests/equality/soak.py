#!/usr/bin/env python3
"""Compares the model with the Verilog for as long as it may; goes on where it stopped.

    tests/equality/soak.py [--seconds N] [--state FILE] [--engine u16|e18 ...]

The state file holds, for each engine, the next seed and what was done so far. Exit 1 when a bit differed, now or earlier.
"""
import argparse
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy import harness  # noqa: E402
from equality import batches  # noqa: E402

FIRST_SEED = 1_000_000      # the test suite uses those below


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("TAUSTREAM_SOAK_SECONDS", "600")))
    parser.add_argument("--state", type=Path, default=harness.ROOT / "build/soak-equality.json")
    parser.add_argument("--engine", choices=("u16", "e18"), action="append")
    options = parser.parse_args()
    state = json.loads(options.state.read_text(encoding="utf-8")) if options.state.exists() else {}
    engines = [e for e in options.engine or ("u16", "e18") if batches.is_built(e)]
    if not engines or not harness.command().exists():
        print("skipped: the command or the simulated gateware is not built")
        return 77
    end, begun = time.monotonic() + options.seconds, {e: state.get(e, {}).get("fits", 0) for e in engines}
    while time.monotonic() < end:
        for engine in engines:
            s = state.setdefault(engine, {"next_seed": FIRST_SEED, "fits": 0, "configurations": 0, "refused": 0, "differing_bits": 0, "problems": []})
            got = batches.compare(batches.batch(s["next_seed"], engine))
            s["next_seed"] += 1
            s["configurations"] += 1
            s["fits"] += got.fits
            s["refused"] += got.refused
            s["differing_bits"] += got.differing_bits
            s["problems"] = (s["problems"] + got.problems)[:100]
            for p in got.problems:
                print(f"DIFFERS {p}", flush=True)
            options.state.parent.mkdir(parents=True, exist_ok=True)
            part = options.state.with_suffix(".part")
            part.write_text(json.dumps(state, indent=1), encoding="utf-8")
            part.replace(options.state)
    bad = 0
    for engine in engines:
        s = state.get(engine, {"fits": 0, "configurations": 0, "refused": 0, "differing_bits": 0, "problems": []})
        bad += len(s["problems"])
        print(f"{engine}: {s['fits'] - begun[engine]} fits now, {s['fits']} in all, {s['configurations']} configurations ({s['refused']} refused by the command), "
              f"{s['differing_bits']} bits differ, {len(s['problems'])} problems")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
