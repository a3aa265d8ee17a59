"""Periods of thousands of windows (lasers of a few kHz and less): the device's first lifetime grew with the period, and nothing led back from there (every fit not_converged)."""
import numpy as np
import pytest

BIN = 1e-9


@pytest.mark.parametrize("engine", ["e18", "u16"])
@pytest.mark.parametrize("bins, lifetime", [(64, 6.0), (512, 40.0), (4096, 100.0)])
def test_a_period_of_any_length(run, tmp_path, engine, bins, lifetime):
    fine = (np.arange(16 * bins) + 0.5) / 16
    pulse = np.exp(-4 * np.log(2) * ((fine - 20.3) / 5) ** 2)
    mu = np.convolve(pulse, np.exp(-fine / lifetime))[:fine.size].reshape(bins, 16).sum(1)
    mu = 1e5 * mu / mu.sum() + 2
    np.save(tmp_path / "d.npy", np.random.default_rng(3).poisson(mu, (10, bins)).astype(np.uint32))
    np.save(tmp_path / "i.npy", np.rint(1e8 * pulse.reshape(bins, 16).sum(1) / pulse.sum()).astype(np.uint32))
    lifetimes = []
    for windows in (4, 30, 1e3, 1e4, 1e6, 1e9):
        done = run("trpl", "d.npy", "--irf", "i.npy", "--bin-width", "1ns", "--engine", engine, "--backend", "model", "--json", "--period", repr(windows * bins * BIN))
        assert done.code == 0, done.err
        assert all(r["status"] == "ok" and "poor_fit" not in r["flags"] for r in done.records[:-1]), windows
        lifetimes.append([r["lifetime_s"][0] for r in done.records[:-1]])
    assert np.allclose(lifetimes[2:], lifetimes[2], rtol=1e-4) and np.allclose(np.mean(lifetimes[2]), lifetime * BIN, rtol=0.01)
