"""An IRF of few counts: what its own noise leaves open is in the intervals."""
import numpy as np
import pytest

from reference import truth


@pytest.mark.parametrize("irf_counts, level, period, fwhm", [(1e5, 0, "25.6ns", 1.5), (1e6, 2e3, "1us", 0.3)])
def test_intervals_hold_the_truth(run, tmp_path, irf_counts, level, period, fwhm):
    counts, rng = 1e6, np.random.default_rng(9)
    fine = 0.05 * (np.arange(512 * 8) + 0.5) / 8
    pulse = np.exp(-4 * np.log(2) * ((fine - 3) / fwhm) ** 2)
    pulse /= pulse.sum()
    kernel = 0.6 * np.exp(-fine / 0.8) + 0.4 * np.exp(-fine / 3.5)
    if period == "25.6ns":
        kernel = 0.6 * np.exp(-fine / 0.8) / -np.expm1(-25.6 / 0.8) + 0.4 * np.exp(-fine / 3.5) / -np.expm1(-25.6 / 3.5)
        curve = np.fft.irfft(np.fft.rfft(pulse) * np.fft.rfft(kernel), fine.size)
    else:
        curve = np.convolve(pulse, kernel)[:fine.size]
    curve = curve.reshape(512, 8).sum(1)
    curve = 0.99 * counts * curve / curve.sum() + 0.01 * counts / 512
    response = pulse.reshape(512, 8).sum(1) * irf_counts + level
    held = told = 0
    for _ in range(30):
        np.save(tmp_path / "d.npy", rng.poisson(curve, (1, 512)).astype(np.uint32))
        np.save(tmp_path / "i.npy", rng.poisson(response, (1, 512)).astype(np.uint32))
        r = run("trpl", "d.npy", "--irf", "i.npy", "--bin-width", "50ps", "--period", period, "--components", "2", "--backend", "model", "--json").records[0]
        assert r["status"] == "ok"
        if "poor_fit" in r["flags"]:  # the level of a high background was off
            continue
        told += 2
        held += sum(low <= t <= high for (low, high), t in zip(r["lifetime_interval_s"], (0.8e-9, 3.5e-9)))
    assert told >= 40 and held >= 0.87 * told, (held, told)


@pytest.mark.parametrize("centre, width, bins, level, period, lifetimes", [(35.4, 11.5, 400, 230, 640, (37.9, 118.3)), (150.4, 11.4, 1500, 16, 20000, (385.0,))])
def test_a_background_found_in_the_bins_before_the_rise(run, tmp_path, centre, width, bins, level, period, lifetimes):
    """What its level is off by stands in all bins behind the rise at once, light that comes late: of 200 intervals of the slow lifetime 166 and 168 held the truth."""
    rng, response, mu = np.random.default_rng(11), truth.Irf(centre, width), 0
    for tau in lifetimes:
        one = response.response(bins, tau, 0.0, period)[0]
        mu = mu + one / one.sum()
    mu = 2e6 * (0.97 * mu / mu.sum() + 0.03 / bins)
    held = told = 0
    for _ in range(40):
        np.save(tmp_path / "d.npy", rng.poisson(mu, (5, bins)).astype(np.uint32))
        np.save(tmp_path / "i.npy", rng.poisson(6e5 * response.bins(bins) + level, (1, bins)).astype(np.uint32))
        done = run("trpl", "d.npy", "--irf", "i.npy", "--bin-width", "1ns", "--period", f"{period}ns", "--components", str(len(lifetimes)), "--range", f"0ns..{bins}ns", "--backend", "model", "--json")
        for r in done.records[:-1]:
            assert r["status"] == "ok"
            low, high = r["lifetime_interval_s"][-1]
            told += 1
            held += low <= 1e-9 * lifetimes[-1] <= high
    assert held > 0.89 * told, (held, told)


def test_a_sharp_response_above_a_background(run, tmp_path):
    """Two filled bins leave the width open; a bin beside them with a few counts of background more is no measure of it. 109 of 152 intervals held the truth (186 of 200 now), and 48 fits were poor ones."""
    rng, response, bins, lifetimes, mu = np.random.default_rng(4), truth.Irf(123.2, 0.34), 2048, (2.1, 67.5), 0
    for tau, part in zip(lifetimes, (0.6, 0.4)):
        one = response.response(bins, tau, 0.0, 5000.0)[0]
        mu = mu + part * one / one.sum()
    mu = 1e5 * (0.98 * mu + 0.02 / bins)
    held = told = 0
    for _ in range(40):
        np.save(tmp_path / "d.npy", rng.poisson(mu, (5, bins)).astype(np.uint32))
        np.save(tmp_path / "i.npy", rng.poisson(7.7e5 * response.bins(bins) + 87, (1, bins)).astype(np.uint32))
        done = run("trpl", "d.npy", "--irf", "i.npy", "--bin-width", "1ns", "--period", "5000ns", "--components", "2", "--range", f"0ns..{bins}ns", "--backend", "model", "--json")
        for r in done.records[:-1]:
            if r["status"] == "ok" and "poor_fit" not in r["flags"]:
                low, high = r["lifetime_interval_s"][0]
                told += 1
                held += low <= 1e-9 * lifetimes[0] <= high
    assert told > 190 and held > 0.89 * told, (held, told)
