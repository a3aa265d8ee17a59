"""Counts beyond what an engine's words carry are divided for it; a background that is held is not, for it is the plan's, and stood there as many times too high."""
import numpy as np
import pytest

FIT = ("trpl", "d.npy", "--bin-width", "1ns", "--backend", "model", "--json")


@pytest.mark.parametrize("engine, counts", [("u16", 1e7), ("u16", 3e6), ("e18", 5e8)])
@pytest.mark.parametrize("response", [(), ("--irf-gauss", "5ns")])
def test_a_held_background_is_the_datas_own(run, tmp_path, engine, counts, response):
    tau, bins, background = 8.0, 128, 0.05
    i = np.arange(bins)
    mu = np.exp(-i / tau)
    if response:
        fine = (np.arange(50 * bins) + 0.5) / 50
        pulse = np.exp(-4 * np.log(2) * ((fine - 20) / 5) ** 2)
        mu = np.convolve(pulse, np.exp(-fine / tau))[:fine.size].reshape(bins, 50).sum(1)
    mu = counts * ((1 - background) * mu / mu.sum() + background / bins)
    np.save(tmp_path / "d.npy", np.random.default_rng(3).poisson(mu, (40, bins)).astype(np.uint32))
    value = background * counts / bins
    done = run(*FIT, "--engine", engine, *response, "--range", "0ns..128ns", "--background", repr(value))
    assert done.code == 0, done.err
    records = done.records[:-1]
    assert all(r["status"] == "ok" and "precision_limited" in r["flags"] and r["background_sigma"] is None for r in records)
    assert all(r["background_per_bin"] == pytest.approx(value, rel=1e-3) for r in records)
    z = np.array([np.log(r["lifetime_s"][0] / (tau * 1e-9)) * r["lifetime_s"][0] / r["lifetime_sigma_s"][0] for r in records])
    assert np.mean(np.abs(z) < 1.96) > 0.84 and abs(z.mean()) < 0.6, z.mean()
    assert sum("poor_fit" in r["flags"] for r in records) <= 2
