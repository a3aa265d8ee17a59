"""An IRF of few counts: what its own noise leaves open is in the intervals."""
import numpy as np
import pytest


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
