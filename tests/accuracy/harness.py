"""Batches of decays with known truth through the command, and what comes back against the truth and the bound."""
from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from reference import crlb, truth as ref  # noqa: E402,F401

NS = 1e-9          # every batch has bins of 1 ns
STATUS = ("insufficient_data", "saturated", "not_converged", "at_limit", "order_unsupported", "ok")


def command():
    return Path(os.environ.get("TAUSTREAM", ROOT / "build/taustream"))


def gateware(engine):
    return ROOT / f"build/taustream-rtl-{engine}"


def shared():
    """The folder with measured data, or None."""
    for path in (os.environ.get("TAUSTREAM_SHARED"), ROOT.parent / "shared"):
        if path and (Path(path) / "data/trpl").is_dir():
            return Path(path) / "data"
    return None


class CommandFailed(RuntimeError):
    pass


def call(arguments, backend="model", engine="e18", timeout=900):
    """Run `taustream trpl ... --json`; the records of all histograms."""
    line = [str(command()), "trpl", *map(str, arguments), "--backend", backend, "--engine", engine, "--json", "--quiet"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL)
    records = [json.loads(x) for x in done.stdout.splitlines() if x.strip()]
    if done.returncode != 0 or not records or not records[-1].get("complete"):
        raise CommandFailed(f"{' '.join(line)}: exit {done.returncode}: {done.stderr.strip()[-500:]}")
    return records[:-1]


def run(counts, irf, components, backend="model", engine="e18", options=()):
    """Fit an m x n array of counts with an IRF histogram (None: tail fit). Options are added to the command's line."""
    counts = np.atleast_2d(np.ascontiguousarray(counts, np.uint32))
    with tempfile.TemporaryDirectory(prefix="taustream-accuracy-") as folder:
        np.save(f"{folder}/data.npy", counts)
        line = [f"{folder}/data.npy", "--bin-width", "1ns", "--components", components, *options]
        if "--range" not in options:
            line += ["--range", f"0ns..{counts.shape[1]}ns"]
        if irf is not None:
            np.save(f"{folder}/irf.npy", np.ascontiguousarray(irf, np.uint32))
            line += ["--irf", f"{folder}/irf.npy"]
        records = call(line, backend, engine)
    if [r["index"] for r in records] != list(range(len(counts))):
        raise CommandFailed(f"{len(records)} records for {len(counts)} histograms, or out of order")
    return records


@dataclass
class Fits:
    """Columns of many records; NaN where a record has null."""
    ln_tau: np.ndarray
    low: np.ndarray
    high: np.ndarray
    shift: np.ndarray
    background: np.ndarray
    amplitude: np.ndarray
    status: np.ndarray
    evaluations: np.ndarray
    freedom: np.ndarray
    flags: list
    raw: list

    @staticmethod
    def of(records, components):
        def numbers(value):
            return [np.nan if v is None else float(v) for v in value] if value else [np.nan] * components

        def column(name):
            return np.array([np.nan if r.get(name) is None else float(r[name]) for r in records])

        interval = np.array([[(np.nan, np.nan) if v is None or v[0] is None else v for v in (r["lifetime_interval_s"] or [None] * components)]
                             for r in records], float)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            ln_tau = np.log(np.array([numbers(r["lifetime_s"]) for r in records]) / NS)
            return Fits(ln_tau, np.log(interval[..., 0] / NS), np.log(interval[..., 1] / NS), column("shift_s") / NS,
                        column("background_per_bin"), np.array([numbers(r["amplitude"]) for r in records]),
                        np.array([r["status"] for r in records]), column("evaluations"), column("degrees_of_freedom"),
                        [r["flags"] for r in records], [r.get("raw") for r in records])

    @staticmethod
    def join(parts):
        out = {}
        for name in Fits.__dataclass_fields__:
            values = [getattr(p, name) for p in parts]
            out[name] = sum(values, []) if isinstance(values[0], list) else np.concatenate(values)
        return Fits(**out)

    def __len__(self):
        return len(self.status)

    @property
    def ok(self):
        return self.status == "ok"


@dataclass
class Outcome:
    """Fits of one cell with their truth: z is the error of ln tau in units of the bound."""
    fits: Fits
    z: np.ndarray
    z_shift: np.ndarray
    sigma: np.ndarray
    truth_ln_tau: np.ndarray

    @staticmethod
    def join(parts):
        return Outcome(Fits.join([p.fits for p in parts]), *(np.concatenate([getattr(p, n) for p in parts])
                                                             for n in ("z", "z_shift", "sigma", "truth_ln_tau")))

    @property
    def rmse(self):
        """Of each component; fits without a number are counted by not_ok, not here."""
        return np.sqrt(np.nanmean(self.z**2, axis=0))

    @property
    def bias(self):
        return np.nanmean(self.z, axis=0)

    @property
    def not_ok(self):
        return float(np.mean(~self.fits.ok))

    @property
    def coverage(self):
        with np.errstate(invalid="ignore"):
            hit = (self.fits.low <= self.truth_ln_tau) & (self.truth_ln_tau <= self.fits.high)
        return hit[self.fits.ok].mean(axis=0)

    def wrong(self, sigmas=6.0):
        """Histograms with status ok and a lifetime more than `sigmas` bounds from the truth (or not a number)."""
        with np.errstate(invalid="ignore"):
            return self.fits.ok & ~np.all(np.abs(self.z) <= sigmas, axis=-1)


def judge(many, counts, irf, engine, options=(), free=None, bound_at=None):
    """Fit counts, one row for each decay of `many` (or all rows for one decay), and compare."""
    k = many.components
    fits = Fits.of(run(counts, irf, k, engine=engine, options=options), k)
    s = np.broadcast_to(crlb.sigma(many if bound_at is None else many.scaled(bound_at), free), (len(fits), 2 * k + 2))
    ln_tau = np.broadcast_to(np.log(many.lifetime), fits.ln_tau.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        z_shift = (fits.shift - np.broadcast_to(many.shift, len(fits))) / s[:, -1]
        return Outcome(fits, (fits.ln_tau - ln_tau) / s[:, k:2 * k], z_shift, s[:, k:2 * k], ln_tau)
