#!/usr/bin/env python3
"""What stands beside filled traps in a real device: leaks, mobilities that grow with the field, shallow levels, sweeps far beyond V_TFL, mistyped thickness.

    build/venv/bin/python tests/accuracy/sclc_beside.py [--devices N] [--seed N]      prints a markdown table (docs/sclc.md)

Devices of tests/reference/sclc_device.py, at random: 0.13 to 4 um, eps_r 2.5 to 70, 1e-9 to 1e-3 m2/Vs, 200 to 360 K, V_TFL 1.6 to 20 V_min, levels 0.35 to 0.9 eV
deep (sound ones), contacts of 1e26 or, with traps below 1 % of that, 2.2e24 m^-3. Sweeps to 2.4 to 8 V_TFL unless a row says otherwise, 40 to 240 points, linear and
logarithmic, 1, 2, 5 % noise. A leak is told by its part of the current at 1.5 V_TFL.
"""
import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.interpolate import PchipInterpolator

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy import sclc_library  # noqa: E402
from reference import sclc_device as reference  # noqa: E402

Q, K_B, EPS_0 = reference.Q, reference.K_B, reference.EPS_0
LEAKS = (0.01, 0.03, 0.1, 0.3)
FIELDS = (0.2, 0.5, 1.0, 2.0)       # gamma sqrt(V_TFL / L), rows' limits
SHALLOW = (0.14, 0.30)              # eV
TOP = 44                            # V_TFL: how far curves are computed
CURVE_POINTS = 110
PLAUSIBLE_V_M, PLAUSIBLE_M_S = 3e8, 1e5   # where a device counts as one that may exist


class Truth:
    def __init__(self, rng, kind):
        self.length, self.eps, self.temperature = 10 ** rng.uniform(-6.9, -5.4), rng.uniform(2.5, 70), rng.uniform(200, 360)
        self.v_min = 2 * np.pi**2 * K_B * self.temperature / Q
        self.v_tfl, self.mobility = 1.6 * self.v_min * 10 ** rng.uniform(0, 1.1), 10 ** rng.uniform(-9, -3)
        self.density = 2 * self.eps * EPS_0 * self.v_tfl / (Q * self.length**2)
        self.states = 1e26 if rng.random() < 0.5 or self.density > 0.01 * 2.2e24 else 2.2e24
        self.field = rng.uniform(0.2, 2.0) if kind == "field" else 0.0
        self.traps, self.deep = [(self.density, rng.uniform(0.35, 0.9))], self.density
        if kind == "shallow":
            part = rng.choice([0, 0.3, 0.5, 0.7])
            self.traps, self.deep = [(self.density * (1 - part), rng.uniform(*SHALLOW)), (self.density * part, 0.8)], self.density * part
        v = np.geomspace(max(1e-3, self.v_tfl / 1000), TOP * self.v_tfl, CURVE_POINTS)
        j = reference.curve(v, length=self.length, eps=self.eps, mobility=self.mobility, temperature=self.temperature, traps=self.traps,
                            states=self.states, gamma=self.field / np.sqrt(self.v_tfl / self.length))
        if not np.all(j > 0):
            raise reference.NotFound("current")
        self.ln_j = PchipInterpolator(np.log(v), np.log(j))
        self.first = v[0]

    def current(self, v):
        return np.exp(self.ln_j(np.log(v)))

    def sweep(self, rng, reach, leak=0.0):
        points, noise, top = int(rng.choice([40, 60, 80, 120, 240])), rng.choice([0.01, 0.02, 0.05]), reach * self.v_tfl
        v = top * np.arange(1, points + 1) / points if rng.integers(2) else np.geomspace(max(1e-2, self.first, top / 1e4), top, points)
        j = self.current(v)
        if leak:
            at = 1.5 * self.v_tfl
            j = j + leak / (1 - leak) * self.current(at) / at * v
        return v, j * (1 + noise * rng.standard_normal(points))


