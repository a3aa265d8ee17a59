"""The SCLC reference's own tests: the template against the device's equations, the estimator on its own curve and on simulated devices."""
import csv
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from reference import sclc  # noqa: E402

SHARED = Path(os.environ.get("TAUSTREAM_SHARED", "/nowhere")) / "data/sclc/simulated"
CLEAN = {"deep_ohmic", "level_depth", "temp", "mobility", "hole_only"}


@pytest.mark.parametrize("z", [1e-3, 0.009, 0.011, 1.0, 30.0, 1e4])
def test_template_against_the_field(z):
    """dE/dx = a (1 + E*/E) from E = 0 at the contact: L and V by numerical integration up to E_L = z E*."""
    # x(E) = int E dE / (E + 1), V(E) = int E^2 dE / (E + 1), in units of E*/a and E*^2/a
    end = solve_ivp(lambda e, y: [e / (e + 1), e * e / (e + 1)], (0, z), [0.0, 0.0], rtol=1e-11, atol=1e-18, method="DOP853").y[:, -1]
    length, voltage = end
    x, y, slope = sclc.template_at(z)
    assert 2**x == pytest.approx(2 * voltage / length**2, rel=1e-7)       # V_t = a L^2 / 2
    assert 2**y == pytest.approx(1 / length, rel=1e-7)                    # J / (q mu N_t a L)
    h = 1e-4
    up, down = sclc.template_at(z * (1 + h)), sclc.template_at(z * (1 - h))
    assert slope == pytest.approx((up[1] - down[1]) / (up[0] - down[0]), rel=1e-5)


def test_template_ends():
    assert sclc.template(np.log2(1e6))[1] == pytest.approx(2, abs=1e-4)   # Child
    value, _ = sclc.template(np.array([np.log2(1e5)]))
    assert 2**value[0] == pytest.approx(9 / 32 * 1e10, rel=1e-4)          # 9/8 eps mu V^2/L^3 over J_0 = 4 eps mu V_t^2/L^3


def ideal(v, v_t, j_0, temperature, ohmic=1e-6):
    """The template above its limit, a steep rise below, an ohmic line."""
    j = ohmic * v
    above = v > 1.02 * v_t
    edge = 1.02 * v_t
    top = j_0 * 2 ** sclc.template(np.log2(edge / v_t))[0]
    j = j + np.where(above, j_0 * 2 ** sclc.template(np.log2(np.maximum(v, edge) / v_t))[0], top * (v / edge) ** 6)
    return j


def test_finds_its_own_template():
    temperature, v_t, j_0 = 300.0, 2.0, 3e4
    v = np.geomspace(1e-3, 40, 400)
    a = sclc.estimate(v, ideal(v, v_t, j_0, temperature), temperature)
    assert a.status == "ok" and "converged" in a.bits
    assert 2**a.x_template == pytest.approx(v_t, rel=2e-3)                # bins average over a curve: a little off
    assert 2**a.y_template == pytest.approx(j_0, rel=4e-3)
    assert a.v_tfl == pytest.approx(26.7 * sclc.K_B * temperature / sclc.Q + 1.125 * 2**a.x_template)
    assert a.noise_variance < 1e-4 and a.skipped == 0 and a.points == 400


def test_scales():
    """V -> c V, J -> d J moves the template by just that."""
    v = np.geomspace(1e-3, 40, 320)
    j = ideal(v, 2.0, 3e4, 300.0)
    one, two = sclc.estimate(v, j, 300.0), sclc.estimate(v, 8 * j, 300.0)
    assert two.x_template == pytest.approx(one.x_template) and two.y_template == pytest.approx(one.y_template + 3)
    assert two.x_onset == pytest.approx(one.x_onset) and two.slope == pytest.approx(one.slope)


def test_points_that_are_skipped():
    v = np.geomspace(1e-3, 40, 120)
    j = ideal(v, 2.0, 3e4, 300.0)
    with_bad = sclc.estimate(np.concatenate([[-1], v[:60], [v[10]], v[60:]]), np.concatenate([[1], j[:60], [5], j[60:]]), 300.0)
    clean = sclc.estimate(v, j, 300.0)
    assert with_bad.skipped == 2 and with_bad.v_tfl == clean.v_tfl


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data")
def test_simulated_devices():
    """Steady-state devices of known density, 2 % noise: the figures are measured in tests/accuracy; here that nothing is grossly wrong."""
    rng, n_t, mu, false_alarms = np.random.default_rng(5), [], [], 0
    with open(SHARED / "MANIFEST.csv", encoding="utf-8") as f:
        rows = [r for r in csv.DictReader(f) if r["complete"] == "1"]
    for r in rows:
        v, j = np.loadtxt(SHARED / r["file"], delimiter=",", skiprows=1).T
        at = np.geomspace(v[0], v[-1], 100)
        temperature, truth = float(r["T_K"]), float(r["V_TFL_theory_V"])
        noisy = np.exp(np.interp(np.log(at), np.log(v), np.log(j))) * (1 + 0.02 * rng.standard_normal(100))
        a = sclc.estimate(at, noisy, temperature)
        if truth < 0.9 * sclc.v_min(temperature):
            false_alarms += a.status == "ok"
        elif r["category"] in CLEAN and truth > 1.6 * sclc.v_min(temperature) and r["E_trap_depth_eV"] != "0.15" and a.status == "ok":
            n_t.append(a.v_tfl / truth)
            mu.append(a.mobility(float(r["L_m"]), float(r["eps_r"])) / float(r["mu_m2_Vs"]))
    assert false_alarms == 0 and len(n_t) >= 15
    assert np.median(np.abs(np.log(n_t))) < 0.04 and np.max(np.abs(np.log(n_t))) < 0.12
    assert np.median(np.abs(np.log(mu))) < 0.04
