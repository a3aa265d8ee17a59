"""taustream simulate sclc: against Mott and Gurney, against an independent simulator's curves, noise and truth."""
import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

Q, K_B, EPS_0 = 1.602176634e-19, 1.380649e-23, 8.8541878128e-12
SHARED = Path(os.environ.get("TAUSTREAM_SHARED", "/nowhere")) / "data/sclc/simulated"
BASE = ("simulate", "sclc", "--thickness", "500nm", "--permittivity", "24", "--mobility", "1cm2/Vs", "--output", "s.csv")


def simulate(run, tmp_path, *options):
    done = run(*BASE, *options)
    assert done.code == 0, done.err
    with open(tmp_path / "s.csv", encoding="utf-8") as f:
        names = f.readline().strip().split(",")
        return names, np.loadtxt(f, delimiter=",", ndmin=2)


def slope(x, y):
    return np.gradient(np.log(y), np.log(x))


def test_mott_gurney(run, tmp_path):
    """Without traps, far above the diffusion, between contacts of very many carriers: 9/8 eps mu V^2 / L^3."""
    _, data = simulate(run, tmp_path, "--trap-density", "0", "--to", "2kV", "--density-of-states", "1e29")
    v, j = data.T
    ideal = 9 / 8 * 24 * EPS_0 * 1e-4 * v**2 / 500e-9**3
    assert j[-1] / ideal[-1] == pytest.approx(1, abs=0.01)
    assert slope(v, j)[0] == pytest.approx(1, abs=1e-3) and slope(v, j)[-2] == pytest.approx(2, abs=0.02)


def test_diffusion_at_zero_voltage(run, tmp_path):
    """Below kT/q: the conductance 4 pi^2 kT eps mu / (q L^3) of a film between contacts of very many carriers (symmetric device)."""
    _, data = simulate(run, tmp_path, "--trap-density", "0", "--to", "2mV", "--temperature", "295", "--density-of-states", "1e30")
    v, j = data.T
    assert j[0] / v[0] == pytest.approx(4 * np.pi**2 * K_B * 295 * 24 * EPS_0 * 1e-4 / (Q * 500e-9**3), rel=0.02)


def test_filled_traps(run, tmp_path):
    """Deep traps: the current rises steeply below q N L^2 / (2 eps) and is Child's far above; exact where diffusion is small (20 kV per kT)."""
    _, data = simulate(run, tmp_path, "--trap-density", "1e24", "--trap-depth", "0.8eV", "--to", "1kV", "--from", "1V", "--density-of-states", "1e27")
    v, j = data.T
    limit = Q * 1e24 * 500e-9**2 / (2 * 24 * EPS_0)
    at = v[np.argmax(slope(v, j))]
    assert 0.7 * limit < at < 1.05 * limit


