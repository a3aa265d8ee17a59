#!/usr/bin/env python3
"""Accuracy on random devices of `taustream simulate sclc`, which had no part in setting the estimator's constants.

    build/venv/bin/python tests/accuracy/sclc_random.py [--devices N] [--seed N]      prints a markdown table (docs/sclc.md)

Thickness 0.1 to 2 um, eps_r 3 to 60, mobility 1e-8 to 1e-3 m2/Vs, 220 to 340 K, trap level 0.35 to 0.9 eV deep, V_TFL 1.6 to 16 V_min, sweeps to
2.4 to 7 V_TFL, 40 to 240 points, linear and logarithmic, 1, 2, 5 % noise, five sweeps a device. Contacts hold as many carriers as the band has
states: 1e26 m^-3 (as good as ideal), and 2.2e24 m^-3, by how many traps there are beside them.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from reference import sclc  # noqa: E402

PROGRAM = Path(os.environ.get("TAUSTREAM", Path(__file__).resolve().parents[2] / "build/taustream"))
SWEEPS = 5


def device(rng):
    """Options of a random device and its truth."""
    length, eps, temperature = 10 ** rng.uniform(-7, -5.7), rng.uniform(3, 60), rng.uniform(220, 340)
    v_tfl = 1.6 * sclc.v_min(temperature) * 10 ** rng.uniform(0, 1)
    density = 2 * eps * sclc.EPS_0 * v_tfl / (sclc.Q * length**2)
    mobility, depth, noise = 10 ** rng.uniform(-8, -3), rng.uniform(0.35, 0.9), rng.choice([0.01, 0.02, 0.05])
    points, linear, to = int(rng.choice([40, 60, 80, 120, 240])), bool(rng.integers(2)), v_tfl * rng.uniform(2.4, 7)
    geometry = ["--thickness", f"{length:.9g}", "--permittivity", f"{eps:.9g}", "--temperature", f"{temperature:.9g}"]
    simulation = ["--mobility", f"{mobility:.9g}", "--trap-density", f"{density:.9g}", "--trap-depth", f"{depth:.4g}", "--noise", str(noise), "--points",
                  str(points), "--spacing", "linear" if linear else "log", "--from", f"{to / points if linear else max(1e-3, to / 1e4):.6g}", "--to", f"{to:.9g}"]
    return geometry, simulation, density, mobility


def records(geometry, simulation, states, seed, folder):
    path = Path(folder) / "s.csv"
    subprocess.run([PROGRAM, "simulate", "sclc", *geometry, *simulation, "--density-of-states", str(states), "--number", str(SWEEPS), "--seed", str(seed),
                    "--output", path], check=True)
    out = subprocess.run([PROGRAM, "sclc", path, *geometry, "--json"], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()[:-1]]


class Row:
    def __init__(self, name):
        self.name, self.n, self.density, self.mobility, self.inside, self.ohmic_low = name, 0, [], [], [], 0

    def add(self, record, density, mobility):
        self.n += 1
        self.ohmic_low += "ohmic_low" in record["flags"]
        if record["status"] != "ok":
            return
        low, high = record["trap_density_interval_m3"]
        self.density.append(np.log(record["trap_density_m3"] / density))
        self.mobility.append(np.log(record["mobility_m2_vs"] / mobility))
        self.inside.append(low < density < high)

    def text(self):
        def figures(values):
            size = 100 * np.abs(values)
            return f"{np.median(size):.1f}, {np.percentile(size, 95):.1f}, {100 * np.median(values):+.1f}"

        if not self.density:
            return f"| {self.name} | {self.n} | 0 | | | |"
        return (f"| {self.name} | {self.n} | {len(self.density)} | {figures(np.array(self.density))} | {figures(np.array(self.mobility))} | "
                f"{100 * np.mean(self.inside):.0f} |")


def measure(devices, seed):
    """Rows: contacts of 1e26, then of 2.2e24 by traps over contact carriers."""
    rows = [Row("1e26"), Row("2.2e24, traps below 1 % of them"), Row("2.2e24, 1 to 3 %"), Row("2.2e24, 3 to 10 %"), Row("2.2e24, 10 to 30 %")]
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        for i in range(devices):
            geometry, simulation, density, mobility = device(rng)
            for states in (1e26, 2.2e24):
                part = density / states
                if part > 0.3:
                    continue
                row = rows[0] if states > 1e25 else rows[1 + int(np.searchsorted([0.01, 0.03, 0.1], part))]
                for record in records(geometry, simulation, states, i, folder):
                    row.add(record, density, mobility)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("| contact carriers / m^-3 | sweeps | answered | N_t: median, 95th percentile of the error, bias / % | mobility: the same | 95 % interval holds / % |")
    print("|---|---|---|---|---|---|")
    for row in measure(options.devices, options.seed):
        print(row.text())


if __name__ == "__main__":
    main()
