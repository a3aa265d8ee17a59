#!/usr/bin/env python3
"""What is said about devices that filled traps alone do not describe: a table of every such case of the shared data.

    build/venv/bin/python tests/accuracy/sclc_flags.py      prints it as markdown (docs/sclc.md)

Steady-state devices: without and with 1, 2, 5 % noise, 40, 80, 240 points, logarithmic and linear, one polarity and one direction. Sweeps with mobile ions:
as they are, both directions. `silent`: answers off by more than 20 % without any flag.
"""
import collections
import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy import sclc_library  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("TAUSTREAM_SHARED", ROOT.parent / "shared")) / "data/sclc"
PROGRAM = Path(os.environ.get("TAUSTREAM", ROOT / "build/taustream"))
SOUND = {"deep_ohmic", "level_depth", "temp", "mobility", "hole_only", "trapfree"}
TOLERANCE = np.log(1.2)
IONS_V_TFL = 1.8849       # of the hysteresis set: 2e22 m^-3, 500 nm, eps_r 24


class Case:
    def __init__(self, name):
        self.name, self.n, self.silent = name, 0, 0
        self.status, self.flags, self.ratio = collections.Counter(), collections.Counter(), []

    def add(self, status, flags, ratio):
        self.n += 1
        self.status[status] += 1
        self.flags.update(flags)
        if ratio:
            self.ratio.append(ratio)
            self.silent += abs(np.log(ratio)) > TOLERANCE and not flags

    def row(self):
        def counts(c):
            return ", ".join(f"{name} {k}" for name, k in c.most_common()) or "none"

        ratio = f"{min(self.ratio):.2f} to {max(self.ratio):.2f}" if self.ratio else "none given"
        return f"| {self.name} | {counts(self.status)} | {ratio} | {counts(self.flags)} | {self.silent} of {self.n} |"


def steady_cases(seed=2):
    rng, device = np.random.default_rng(seed), sclc_library.Device()
    with open(SHARED / "simulated/MANIFEST.csv", encoding="utf-8") as f:
        rows = [r for r in csv.DictReader(f) if r["complete"] == "1" and r["category"] not in SOUND]
    for r in rows:
        v, j = np.loadtxt(SHARED / "simulated" / r["file"], delimiter=",", skiprows=1).T
        truth, case = float(r["V_TFL_theory_V"]), Case(r["file"][:-4])
        for noise in (0.0, 0.01, 0.02, 0.05):
            for points in (40, 80, 240):
                for at in (np.linspace(v[-1] / points, v[-1], points), np.geomspace(v[0], v[-1], points)):
                    current = np.exp(np.interp(np.log(at), np.log(v), np.log(j))) * (1 + noise * rng.standard_normal(points))
                    m = device.sweep(at, current, float(r["L_m"]), float(r["eps_r"]), float(r["T_K"]))
                    status = sclc_library.status(m)
                    case.add(status, sclc_library.flag_names(m), m.v_tfl_v / truth if status == "ok" and truth else None)
        yield case
    device.close()


def ion_cases():
    with open(SHARED / "hysteresis/MANIFEST.csv", encoding="utf-8") as f:
        names = [r["file"] for r in csv.DictReader(f)]
    for name in names:
        case = Case("ions " + name[:-4])
        out = subprocess.run([PROGRAM, "sclc", SHARED / "hysteresis" / name, "--thickness", "500nm", "--permittivity", "24", "--temperature", "295K", "--json"],
                             check=True, capture_output=True, text=True).stdout
        for r in map(json.loads, out.splitlines()[:-1]):
            case.add(r["status"], r["flags"], r["v_tfl_v"] and r["v_tfl_v"] / IONS_V_TFL)
        yield case


def main():
    print("| case | status | V_TFL / true where given | flags | silent |\n|---|---|---|---|---|")
    for case in [*steady_cases(), *ion_cases()]:
        print(case.row())


if __name__ == "__main__":
    main()
