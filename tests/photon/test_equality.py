"""Frames of photons: the integer model against the Verilog, message by message through the ordinary byte stream. No bit may differ but those that tell clocks.

TAUSTREAM_PHOTON_STREAMS: random streams for each engine (default 2, and one whose warm fits start from compact results).
"""
import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from photon import harness  # noqa: E402

STREAMS = int(os.environ.get("TAUSTREAM_PHOTON_STREAMS", "2"))
COMPACT_SEED = 8
BINS = {"u16": 256, "e18": 1000}


def leb128(values):
    out = bytearray()
    for v in map(int, values):
        while v >= 128:
            out.append(v & 127 | 128)
            v >>= 7
        out.append(v)
    return bytes(out)


def arrivals(rng, n, bins, tau):
    """Micro-times in bins; some beyond the window."""
    t = 0.15 * bins + rng.normal(0, 2.1, n) + rng.exponential(np.where(rng.random(n) < 0.5, tau, 4 * tau))
    flat = rng.random(n) < 0.02
    t[flat] = rng.uniform(0, bins, flat.sum())
    return np.maximum(t, 0).astype(np.int64)


def spoilt(rng, data):
    """A message with a wrong byte in payload or CRC."""
    data = bytearray(data)
    data[int(rng.integers(16, len(data)))] ^= 1 << int(rng.integers(8))
    return bytes(data)


def is_compact(seed):
    return seed % 3 == 2


def stream(seed, engine, folder):
    """One measurement's messages and what they are to bring: [(photons, outside)] of the frames."""
    rng = np.random.default_rng([seed, 7])
    bins, k = BINS[engine], 2 if is_compact(seed) else 1 + seed % 2
    bits = 12 if bins > 255 and seed % 3 == 0 else 10
    tau = 0.04 * bins
    example = np.bincount(arrivals(rng, 100000, bins, tau).clip(0, bins), minlength=bins + 1)[:bins]
    compact = ["--compact"] if is_compact(seed) else []
    config, irf = harness.configuration(folder, engine, example, "--range", f"0ns..{bins}ns", "--components", str(k), "--irf-gauss", "5ns", *compact)
    limit = int(rng.choice([0, 3000, 20000]))
    mode = (harness.WARM if seed % 4 != 3 else 0) | (harness.GROUPS if rng.random() < 0.7 else 0) | (harness.RAW if rng.random() < 0.6 else 0)
    m, sequence = harness.message, iter(range(100, 10**6))
    out = [m("config", 1, 7, config), m("irf", 2, 7, irf)]
    hist = leb128(rng.poisson(50, struct.unpack_from("<7I", config)[6]))
    out += [m("histogram_grouped", 3, 7, hist), m("photons", 4, 7, harness.photons(0, [1, 2], bits)), m("frame_close", 5, 7), m("frames_end", 6, 7)]
    out += [m("frames_config", 8, 7, harness.frames_config(11, limit, mode)), m("frames_config", 9, 8, harness.frames_config(bits, limit, mode)),
            m("frames_config", 10, 7, harness.frames_config(bits, limit, mode)[:-4]), m("frames_config", 11, 7, harness.frames_config(bits, limit, mode, pins=1)),
            m("frames_config", 12, 7, harness.frames_config(bits, limit, mode, warm_evaluations=int(rng.choice([3, 8]))))]
    frames, photons, outside, taken = [], 0, 0, 0

    def close(where):
        nonlocal photons, outside
        where.append((photons, outside))
        photons = outside = 0

    jump = 0
    while len(frames) < (4 if limit == 20000 else 9):
        kind = int(rng.integers(24))
        if kind == 0:
            out.append(m("frame_close", next(sequence), 7))
            close(frames)
        elif kind == 1:
            out.append(m(str(rng.choice(["histogram_grouped", "histogram_raw", "config", "irf"])), next(sequence), 7, hist))
        elif kind == 2:
            n = int(rng.integers(1, 30))
            out.append(m("photons", next(sequence), 7, harness.photons(taken + int(rng.choice([-1, 1, 500])), rng.integers(0, 256, n), bits)))
        elif kind == 3:
            payload = harness.photons(taken, rng.integers(0, 256, 40), bits)
            bad = [payload[:-4], payload[:-1], payload + bytes(4), payload[:7], payload[:4] + bytes.fromhex("28000100") + payload[8:], b""]
            out.append(m("photons", next(sequence), 7, bad[int(rng.integers(len(bad)))]))
        elif kind == 4:
            out.append(m("photons", next(sequence), 7, harness.photons(taken, rng.integers(0, 256, 32 * 256 // bits + 1), bits)))
        elif kind == 5:
            out.append(spoilt(rng, m("photons", next(sequence), 7, harness.photons(taken, rng.integers(0, 256, 40), bits))))
        elif kind == 6:
            out.append(m("photons", next(sequence), 9, harness.photons(taken, [1], bits)) + m("frame_close", next(sequence), 7, b"\x01"))
        else:
            # the lifetimes change from frame to frame, at times by a jump
            jump = rng.uniform(0.4, 2.5) if rng.random() < 0.02 else jump or 1.0
            n = int(rng.integers(0, 255 * 32 // bits + 1))
            bin_ = arrivals(rng, n, bins, tau * jump)
            if rng.random() < 0.05:
                bin_[:] = rng.integers(0, bins)
            bin_ = np.minimum(bin_, (1 << bits) - 1)
            out.append(m("photons", next(sequence), 7, harness.photons(taken, bin_, bits)))
            taken += n
            for b in bin_:
                if b < bins:
                    photons += 1
                    if photons == limit:
                        close(frames)
                else:
                    outside += 1
    out += [m("frames_end", next(sequence), 7), m("photons", next(sequence), 7, harness.photons(taken, [5], bits)), m("histogram_grouped", next(sequence), 7, hist)]
    # another measurement on the same configuration: numbers and photons from 0, no frame before
    bin_ = arrivals(rng, 600, bins, tau).clip(0, bins - 1)
    out += [m("frames_config", 13, 7, harness.frames_config(bits, 600, harness.WARM)), m("photons", next(sequence), 7, harness.photons(0, bin_, bits)),
            m("frames_end", next(sequence), 7), m("echo_request", next(sequence), 0, b"end")]
    return b"".join(out), frames


def compare(engine, seed, folder):
    data, frames = stream(seed, engine, folder / f"{engine}-{seed}")
    model, gateware = (harness.apart(d.answers(data), not is_compact(seed)) for d in (harness.Model(engine), harness.Gateware(engine)))
    return model, gateware, frames


@pytest.mark.parametrize("engine", ["u16", "e18"])
@pytest.mark.parametrize("seed", sorted({*range(STREAMS), COMPACT_SEED}))
def test_model_equals_gateware(engine, seed, tmp_path):
    if not harness.harness.gateware(engine).exists():
        pytest.skip("the simulated gateware is not built")
    model, gateware, expected = compare(engine, seed, tmp_path)
    assert model[0] == gateware[0]
    assert model[1] == gateware[1]
    facts = [dict(zip(harness.FRAME, struct.unpack_from(f"<{len(harness.FRAME)}I", p))) for kind, s, _, p in model[1] if kind == "frame" and s == 12]
    assert [f["number"] for f in facts] == list(range(len(expected)))
    assert [(f["photons"], f["outside"]) for f in facts] == expected
    errors = {p[0] for kind, _, _, p in model[0] if kind == "error"}
    assert errors >= {harness.ERROR[n] for n in ("config", "value", "length")}
    assert [kind for kind, *_ in model[1]].count("result") == 2
