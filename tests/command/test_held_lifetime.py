"""A lifetime that is held beside free ones that are shorter: the device's own starts do not know of it, and its fit is lost; the host begins anew."""
import numpy as np
import pytest

GRID = (np.arange(512 * 16) + 0.5) / 16


@pytest.mark.parametrize("engine", ["e18", "u16"])
@pytest.mark.parametrize("lifetimes, held", [((20.7, 58.3), (58.3,)), ((8.0, 50.3), (50.3,)), ((2.3, 12.0, 60.0), (60.0, 12.0))])
def test_the_shorter_lifetime_is_found(run, tmp_path, engine, lifetimes, held):
    pulse = np.exp(-4 * np.log(2) * ((GRID - 30.3) / 5.5) ** 2)
    mu = sum(np.convolve(pulse, np.exp(-GRID / tau))[:GRID.size] / tau for tau in lifetimes).reshape(512, 16).sum(1)
    mu = 1e6 * (0.98 * mu / mu.sum() + 0.02 / 512)
    np.save(tmp_path / "d.npy", np.random.default_rng(3).poisson(mu, (40, 512)).astype(np.uint32))
    np.save(tmp_path / "i.npy", np.rint(1e9 * pulse.reshape(512, 16).sum(1) / pulse.sum()).astype(np.uint32))
    options = [x for i, tau in enumerate(held) for x in ("--lifetime", f"{i + 1}={tau}ns,fixed")]
    done = run("trpl", "d.npy", "--irf", "i.npy", "--bin-width", "1ns", "--period", "100us", "-k", len(lifetimes), *options, "--engine", engine, "--backend", "model", "--json")
    assert done.code == 0, done.err
    records = done.records[:-1]
    assert all(r["status"] == "ok" and "poor_fit" not in r["flags"] for r in records)
    for r in records:
        assert [s is None for s in r["lifetime_sigma_s"]] == [tau in held for tau in lifetimes]
        assert np.allclose([x for x, s in zip(r["lifetime_s"], r["lifetime_sigma_s"]) if s is None], sorted(x * 1e-9 for x in held), rtol=1e-3)
    z = [np.log(r["lifetime_s"][0] / (lifetimes[0] * 1e-9)) * r["lifetime_s"][0] / r["lifetime_sigma_s"][0] for r in records]
    assert np.mean(np.abs(z) < 1.96) >= 0.85 and abs(np.mean(z)) < 0.6
