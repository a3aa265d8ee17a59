"""Accuracy of lifetimes through the pins: stops of a film, each the number of whole bins since SYNC, as photon_pins counts them (any number a SYNC), fitted with
an IRF that is narrower than a bin.

    tests/accuracy/pins_accuracy.py [--fits N] [--engine u16|e18]

Bins of 2.5, 5 and 10 ns, lifetimes of 67 and 134 ns, period 1 us, response 0.5 ns FWHM at four places within its bin, 1 % background, 2e4 photons on average. For
each cell: RMSE of ln tau over the Cramer-Rao bound (shift, amplitude, background free), bias in standard deviations, share of 95 % intervals that hold the truth.
"""
import argparse
import subprocess
import sys
import tempfile
import json
from pathlib import Path

import numpy as np
from scipy.special import erfc

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy import harness  # noqa: E402

PERIOD_NS, FWHM_NS, PHOTONS, BACKGROUND = 1000.0, 0.5, 20000, 0.01
PLACES = (0.15, 0.4, 0.65, 0.9)             # of the response, in bins
CELLS = [(width, tau) for width in (2.5, 5.0, 10.0) for tau in (67.0, 134.0)]


def expected(width, tau, place_ns, decay, background):
    """Counts a bin: decay photons in all periods together, background photons."""
    sigma = FWHM_NS / 2.3548200450309493
    edge = np.arange(0, PERIOD_NS + width / 2, width)

    def cumulative(t):
        u = t - place_ns
        exponent = np.minimum(sigma**2 / (2 * tau**2) - u / tau, 700)
        return 0.5 * erfc(-u / sigma / np.sqrt(2)) - 0.5 * np.exp(exponent) * erfc((sigma / tau - u / sigma) / np.sqrt(2))

    inside = sum(np.diff(cumulative(edge + n * PERIOD_NS)) for n in range(12))
    return decay * inside + background / len(inside)


def bound(width, tau, place_ns):
    """Standard deviation of ln tau by the Fisher matrix."""
    p = np.array([np.log(tau), place_ns, PHOTONS * (1 - BACKGROUND), PHOTONS * BACKGROUND])
    step = np.array([1e-4, 1e-3, 1.0, 1.0])

    def model(q):
        return expected(width, np.exp(q[0]), q[1], q[2], q[3])

    slope = np.array([(model(p + step * (k == i)) - model(p - step * (k == i))) / (2 * step[i]) for i in range(4) for k in [np.arange(4)]])
    return np.sqrt(np.linalg.inv(slope / model(p) @ slope.T)[0, 0])


def stops(rng, width, tau, place_ns, fits):
    """Histograms of stops in time: delays of each photon, folded into its period, cut into bins."""
    sigma, bins = FWHM_NS / 2.3548200450309493, round(PERIOD_NS / width)
    out = np.zeros((fits, bins), dtype=np.uint32)
    for row in out:
        n = rng.poisson(PHOTONS)
        t = np.where(rng.random(n) < BACKGROUND, rng.random(n) * PERIOD_NS, place_ns + sigma * rng.standard_normal(n) + rng.exponential(tau, n))
        row[:] = np.bincount((t % PERIOD_NS // width).astype(int), minlength=bins)
    return out


def fit(counts, width, engine):
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/d.npy", counts)
        done = subprocess.run([harness.command(), "trpl", f"{folder}/d.npy", "--bin-width", f"{width}ns", "--irf-gauss", f"{FWHM_NS}ns", "--period", f"{PERIOD_NS}ns",
                               "--range", f"0ns..{PERIOD_NS}ns", "--backend", "model", "--engine", engine, "--json", "--quiet"], capture_output=True, check=True, timeout=600)
    return [r for r in map(json.loads, done.stdout.splitlines()) if r["schema"] == "taustream.trpl/1"]


def cell(width, tau, fits, engine, seed=1):
    """(RMSE over bound, bias in standard deviations, share of intervals, share that is not ok)."""
    z, held, bad, n = [], 0, 0, 0
    for index, place in enumerate(PLACES):
        place_ns = 100 + width * place
        rng = np.random.default_rng([seed, int(10 * width), int(tau), index])
        sigma = bound(width, tau, place_ns)
        for r in fit(stops(rng, width, tau, place_ns, fits // len(PLACES)), width, engine):
            n += 1
            if r["status"] != "ok":
                bad += 1
                continue
            z.append(np.log(r["lifetime_s"][0] * 1e9 / tau) / sigma)
            low, high = r["lifetime_interval_s"][0]
            held += low * 1e9 <= tau <= high * 1e9
    z = np.array(z)
    return float(np.sqrt(np.mean(z**2))), float(np.mean(z)), held / len(z), bad / n


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--fits", type=int, default=4000)
    arguments.add_argument("--engine", default="e18")
    o = arguments.parse_args()
    print(f"{o.engine}, {o.fits} fits a cell\nbin ns  tau ns  RMSE/CRLB   bias  95 %      not ok")
    for width, tau in CELLS:
        rmse, bias, held, bad = cell(width, tau, o.fits, o.engine)
        print(f"{width:6} {tau:7} {rmse:10.3f} {bias:+6.3f}  {100 * held:.2f} %   {100 * bad:.2f} %", flush=True)


if __name__ == "__main__":
    main()
