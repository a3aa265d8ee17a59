"""A dead or a hot bin in the tail: the engine's groups sum it up with its neighbours, the host looks at each."""
import numpy as np
import pytest

FIT = ("trpl", "d.npy", "--bin-width", "50ps", "--period", "1us", "--irf-gauss", "0.3ns", "--components", "2", "--backend", "model", "--json")


def dead(d):
    d[:, 150:153] = 0


def late_gap(d):
    d[:, 300:310] = 0


def hot(d):
    d[:, 200] += 60


@pytest.mark.parametrize("damage, flagged", [(lambda d: None, 0), (dead, 20), (late_gap, 20), (hot, 20)])
def test_what_groups_hide_is_told(run, tmp_path, damage, flagged):
    fine = 0.05 * (np.arange(512 * 8) + 0.5) / 8
    pulse = np.exp(-4 * np.log(2) * ((fine - 3) / 0.3) ** 2)
    curve = np.convolve(pulse / pulse.sum(), 240 * np.exp(-fine / 0.8) + 100 * np.exp(-fine / 3.5))[:fine.size].reshape(512, 8).mean(1)
    d = np.random.default_rng(5).poisson(2 + curve, (20, 512))
    damage(d)
    np.save(tmp_path / "d.npy", d.astype(np.uint32))
    records = run(*FIT).records[:-1]
    assert len(records) == 20 and all(r["status"] == "ok" for r in records)
    assert sum("poor_fit" in r["flags"] for r in records) == flagged
