"""Tail fits: the pulse is on the left edge of the first bin."""
import numpy as np
import pytest


@pytest.mark.parametrize("lifetime", (20, 64, 128, 256))
def test_earlier_pulses_have_their_level(run, tmp_path, lifetime):
    """Noise-free, the period is the window: lifetime and amplitude (counts a bin at the pulse, of the last pulse alone) come back."""
    amplitude, background, bins = 1e5, 500, 256
    edge = np.exp(-np.arange(bins + 1) / lifetime)
    counts = amplitude * lifetime * (edge[:-1] - edge[1:]) / (1 - edge[-1]) + background
    np.save(tmp_path / "tail.npy", np.round(counts).astype(np.uint32))
    r = run("trpl", "tail.npy", "--bin-width", "1ns", "--period", "256ns", "--range", "0ns..256ns", "--json").records[0]
    assert r["status"] == "ok"
    assert r["lifetime_s"][0] == pytest.approx(lifetime * 1e-9, rel=5e-5)
    assert r["amplitude"][0] == pytest.approx(amplitude, rel=5e-5)
