"""Random and hostile batches for comparing the integer model with the Verilog, made from a seed."""
from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy import harness  # noqa: E402
from reference import truth  # noqa: E402

LIMITS = {"u16": (3, 1024), "e18": (4, 4096)}      # components, bins of the engines
TOP = 2**32 - 1


@dataclass
class Batch:
    seed: int
    engine: str
    data: np.ndarray
    irf: np.ndarray | None
    components: int
    options: list = field(default_factory=list)

    def __str__(self):
        return (f"seed {self.seed} {self.engine}: {self.data.shape[0]} x {self.data.shape[1]}, K {self.components}, "
                f"{'IRF' if self.irf is not None else 'no IRF'} {' '.join(self.options)}")


def hostile(rng, bins):
    """One histogram of each unkind sort."""
    index = np.arange(bins)
    spike = np.zeros(bins)
    spike[rng.integers(bins)] = 10 ** rng.uniform(0, 9.6)
    two = np.zeros(bins)
    two[rng.integers(bins, size=2)] = rng.integers(1, 10**6, 2)
    rows = [np.zeros(bins), np.full(bins, TOP), spike, two, np.where(index % 2, TOP, 0), np.where(index % 2, rng.integers(1, 5000), 0),
            rng.integers(0, TOP, bins), rng.integers(0, 2**20, bins), rng.integers(0, 2, bins), np.ones(bins), np.full(bins, 2**20 - 1),
            index, bins - index, np.where(index < bins // 2, 0, 1000), np.where(index < bins // 2, 1000, 0),
            2.0 ** rng.uniform(0, 32, bins), np.exp(index / bins * 15)]
    return np.minimum(np.stack(rows), TOP).astype(np.uint32)


def batch(seed, engine, rows=64, wild_every=4, hostile_every=16):
    """Most batches are decays that one would fit, with one hostile histogram in `hostile_every`; every `wild_every`-th is anything:
    up to 1e8 counts with a poor response, lifetimes held at wrong values, a quarter of the histograms hostile. (Such fits
    mostly run into the hard maximum of evaluations, so they cost the Verilog twenty times the clocks.)"""
    rng = np.random.default_rng([seed, 1 if engine == "u16" else 2])
    wild = seed % wild_every == 3
    most, top = LIMITS[engine]
    bins = int(rng.choice([256, int(np.exp(rng.uniform(np.log(32), np.log(top + 0.5))))]))
    k = int(rng.integers(1, most + 1)) if wild else min(most, int(rng.choice([1, 2, 3, 4], p=[0.4, 0.4, 0.15, 0.05])))
    fwhm = float(np.exp(rng.uniform(np.log(0.3), np.log(min(12.0, bins / 12.0)))))
    with_irf = rng.random() < 0.8
    period = float(np.round(bins * rng.uniform(1.0, 1.6))) if rng.random() < 0.25 else 0.0
    irf = truth.Irf(rng.uniform(0.05, 0.2) * bins + fwhm, fwhm, rng.choice([0.0, 0.15]), max(1.0, bins / rng.uniform(15, 80)))
    blurred = with_irf and seed % 4 == 1                       # a Gauss of hardly a bin, by its width
    if blurred:
        irf = truth.Irf(irf.centre, float(np.exp(rng.uniform(np.log(0.005), np.log(2.19)))))
    low, high = (0.7, bins) if wild else (max(2.0, bins / 100), 0.4 * bins)
    lifetime = np.exp(np.log(low) + np.log(high / low) * np.sort(rng.uniform(0, 1, (rows, k)) + np.arange(k), axis=1) / k)
    counts = np.exp(rng.uniform(np.log(30 if wild else 1000), np.log(1e8 if wild else 3e6), rows))
    decays = truth.make(irf if with_irf else truth.Tail(), bins, lifetime, rng.dirichlet(np.ones(k) * (1 if wild else 4), rows),
                        np.exp(rng.uniform(np.log(1e-4), np.log(0.5 if wild else 0.1), rows)), counts, rng.uniform(-2, 2, rows) if with_irf else 0.0, period)
    data = np.minimum(rng.poisson(decays.expected()), TOP).astype(np.uint32)
    unkind = hostile(rng, bins)
    some = min(len(unkind), rows // (4 if wild else hostile_every))
    data[rng.choice(rows, some, replace=False)] = unkind[rng.permutation(len(unkind))[:some]]
    options = (["--period", f"{period:g}ns"] if period else []) + (["--irf-gauss", f"{irf.fwhm}ns"] if blurred else [])
    for i in range(1, k + 1):
        if rng.random() < 0.25:
            start = np.exp(rng.uniform(np.log(1.0), np.log(bins))) if wild else np.median(lifetime[:, i - 1])
            options += ["--lifetime", f"{i}={start:.4g}ns" + (",fixed" if rng.random() < (0.6 if wild else 0.2) else "")]
    if rng.random() < 0.3:
        options += ["--background", str(rng.choice(["zero", "free", f"{10 ** rng.uniform(-3, 2 if wild else 0):.4g}"]))]
    if with_irf and rng.random() < 0.3:
        options += ["--shift", str(rng.choice(["none", "free", f"{rng.uniform(-4, 4):.3f}ns"]) if wild else "free")]
    if seed % 3 == 2:
        options += ["--start", "own"]
    return Batch(seed, engine, data, irf.histogram(bins, 10 ** rng.uniform(3 if wild else 6, 8), rng) if with_irf and not blurred else None, k, options)


@dataclass
class Comparison:
    fits: int = 0
    differing_bits: int = 0
    refused: int = 0             # batches that the command refuses, in the same words for both
    problems: list = field(default_factory=list)

    def add(self, other):
        self.fits, self.differing_bits, self.refused = self.fits + other.fits, self.differing_bits + other.differing_bits, self.refused + other.refused
        self.problems += other.problems


def gateware(engine, seed):
    """The program of the folder that TAUSTREAM_RTL_DIR names, for every batch. Without it three batches of four go to a device with the
    decay engine alone, which is quicker to simulate, the others to a whole one."""
    named = os.environ.get("TAUSTREAM_RTL_DIR")
    if named:
        return Path(named) / f"taustream-rtl-{engine}"
    return harness.gateware(engine) if seed % 4 == 0 else harness.ROOT / f"build/decay-only/taustream-rtl-{engine}"


def is_built(engine):
    return all(gateware(engine, seed).exists() for seed in (0, 1))


def answers(one, backend, folder):
    line = [str(harness.command()), "trpl", f"{folder}/data.npy", "--bin-width", "1ns", "--components", str(one.components), "--range",
            f"0ns..{one.data.shape[1]}ns", *one.options, *(["--irf", f"{folder}/irf.npy"] if one.irf is not None else []),
            "--backend", backend, "--engine", one.engine, "--json", "--quiet"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=3600, check=False, stdin=subprocess.DEVNULL,
                          env=dict(os.environ, TAUSTREAM_RTL_DIR=str(gateware(one.engine, one.seed).parent)))
    records = [json.loads(x) for x in done.stdout.splitlines() if x.strip()]
    return done.returncode, [r for r in records if "raw" in r], done.stderr


def compare(one):
    """The same batch through the model and through the Verilog."""
    with tempfile.TemporaryDirectory(prefix="taustream-equality-") as folder:
        np.save(f"{folder}/data.npy", one.data)
        if one.irf is not None:
            np.save(f"{folder}/irf.npy", one.irf)
        (code_m, model, text_m), (code_r, rtl, text_r) = (answers(one, b, folder) for b in ("model", "rtl"))
    result = Comparison()
    if code_m == 2 and code_r == 2 or (not model and not rtl and code_m == code_r == 1):
        result.refused = 1
        if text_m.replace("model", "rtl") != text_r.replace("model", "rtl"):
            result.problems.append(f"{one}: refused differently: {text_m.strip()} | {text_r.strip()}")
        return result
    if code_m != code_r or len(model) != len(rtl) or len(model) != len(one.data):
        result.problems.append(f"{one}: exit {code_m} and {code_r}, {len(model)} and {len(rtl)} records of {len(one.data)}: {text_m.strip()[-200:]} | {text_r.strip()[-200:]}")
    for a, b in zip(model, rtl):
        if a["raw"] is None and b["raw"] is None:
            continue                    # no fit took place in either
        result.fits += 1
        if a["raw"] != b["raw"]:
            same_length = a["raw"] and b["raw"] and len(a["raw"]) == len(b["raw"])
            bits = bin(int(a["raw"], 16) ^ int(b["raw"], 16)).count("1") if same_length else 4 * max(len(a["raw"] or ""), len(b["raw"] or ""))
            result.differing_bits += bits
            result.problems.append(f"{one}: row {a['index']}: {bits} bits differ: {a['raw']} | {b['raw']}")
    return result