class Row:
    def __init__(self, name):
        self.name, self.n, self.off, self.inside, self.silent, self.between = name, 0, [], [], 0, []
        self.status, self.flags = Counter(), Counter()

    def add(self, truth, answer):
        self.n += 1
        self.status[sclc_library.status(answer)] += 1
        names = sclc_library.flag_names(answer)
        self.flags.update(names)
        if sclc_library.status(answer) != "ok":
            return
        ratio = answer.trap_density_m3 / truth.density
        self.off.append(ratio - 1)
        self.inside.append(answer.trap_density_low_m3 <= truth.density <= answer.trap_density_high_m3)
        self.between.append(answer.trap_density_high_m3 >= truth.deep and answer.trap_density_low_m3 <= truth.density)
        self.silent += abs(np.log(ratio)) > np.log(1.2) and not names

    def text(self):
        flags = ", ".join(f"{name} {k}" for name, k in self.flags.most_common()) or "none"
        figures = "| | |"
        if self.off:
            size = 100 * np.abs(self.off)
            figures = f"{np.median(size):.1f}, {np.percentile(size, 95):.1f}, {100 * np.median(self.off):+.1f} | {100 * np.mean(self.inside):.0f} | {self.silent} |"
        return f"| {self.name} | {self.n} | {len(self.off)} | {figures} {flags} |"


def make(rng, kind, count):
    out = []
    while len(out) < count:
        try:
            truth = Truth(rng, kind)
        except reference.NotFound:
            continue
        if truth.density <= 0.01 * truth.states:
            out.append(truth)
    return out


def measure(devices, seed):
    rng, backend, rows = np.random.default_rng(seed), sclc_library.Device(), {}

    def ask(name, truth, v, j, thickness=1.0):
        answer = backend.sweep(v, j, truth.length * thickness, truth.eps, truth.temperature)
        rows.setdefault(name, Row(name)).add(truth, answer)
        return answer

    for truth in make(rng, "sound", devices):
        for _ in range(4):
            ask("sound", truth, *truth.sweep(rng, rng.uniform(2.4, 8)))
        for _ in range(2):
            ask("sound, to 8 to 42 V_TFL", truth, *truth.sweep(rng, rng.uniform(8, 42)))
        for leak in LEAKS:
            for _ in range(2):
                ask(f"leak of {leak:g}", truth, *truth.sweep(rng, rng.uniform(2.4, 8), leak))
        v, j = truth.sweep(rng, 4)
        field = v[-1] / truth.length
        if field < PLAUSIBLE_V_M and field * truth.mobility < PLAUSIBLE_M_S:
            for factor in (1, 10, 0.1):
                ask(f"thickness typed {factor:g} times", truth, v, j, factor)
    for truth in make(rng, "field", devices // 2):
        part = int(np.searchsorted(FIELDS, truth.field))
        for _ in range(4):
            ask(f"gamma sqrt(V_TFL/L) {FIELDS[part - 1]:g} to {FIELDS[part]:g}", truth, *truth.sweep(rng, rng.uniform(2.4, 8)))
    for truth in make(rng, "shallow", devices // 2):
        for _ in range(4):
            ask("shallow levels alone" if not truth.deep else "shallow levels beside deep ones", truth, *truth.sweep(rng, rng.uniform(2.4, 8)))
    backend.close()
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rows = measure(options.devices, options.seed)
    print("| devices | sweeps | answered | N_t: median, 95th percentile of the error, bias / % | 95 % interval holds / % | off by > 20 %, no flag | flags |")
    print("|---|---|---|---|---|---|---|")
    for name in sorted(rows, key=lambda n: (n.startswith("thickness"), n.startswith("shallow"), n.startswith("gamma"), n.startswith("leak"))):
        print(rows[name].text())
    for name, row in rows.items():
        if name.startswith("shallow") and row.between:
            print(f"\n{name}: {np.sum(row.between)} of {len(row.between)} intervals meet the range from the deep levels' density to that of all.")


if __name__ == "__main__":
    main()
