#!/usr/bin/env python3
"""Clocks from a frame's last photon to the last byte of its message, cold and warm: bi-exponential decays of random lifetimes and shares,
256 bins, 10^5 photons a frame, IRF of 5 bins, 1 % background; warm: the lifetimes drift by 2 % a frame.

    tests/photon/latency.py [--engine u16|e18] [--frames N] [--photons N]
"""
import argparse
import struct
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "rtl/fit/program"))
import bound  # noqa: E402
from accuracy import recorder  # noqa: E402
from photon import harness  # noqa: E402

BINS, BITS = 256, 10


def arrivals(rng, n, tau, share):
    t = 40 + rng.normal(0, 5 / 2.3548, n) + rng.exponential(np.where(rng.random(n) < share, *tau))
    flat = rng.random(n) < 0.01
    t[flat] = rng.uniform(0, BINS, flat.sum())
    return t[(t >= 0) & (t < BINS)].astype(np.int64)


def frames(engine, warm, number, photons, folder, jump=1):
    """The configuration and the frames' facts with `words`, `evaluations`, `starts` of the result that came. jump: the lifetimes of a warm measurement's second
    half over the first one's."""
    rng = np.random.default_rng(11)
    m, sequence = harness.message, iter(range(10, 10**8))
    tau, share = np.array([10.0, 40.0]), 0.5
    example = np.bincount(arrivals(rng, 4 * photons, tau, share), minlength=BINS)
    config, irf = harness.configuration(folder, engine, example, "--range", f"0ns..{BINS}ns", "--components", "2", "--irf-gauss", "5ns")
    out = [m("config", 1, 7, config), m("irf", 2, 7, irf), m("frames_config", 3, 7, harness.frames_config(BITS, photons, harness.WARM if warm else 0))]
    taken, most = 0, harness.PHOTON_WORDS * 32 // BITS
    for n in range(number):
        if warm:
            if n == number // 2:
                tau = tau * jump
            tau = np.clip(tau * np.exp(0.02 * rng.standard_normal(2)), [6, 28], [18, 70 * jump])
        else:
            tau = rng.uniform(6, 15) * np.array([1.0, rng.uniform(2.5, 6)])
            share = rng.uniform(0.2, 0.8)
        bins = arrivals(rng, 2 * photons, tau, share)[:photons]
        for at in range(0, photons, most):
            some = bins[at:at + most]
            out.append(m("photons", next(sequence), 7, harness.photons(taken, some, BITS)))
            taken += len(some)
    answers = harness.Gateware(engine).answers(b"".join(out))
    names = harness.FRAME + harness.RESULT
    got = [dict(zip(names, struct.unpack_from(f"<{len(names)}I", p))) | {"words": len(p) // 4} for kind, _, _, p in answers if kind == "frame"]
    for f in got:
        f.update({n: round(recorder.f32x(f[n])) for n in ("evaluations", "starts", "warm_evaluations")})
    return recorder.decode(config, b""), got


def clocks(frame):
    """To the message's last byte."""
    return frame["latency"] + bound.FRAME_SENDS + bound.WORD_SENDS * frame["words"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", default="u16", choices=("u16", "e18"))
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--photons", type=int, default=100000)
    o = parser.parse_args()
    for warm in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            config, got = frames(o.engine, warm, o.frames, o.photons, Path(folder))
        kind = [f for f in got if bool(f["facts"] >> 4 & 1) == warm]
        took = np.array([clocks(f) for f in kind])
        back = sum(f["facts"] >> 5 & 1 for f in got)
        print(f"{o.engine} {'warm' if warm else 'cold'}: {len(kind)} of {len(got)} frames of {o.photons} photons ({back} returned to a cold start), clocks from the last "
              f"photon to the message's last byte: median {np.median(took):.0f}, 99th percentile {np.percentile(took, 99):.0f}, longest seen {took.max()}, hard maximum "
              f"{bound.of_frame(config, harness.WARM_EVALUATIONS if warm else 0, kind[0]['words'])}")


if __name__ == "__main__":
    main()
