"""Pile-up, dead time and unequal bins in the model: no bias, honest intervals; without them the same data are wrong (tests/accuracy/weights.py at full size)."""
import numpy as np
import pytest

from accuracy import weights

FITS = 100


def check(records, flag):
    j = weights.judged(records)
    n = len(records)
    assert j["not_ok"] <= 0.02 and all(flag in r["flags"] for r in records)
    assert abs(j["bias"]) < 4 / np.sqrt(n), j
    assert 1 - 4 / np.sqrt(2 * n) < j["rms"] < 1 + 4 / np.sqrt(2 * n), j
    assert j["held"] > 0.95 - 4 * np.sqrt(0.95 * 0.05 / n), j
    assert abs(j["chi2"] - 1) < 4 * np.sqrt(2 / 50 / n), j      # about 50 groups


@pytest.mark.parametrize("rate", (0.3, 1.0))
def test_one_stop_a_pulse(rate):
    counts, pulses = weights.first_stop_alone(np.random.default_rng(11), rate, FITS)
    assert weights.judged(weights.fit(counts, "--pulses", str(pulses)))["bias"] < -5
    check(weights.fit(counts, "--pulses", str(pulses), "--pile-up", "correct"), "pile_up_modelled")


@pytest.mark.parametrize("rate, dead, bias", ((2.0, 20, 5), (0.5, 1300, -5)))
def test_dead_time(rate, dead, bias):
    counts, pulses = weights.dead_time(np.random.default_rng(12), rate, dead, FITS // 2)
    assert weights.judged(weights.fit(counts, "--pulses", str(pulses)))["bias"] / bias > 1
    check(weights.fit(counts, "--pulses", str(pulses), "--pile-up", "correct", "--dead-time", f"{dead}ns"), "pile_up_modelled")


@pytest.mark.parametrize("light, photons, wrong", ((20000, 20000, 1.1), (1000, 200000, 2)))
def test_unequal_bins(light, photons, wrong, tmp_path):
    """The second: errors of the widths are larger than those of the counts."""
    without, corrected = weights.unequal(np.random.default_rng(13), 0.05, light, FITS, tmp_path, per_calibration=2, photons=photons)
    assert weights.judged(without)["rms"] > wrong
    check(corrected, "dnl_corrected")


def test_two_components():
    """Both lifetimes, one stop a pulse."""
    rng = np.random.default_rng(14)
    from accuracy.pins_accuracy import expected
    mean = 0.4 * (0.5 * expected(weights.WIDTH, 20.0, weights.PLACE, 1, 0.01) + 0.5 * expected(weights.WIDTH, 100.0, weights.PLACE, 1, 0.01))
    p = np.exp(-np.concatenate([[0], np.cumsum(mean)[:-1]])) * -np.expm1(-mean)
    counts = np.array([rng.multinomial(1000000, np.append(p, 1 - p.sum()))[:-1] for _ in range(40)])
    fits = weights.fit(counts, "--components", "2", "--pulses", "1000000", "--pile-up", "correct")
    assert all(r["status"] == "ok" for r in fits)
    for k, tau in enumerate((20e-9, 100e-9)):
        z = np.array([np.log(r["lifetime_s"][k] / tau) * r["lifetime_s"][k] / r["lifetime_sigma_s"][k] for r in fits])
        assert abs(z.mean()) < 4 / np.sqrt(40) and 0.5 < np.sqrt(np.mean(z**2)) < 1.5, (k, z.mean())


def test_without_anything_lost_nothing_changes():
    """All pulses live: the refit ends where the device did."""
    counts = np.random.default_rng(15).poisson(20000 * weights.MEAN, (20, weights.BINS))
    plain, refitted = weights.fit(counts), weights.fit(counts, "--pulses", "1e12", "--pile-up", "correct")
    for a, b in zip(plain, refitted):
        assert a["raw"] == b["raw"] and b["status"] == "ok"
        assert abs(a["lifetime_s"][0] - b["lifetime_s"][0]) < 0.15 * a["lifetime_sigma_s"][0]
        assert b["lifetime_sigma_s"][0] == pytest.approx(a["lifetime_sigma_s"][0], rel=0.02)
