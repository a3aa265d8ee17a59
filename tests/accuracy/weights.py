"""Bins that count only a part of their photons: one stop a pulse, dead time, unequal widths, fitted with and without --pile-up correct and --dnl.

    tests/accuracy/weights.py [--fits N]

A film of 67 ns, bins of 4 ns, period 1 us, response 0.5 ns FWHM, 1 % background, about 2e4 photons. For each case: bias in standard deviations of the record, their
root mean square, the share of 95 % intervals that hold the truth. Calibrations of the widths are drawn anew for every 20 fits, so that their errors count.
"""
import argparse
import json
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy import harness  # noqa: E402
from accuracy.pins_accuracy import expected  # noqa: E402

WIDTH, TAU, PLACE, BINS, PERIOD = 4.0, 67.0, 101.3, 250, 1000.0
MEAN = expected(WIDTH, TAU, PLACE, 0.99, 0.01)       # of one photon


def fit(counts, *options):
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/d.npy", counts.astype(np.uint32))
        done = subprocess.run([harness.command(), "trpl", f"{folder}/d.npy", "--bin-width", f"{WIDTH}ns", "--irf-gauss", "0.5ns", "--period", f"{PERIOD}ns", "--range",
                               f"0ns..{PERIOD}ns", "--backend", "model", "--json", "--quiet", *options], capture_output=True, check=True, timeout=600)
    return [r for r in map(json.loads, done.stdout.splitlines()) if r["schema"] == "taustream.trpl/1"]


def write_dnl(path, counts, width=WIDTH, device="rtl", change=None):
    """A file as --save-dnl writes it."""
    crc = zlib.crc32(device.encode() + struct.pack("<dd", width * 1e-9, 0.0) + np.asarray(counts, "<u8").tobytes())
    values = {"schema": "taustream.dnl/1", "device": device, "bin_width_s": width * 1e-9, "start_s": 0.0, "counts": [int(c) for c in counts], "crc32": crc}
    Path(path).write_text(json.dumps({**values, **(change or {})}))


def first_stop_alone(rng, rate, fits):
    """(histograms, pulses): of every pulse only the first photon is counted."""
    pulses = int(20000 / (1 - np.exp(-rate)))
    mean = rate * MEAN / MEAN.sum()
    p = np.exp(-np.concatenate([[0], np.cumsum(mean)[:-1]])) * -np.expm1(-mean)
    return np.array([rng.multinomial(pulses, np.append(p, 1 - p.sum()))[:-1] for _ in range(fits)]), pulses


def dead_time(rng, rate, dead, fits):
    """(histograms, pulses): photon by photon, dead for a time behind each that is counted."""
    pulses = int(20000 / rate * (1 + rate * dead / PERIOD))
    out = np.zeros((fits, BINS), dtype=np.uint32)
    for row in out:
        n = rng.poisson(rate * pulses)
        decay = PLACE + 0.2 * rng.standard_normal(n) + rng.exponential(TAU, n)
        t = np.sort(np.where(rng.random(n) < 0.01, rng.random(n) * PERIOD, decay) + rng.integers(0, pulses, n) * PERIOD)
        taken, last = [], -np.inf
        for x in t:
            if x - last >= dead:
                taken.append(x)
                last = x
        row[:] = np.bincount((np.array(taken) % PERIOD // WIDTH).astype(int), minlength=BINS)
    return out, pulses


def unequal(rng, spread, light, fits, folder, per_calibration=20, photons=20000):
    """(records without, records with the widths)."""
    without, corrected = [], []
    for _ in range(max(fits // per_calibration, 1)):
        width = np.clip(1 + spread * rng.standard_normal(BINS), 0.5, 1.5)
        width /= width.mean()
        counts = rng.poisson(photons * width * MEAN, (per_calibration, BINS))
        write_dnl(f"{folder}/widths.dnl", rng.poisson(light * width))
        without += fit(counts)
        corrected += fit(counts, "--dnl", f"{folder}/widths.dnl")
    return without, corrected


def judged(records):
    """Bias and root mean square in standard deviations of the records, share of intervals that hold the truth, mean chi2, share that is not ok."""
    ok = [r for r in records if r["status"] == "ok"]
    z = np.array([np.log(r["lifetime_s"][0] * 1e9 / TAU) / (r["lifetime_sigma_s"][0] / r["lifetime_s"][0]) for r in ok])
    held = np.mean([r["lifetime_interval_s"][0][0] * 1e9 <= TAU <= r["lifetime_interval_s"][0][1] * 1e9 for r in ok])
    return {"bias": z.mean(), "rms": np.sqrt(np.mean(z**2)), "held": held, "chi2": np.mean([r["chi2_reduced"] for r in ok]), "not_ok": 1 - len(ok) / len(records)}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--fits", type=int, default=2000)
    fits = arguments.parse_args().fits

    def show(name, records):
        j = judged(records)
        print(f"{name:58s} {j['bias']:+8.3f} {j['rms']:7.3f} {100 * j['held']:6.1f} % {j['chi2']:6.3f} {100 * j['not_ok']:5.1f} %", flush=True)

    print(f"{fits} fits a case\n{'':58s}     bias     rms  95 %      chi2  not ok")
    for rate in (0.02, 0.1, 0.3, 1.0):
        counts, pulses = first_stop_alone(np.random.default_rng([1, int(100 * rate)]), rate, fits)
        show(f"one stop a pulse, {rate} photons a pulse", fit(counts, "--pulses", str(pulses)))
        show("  --pile-up correct", fit(counts, "--pulses", str(pulses), "--pile-up", "correct"))
    for rate, dead in ((0.5, 40), (2.0, 20), (0.5, 1300)):
        counts, pulses = dead_time(np.random.default_rng([2, int(10 * rate), dead]), rate, dead, fits)
        show(f"dead for {dead} ns, {rate} photons a pulse", fit(counts, "--pulses", str(pulses)))
        show("  --pile-up correct", fit(counts, "--pulses", str(pulses), "--pile-up", "correct", "--dead-time", f"{dead}ns"))
    with tempfile.TemporaryDirectory() as folder:
        for spread, light in ((0.02, 20000), (0.05, 20000), (0.05, 2000), (0.05, 600)):
            without, corrected = unequal(np.random.default_rng([3, int(100 * spread), light]), spread, light, fits, folder)
            show(f"widths spread by {100 * spread:.0f} %, {light} counts a bin of light", without)
            show("  --dnl", corrected)


if __name__ == "__main__":
    main()
