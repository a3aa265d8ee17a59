#!/usr/bin/env python3
"""Accuracy table of `make bench`: every target, what was measured, whether it is met.

    tests/accuracy/bench.py [--quick] [--engine e18|u16] [--only NAME ...] [--output FILE]
"""
import argparse
import datetime
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import numpy
import scipy

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy import checks, harness  # noqa: E402


def machine():
    model = platform.processor()
    if Path("/proc/cpuinfo").exists():
        model = next((x.split(":", 1)[1].strip() for x in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
                      if x.startswith("model name")), model)
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def versions():
    def first(*command):
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=harness.ROOT)
        return (done.stdout or done.stderr).strip().splitlines()[0] if done.stdout or done.stderr else "?"

    return (f"{first(str(harness.command()), '--version')}; source {first('git', 'describe', '--always', '--dirty')}; Python {platform.python_version()}, "
            f"numpy {numpy.__version__}, scipy {scipy.__version__}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the sizes and allowances of `make test`")
    parser.add_argument("--engine", choices=("e18", "u16"), action="append")
    parser.add_argument("--only", choices=tuple(checks.CHECKS), action="append")
    parser.add_argument("--output", type=Path, default=harness.ROOT / "build/bench-accuracy.txt")
    options = parser.parse_args()
    if not harness.command().exists():
        print(f"{harness.command()} is not built", file=sys.stderr)
        return 2
    lines = [f"Accuracy, {'quick' if options.quick else 'full'} size, {datetime.date.today()}", machine(), versions(), "",
             f"{'check':14s} {'':4s} {'what':52s} {'measured':>10s}  {'target':22s}"]
    print("\n".join(lines), flush=True)
    missed = 0

    def say(line):
        lines.append(line)
        print(line, flush=True)

    for name in options.only or checks.CHECKS:
        for engine in options.engine or ("e18", "u16"):
            if name == "measured" and harness.shared() is None:
                say(f"{name:14s} {engine:4s} not run: no TAUSTREAM_SHARED and no ../shared beside the repository")
                continue
            begun = time.monotonic()
            try:
                for row in checks.CHECKS[name](engine, not options.quick):
                    missed += row.asserted and not row.met
                    say(str(row))
            except harness.CommandFailed as e:
                missed += 1
                say(f"{name:14s} {engine:4s} FAILED: {e}")
            say(f"{name:14s} {engine:4s} took {time.monotonic() - begun:.0f} s")
    say(f"{missed} targets not met; * marks a limit of the data, see the note")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    temporary = options.output.with_suffix(".part")
    temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    temporary.replace(options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
