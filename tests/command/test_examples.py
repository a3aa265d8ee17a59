"""The examples that are shipped, by the command as in the README."""
import json
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_perovskite(run):
    r = run("trpl", EXAMPLES / "hzb-perovskite/sample1_lowest_power.csv", "--range", "0ns..200ns", "--json").records[0]
    assert r["status"] == "ok"
    assert 6.03e-9 <= r["lifetime_s"][0] <= 6.08e-9


@pytest.mark.parametrize("engine", ["u16", "e18"])
def test_atto550(run, engine):
    r = run("trpl", EXAMPLES / "lifefit-atto550/Atto550_DNA.txt", "--irf", EXAMPLES / "lifefit-atto550/irf.txt", "--components", "2",
            "--engine", engine, "--json").records[0]
    assert r["status"] == "ok" and "poor_fit" in r["flags"] and "irf_noise" in r["flags"]
    assert 3.6e-9 <= r["lifetime_mean_intensity_s"] <= 3.75e-9


def test_sclc(run):
    truth = json.loads((EXAMPLES / "sclc-simulated/truth.json").read_text())
    for r in run("sclc", EXAMPLES / "sclc-simulated/sweep.csv", "--thickness", "500nm", "--permittivity", "25", "--json").records[:-1]:
        assert r["status"] == "ok" and r["flags"] == []
        assert r["trap_density_interval_m3"][0] < truth["trap_density_m3"] < r["trap_density_interval_m3"][1]
        assert r["mobility_m2_vs"] == pytest.approx(truth["mobility_m2_vs"], rel=0.05)
        assert 0.1 < r["trap_density_onset_m3"] / truth["trap_density_m3"] < 0.15


def test_sclc_example_is_made_as_its_readme_says(run, tmp_path):
    line = next(row for row in (EXAMPLES / "README.md").read_text().splitlines() if "taustream simulate sclc" in row)
    command = line[line.index("`taustream simulate sclc") + 1:].split("`")[0].split()
    assert run(*command[1:]).code == 0
    made, shipped = (np.loadtxt(folder / "sweep.csv", delimiter=",", skiprows=1) for folder in (tmp_path, EXAMPLES / "sclc-simulated"))
    assert made == pytest.approx(shipped, rel=1e-6)                       # another libm may round otherwise
