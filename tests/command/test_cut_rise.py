"""A range that begins behind the response, with a free shift: what is left is a sum of exponentials, whatever the shift, and chance made a response in the window of their noise (shift and
amplitude wrong by 10 to 600 of their sigmas, ok)."""
import numpy as np
import pytest

GRID = (np.arange(256 * 32) + 0.5) / 32
MIDDLE, FWHM, LIFETIME = 38.1, 4.66, 11.13


@pytest.fixture
def fit(run, tmp_path):
    def go(first, *options):
        pulse = np.exp(-4 * np.log(2) * ((GRID - MIDDLE) / FWHM) ** 2)
        pulse /= pulse.sum()
        curve = np.convolve(pulse, np.exp(-GRID / LIFETIME))[:GRID.size].reshape(256, 32).mean(1)
        amplitude = 1e5 / curve.sum()
        np.save(tmp_path / "d.npy", np.random.default_rng(first).poisson(amplitude * curve + 0.5, (40, 256)).astype(np.uint32))
        np.save(tmp_path / "i.npy", np.rint(4e9 * pulse.reshape(256, 32).sum(1)).astype(np.uint32))
        done = run("trpl", "d.npy", "--irf", "i.npy", "--bin-width", "1ns", "--period", "1ms", "--backend", "model", "--json", "--range", f"{first}ns..", *options)
        assert done.code == 0, done.err
        return done.records[:-1], amplitude
    return go


@pytest.mark.parametrize("first", [46, 48, 53, 63])
def test_behind_the_response_no_shift_is_told(fit, first):
    records, amplitude = fit(first)
    wrong = [r for r in records if r["status"] == "ok" and max(abs(r["shift_s"]) / r["shift_sigma_s"], abs(r["amplitude"][0] - amplitude) / r["amplitude_sigma"][0]) > 4]
    assert len(wrong) <= 1, len(wrong)
    assert sum(r["status"] == "at_limit" for r in records) >= 35


@pytest.mark.parametrize("first, options", [(30, ()), (38, ()), (39, ())])
def test_where_the_response_is_seen_its_shift_is_told(fit, first, options):
    records, amplitude = fit(first, *options)
    assert sum(r["status"] == "ok" for r in records) >= 39
    z = [(r["amplitude"][0] - amplitude) / r["amplitude_sigma"][0] for r in records]
    assert np.mean(np.abs(z) < 1.96) >= 0.85
