"""Leaks, mobilities that grow with the field, sweeps far beyond V_TFL and a mistyped thickness, on devices of an independent simulator."""
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy import sclc_beside, sclc_library  # noqa: E402
from reference import sclc_device as reference  # noqa: E402

FILM = {"length": 4e-7, "eps": 20, "temperature": 300, "states": 1e26}
MOBILITY, V_TFL = 1e-6, 3.0
DENSITY = 2 * FILM["eps"] * reference.EPS_0 * V_TFL / (reference.Q * FILM["length"] ** 2)
AT = np.geomspace(0.01, 126, 90)


@pytest.fixture(scope="module")
def device():
    d = sclc_library.Device()
    yield d
    d.close()


@pytest.fixture(scope="module")
def sound():
    return np.log(reference.curve(AT, mobility=MOBILITY, traps=[(DENSITY, 0.7)], **FILM))


def sweep(ln_j, to, points, linear=False, leak=0.0, noise=0.01, seed=1):
    v = to * np.arange(1, points + 1) / points if linear else np.geomspace(0.01, to, points)
    j = np.exp(np.interp(np.log(v), np.log(AT), ln_j))
    at = 1.5 * V_TFL
    j = j + leak / (1 - leak) * np.exp(np.interp(np.log(at), np.log(AT), ln_j)) / at * v
    return v, j * (1 + noise * np.random.default_rng(seed).standard_normal(points))


def ask(device, v, j, thickness=1.0):
    return device.sweep(v, j, thickness * FILM["length"], FILM["eps"], FILM["temperature"])


def good(a, within):
    return (sclc_library.status(a) == "ok" and abs(a.trap_density_m3 / DENSITY - 1) < within
            and a.trap_density_low_m3 < DENSITY < a.trap_density_high_m3)


def test_the_reference_alone(sound):
    """Child's law with a hundredth for diffusion and traps left at 40 V_TFL; ohmic at first."""
    v = AT[-1]
    child = 9 / 8 * FILM["eps"] * reference.EPS_0 * MOBILITY * v**2 / FILM["length"] ** 3
    assert 1.0 < np.exp(sound[-1]) / child < 1.06
    assert abs((sound[1] - sound[0]) / np.log(AT[1] / AT[0]) - 1) < 0.02


@pytest.mark.parametrize("leak", [0.03, 0.1, 0.2])
@pytest.mark.parametrize("linear", [False, True])
def test_a_leak_is_taken_off(device, sound, leak, linear):
    a = ask(device, *sweep(sound, 18, 120, linear, leak))
    assert good(a, 0.08) and "leak" in sclc_library.flag_names(a)
    g = leak / (1 - leak) * np.exp(np.interp(np.log(1.5 * V_TFL), np.log(AT), sound)) / (1.5 * V_TFL)
    assert abs(a.leak_a_m2_v / g - 1) < 0.05 and leak / 2 < a.leak_part < 3 * leak


@pytest.mark.parametrize("linear", [False, True])
def test_no_leak(device, sound, linear):
    a = ask(device, *sweep(sound, 18, 120, linear))
    assert good(a, 0.08) and not a.flags and np.isnan(a.leak_a_m2_v) and np.isnan(a.field_gamma_sqrt_m_v)


@pytest.mark.parametrize("points,linear", [(400, False), (240, True), (90, False)])
def test_far_beyond(device, sound, points, linear):
    """The engine's words allow no more steps; the host's fit ends at 8 V_TFL."""
    a = ask(device, *sweep(sound, 120, points, linear))
    assert good(a, 0.08) and a.v_max_v == pytest.approx(120)


@pytest.mark.parametrize("strength", [0.4, 0.9])
def test_mobility_grows_with_the_field(device, strength):
    gamma = strength / np.sqrt(V_TFL / FILM["length"])
    ln_j = np.log(reference.curve(AT[:80], mobility=MOBILITY, traps=[(DENSITY, 0.7)], gamma=gamma, **FILM))
    a = ask(device, *sweep(np.append(ln_j, np.full(10, ln_j[-1])), 15, 160, linear=True))
    assert good(a, 0.12) and "field_mobility" in sclc_library.flag_names(a)
    assert abs(a.field_gamma_sqrt_m_v / gamma - 1) < 0.25 and abs(a.mobility_m2_vs / MOBILITY - 1) < 0.25


