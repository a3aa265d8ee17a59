#!/usr/bin/env python3
"""Honest intervals of frames: a simulated film whose lifetime drifts from 67 to 134 ns over a minute; how many 95 % intervals hold the truth.

    tests/accuracy/live_intervals.py [--runs N]      table of `make bench`, with the program's speed and load
"""
import argparse
import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("TAUSTREAM", ROOT / "build/taustream"))
LOW, HIGH = 0.93, 0.97


def measure(seed, rate, photons, send, engine="e18"):
    """(frames, ok, share of the ok ones whose interval holds the truth, mean and standard deviation of the errors in sigmas)."""
    done = subprocess.run([PROGRAM, "live", f"sim:drift,seed={seed},rate={rate:g}", "--frame", f"{photons}photons", "--irf-gauss", "500ps", "--backend", "model",
                           "--engine", engine, "--speed", "max", "--send", send, "--json"], capture_output=True, check=True)
    frames = ok = held = 0
    errors = []
    for line in done.stdout.splitlines()[:-1]:
        r = json.loads(line)
        frames += 1
        if r["status"] != "ok":
            continue
        truth, (low, high) = r["truth_lifetime_s"], r["lifetime_interval_s"][0]
        ok += 1
        held += low <= truth <= high
        errors.append((r["lifetime_s"][0] - truth) / r["lifetime_sigma_s"][0])
    mean = sum(errors) / len(errors)
    return frames, ok, held / ok, mean, (sum((e - mean) ** 2 for e in errors) / len(errors)) ** 0.5


def load(seconds, view):
    """Share of a core and MiB of live at its own speed, 10 frames and 10 updates a second, simulation and the model as its device included; bytes a second."""
    arguments = [PROGRAM, "live", f"sim:film,seconds={seconds}", "--frame", "100ms", "--irf-gauss", "500ps", "--backend", "model"]
    written = [0]
    main, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def drain():
        try:
            while data := os.read(main, 65536):
                written[0] += len(data)
        except OSError:
            pass                        # closed

    reader = threading.Thread(target=drain, daemon=True)
    reader.start()
    begun = time.monotonic()
    process = subprocess.Popen(arguments + ([] if view else ["--json"]), stdin=child, stdout=child, stderr=subprocess.DEVNULL,
                               env=dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8"))
    _, _, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begun
    os.close(child)
    return 100 * (usage.ru_utime + usage.ru_stime) / wall, usage.ru_maxrss / 1024, written[0] / wall


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=4)
    good = True
    for rate, photons in ((1e5, 20000), (1e6, 20000), (2e5, 5000)):
        for send in ("histograms", "photons"):
            begun = time.monotonic()
            rows = [measure(seed, rate, photons, send) for seed in range(1, 1 + parser.parse_args().runs * (5 if rate == 1e5 else 1))]
            wall = time.monotonic() - begun
            frames, ok = sum(r[0] for r in rows), sum(r[1] for r in rows)
            held = sum(r[1] * r[2] for r in rows) / ok
            good = good and LOW <= held <= HIGH
            print(f"  live, drift 67 to 134 ns, {rate:g} photons/s, frames of {photons}, {send:10s}: {frames} frames, {frames - ok} not ok, intervals hold "
                  f"{100 * held:.2f} %; {60 * len(rows) / wall:.0f} times real time")
    for view in (True, False):
        share, memory, written = load(20, view)
        print(f"  live, 10 frames a second of 10^4 photons, simulation and model included, {'view of 120 x 40' if view else '--json'}: {share:.1f} % of a core, "
              f"{memory:.1f} MiB, {written / 1e3:.0f} kB a second")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