def test_resistances(run, tmp_path):
    """A series and a shunt resistance are what they are called."""
    _, plain = simulate(run, tmp_path, "--trap-density", "2e22", "--to", "8V")
    _, loaded = simulate(run, tmp_path, "--trap-density", "2e22", "--to", "8V", "--series-resistance", "1e-6", "--shunt-resistance", "10ohm*cm2")
    v, j = loaded.T
    inside = v - 1e-6 * j
    assert np.all(inside > 0)
    expected = np.exp(np.interp(np.log(inside), np.log(plain[:, 0]), np.log(plain[:, 1]))) + inside / 1e-3
    good = inside > plain[0, 0]
    assert np.max(np.abs(np.log(j / expected))[good]) < 0.01              # the interpolation's error


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data")
def test_against_another_simulator(run, tmp_path):
    """Every complete single-level device without ions and Poole-Frenkel: within 1.5 %, from injection barriers to dopants; all without a barrier within 0.6 %."""
    worst, n = {}, 0
    with open(SHARED / "MANIFEST.csv", encoding="utf-8") as f:
        rows = [r for r in csv.DictReader(f) if r["complete"] == "1" and float(r["N_ion_m3"]) == 0 and float(r["gamma_PF"]) == 0
                and r["category"] not in ("gauss_traps", "exp_traps")]
    for r in rows:
        known = np.loadtxt(SHARED / r["file"], delimiter=",", skiprows=1)
        shunt = () if float(r["R_shunt_ohm_m2"]) < 0 else ("--shunt-resistance", r["R_shunt_ohm_m2"])
        done = run("simulate", "sclc", "--thickness", r["L_m"], "--permittivity", r["eps_r"], "--mobility", r["mu_m2_Vs"], "--temperature", r["T_K"],
                   "--trap-density", r["N_t_m3"], "--trap-depth", r["E_trap_depth_eV"], "--barrier", r["phi_inject_eV"] + "," + r["phi_extract_eV"],
                   "--doping", r["N_D_m3"], "--series-resistance", r["R_series_ohm_m2"], *shunt, "--from", f"{known[0, 0]:.9g}", "--to",
                   f"{known[-1, 0]:.9g}", "--points", 60, "--output", "s.csv")
        assert done.code == 0, done.err
        v, j = np.loadtxt(tmp_path / "s.csv", delimiter=",", skiprows=1).T
        spline = CubicSpline(np.log(known[:, 0]), np.log(known[:, 1]))
        worst[r["file"]] = np.max(np.abs(spline(np.log(v)) - np.log(j)))
        barrier = float(r["phi_inject_eV"]) > 0
        assert worst[r["file"]] < (0.015 if barrier else 0.006), (r["file"], worst[r["file"]])
        n += 1
    assert n > 40


def test_exponential_traps(run, tmp_path):
    """Mark and Helfrich: slope l + 1 with l = E_t / kT, over decades."""
    _, data = simulate(run, tmp_path, "--trap-density", "1e27", "--exponential-traps", "76.3meV", "--temperature", "295", "--to", "400V", "--from", "40V",
                       "--density-of-states", "1e27")
    v, j = data.T
    assert slope(v, j)[-5] == pytest.approx(0.0763 / (K_B * 295 / Q) + 1, abs=0.1)


def test_directions_and_polarities(run, tmp_path):
    names, data = simulate(run, tmp_path, "--trap-density", "2e22", "--to", "5V", "--points", "30", "--directions", "both", "--polarity", "both",
                           "--barrier", "0eV,0.2eV")
    v, j = data.T
    assert names == ["V_V", "J_A_m2"] and len(v) == 120
    assert np.all(np.diff(v[:30]) > 0) and np.array_equal(v[30:60], v[:30][::-1]) and np.array_equal(v[60:], -v[:60])
    assert np.array_equal(j[30:60], j[:30][::-1]) and np.all(j * v > 0)
    assert j[29] > 10 * -j[89]                                             # the barrier injects less


def test_linear_spacing_and_compliance(run, tmp_path):
    _, data = simulate(run, tmp_path, "--trap-density", "2e22", "--to", "8V", "--from", "0.1V", "--points", "80", "--spacing", "linear", "--compliance",
                       "100A/cm2")
    v, j = data.T
    assert np.allclose(np.diff(v), 0.1) and np.all(j <= 1e6) and np.sum(j == 1e6) > 10