@pytest.mark.parametrize("deep,depth", [(0.3, 0.28), (0.5, 0.28), (0.7, 0.28)])
def test_levels_that_stay_partly_empty_carry_current_early(device, deep, depth):
    """What is not filled at V_TFL is not counted: about a tenth is missing here, and the onset far below V_TFL tells."""
    ln_j = np.log(reference.curve(AT, mobility=MOBILITY, traps=[(DENSITY * (1 - deep), depth), (DENSITY * deep, 0.8)], **FILM))
    for seed in range(5):
        a = ask(device, *sweep(ln_j, 18, 160, seed=seed))
        assert sclc_library.status(a) == "ok" and sclc_library.flag_names(a) == ["shallow_traps"] and a.v_onset_v < 0.1 * a.v_tfl_v


@pytest.mark.parametrize("part", [0.05, 0.1])
@pytest.mark.parametrize("linear", [False, True])
def test_a_resistance_in_series_is_taken_off(device, sound, part, linear):
    """It takes that part of the last voltage; V_TFL came out 10 and 15 % too low, with intervals of 6 %, and nothing was said."""
    inside = np.geomspace(0.01, 18 * (1 - part), 400)
    j = np.exp(np.interp(np.log(inside), np.log(AT), sound))
    ohm = part * 18 / j[-1]
    v = 18 * np.arange(1, 161) / 160 if linear else np.geomspace(0.02, 18, 160)
    j = np.exp(np.interp(np.log(v), np.log(inside + ohm * j), np.log(j)))
    a = ask(device, v, j * (1 + 0.01 * np.random.default_rng(1).standard_normal(160)))
    assert good(a, 0.08) and sclc_library.flag_names(a) == ["series_resistance"] and abs(a.series_ohm_m2 / ohm - 1) < 0.2


@pytest.mark.parametrize("linear", [False, True])
def test_a_short_sweep_is_not_corrected_for_a_resistance(device, sound, linear):
    """What bends a sweep that ends at 3 V_TFL may be contacts as well: it is told, and the interval is wider, or there is no density; nothing is taken off."""
    top, part = 3 * V_TFL, 0.08
    inside = np.geomspace(0.01, top * (1 - part), 400)
    j = np.exp(np.interp(np.log(inside), np.log(AT), sound))
    v = top * np.arange(1, 161) / 160 if linear else np.geomspace(0.02, top, 160)
    j = np.exp(np.interp(np.log(v), np.log(inside + part * top / j[-1] * j), np.log(j)))
    a = ask(device, v, j * (1 + 0.01 * np.random.default_rng(1).standard_normal(160)))
    assert np.isnan(a.series_ohm_m2)
    assert sclc_library.status(a) == "no_trap_filled_limit" or ("series_resistance" in sclc_library.flag_names(a) and a.v_tfl_low_v < V_TFL < a.v_tfl_high_v)


def test_thickness(device, sound):
    """300 cm2/Vs and 18 V: a hundredth and ten times the field and a thousand times the mobility are no semiconductor's."""
    v, j = sweep(sound, 18, 120)
    for factor, said in ((1, False), (100, True), (0.01, True)):
        a = ask(device, v, j, factor)
        assert (sclc_library.status(a), "implausible" in sclc_library.flag_names(a)) == ("ok", said), factor
        assert a.field_max_v_m == pytest.approx(18 / (factor * FILM["length"])) and a.drift_velocity_m_s == pytest.approx(a.mobility_m2_vs * a.field_max_v_m)
    a = ask(device, v, 300 * j, 10)      # 3 cm2/Vs typed as 3000
    assert "implausible" in sclc_library.flag_names(a)


def test_random_devices():
    rows = sclc_beside.measure(8, seed=5)
    for name, row in rows.items():
        if name.startswith(("sound", "leak of 0.0", "leak of 0.1")):
            assert len(row.off) >= 0.6 * row.n and np.median(np.abs(row.off)) < 0.06 and np.mean(row.inside) > 0.85, row.text()
        if name.startswith("sound"):
            assert row.status["not_converged"] == 0 and row.flags["implausible"] <= 0.2 * row.n, row.text()
        if name.startswith("gamma"):
            assert row.silent <= 0.1 * row.n, row.text()
    assert rows["thickness typed 1 times"].flags["implausible"] == 0 < rows["thickness typed 10 times"].flags["implausible"]