def test_noise(run, tmp_path):
    _, clean = simulate(run, tmp_path, "--trap-density", "2e22", "--to", "8V")
    names, noisy = simulate(run, tmp_path, "--trap-density", "2e22", "--to", "8V", "--noise", "0.02", "--number", "200", "--seed", "3")
    assert names[1] == "J_1_A_m2" and len(names) == 201
    z = (noisy[:, 1:] / clean[:, 1:] - 1) / 0.02
    assert abs(z.mean()) < 5 / np.sqrt(z.size) and z.std() == pytest.approx(1, abs=5 / np.sqrt(2 * z.size))
    assert abs(np.corrcoef(z[:, 0], z[:, 1])[0, 1]) < 0.5
    _, few = simulate(run, tmp_path, "--trap-density", "2e22", "--to", "8V", "--noise", "0.02", "--number", "2", "--seed", "3")
    assert np.array_equal(few, noisy[:, :3])                               # a sweep does not depend on how many there are
    _, floor = simulate(run, tmp_path, "--trap-density", "2e22", "--to", "8V", "--noise-floor", "0.01", "--number", "50")
    assert ((floor[:, 1:] - clean[:, 1:]) / 0.01)[:30].std() == pytest.approx(1, abs=0.1)


def test_truth(run, tmp_path):
    simulate(run, tmp_path, "--trap-density", "2e16cm-3", "--to", "8V", "--truth", "t.json", "--seed", "7", "--doping", "1e21", "--temperature", "22C")
    truth = json.loads((tmp_path / "t.json").read_text())
    assert truth["schema"] == "taustream.truth/1" and truth["technique"] == "sclc"
    assert truth["trap_density_m3"] == pytest.approx(2e22) and truth["net_trap_density_m3"] == pytest.approx(1.9e22)
    assert truth["v_tfl_v"] == pytest.approx(Q * 2e22 * 500e-9**2 / (2 * 24 * EPS_0))
    assert truth["v_min_v"] == pytest.approx(2 * np.pi**2 * K_B * 295.15 / Q)
    assert truth["trap_density_min_m3"] == pytest.approx(4 * np.pi**2 * K_B * 295.15 * 24 * EPS_0 / (Q * 500e-9)**2)
    assert truth["mobility_m2_vs"] == pytest.approx(1e-4) and truth["thickness_m"] == 500e-9 and truth["seed"] == 7


WRONG = [
    (("--trap-density", "1e22"), "simulate sclc needs --to: see taustream simulate sclc --help"),
    (("--to", "1V"), "simulate sclc needs --trap-density: see taustream simulate sclc --help"),
    (("--to", "1V", "--trap-density", "1e22", "--from", "2V"), "--from: 2 V is not below --to, 1 V: expected a rising sweep"),
    (("--trap-density", "1e22 per m3"), "--trap-density: '1e22 per m3' has the unknown unit 'per m3': expected m-3 or cm-3"),
    (("--trap-density", "-1"), "--trap-density: '-1' is negative: expected a density"),
    (("--to", "1V", "--trap-density", "3e24"),
     "--trap-density: 3e+24 m^-3 is more than the density of states, 2.2e+24 m^-3: expected less"),
    (("--temperature", "20F"), "--temperature: '20F' is not a temperature: expected a number and a unit: K or C"),
    (("--temperature", "20"), "--temperature: '20' is outside of what is meant: expected 50 K to 1000 K"),
    (("--barrier", "0.2V"), "--barrier: '0.2V' has the unknown unit 'V': expected meV or eV"),
    (("--points", "1"), "--points: '1' cannot be used: expected a whole number from 2 to 16384"),
    (("--spacing", "square"), "--spacing: 'square' is unknown: expected one of log, linear"),
    (("--thickness", "0nm"), "--thickness: '0nm' is zero: expected a positive length"),
    (("more",), "simulate sclc: 'more' is too much: expected options only"),
]


@pytest.mark.parametrize("arguments, message", WRONG, ids=[" ".join(w[0]) for w in WRONG])
def test_wrong_usage(run, arguments, message, tmp_path):
    done = run(*BASE, *arguments)
    assert done.err == f"taustream: {message}\n"
    assert done.code == 2
    assert not list(tmp_path.iterdir())


def test_unwritable(run):
    done = run(*BASE[:-1], "missing/s.csv", "--trap-density", "0", "--to", "1V")
    assert done.err == "taustream: missing/s.csv: cannot be written: No such file or directory\n"
    assert done.code == 1
