"""Random devices of `simulate sclc` in their quick size; tests/accuracy/sclc_random.py has the full one."""
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy import sclc_random  # noqa: E402


@pytest.mark.skipif(not sclc_random.PROGRAM.exists(), reason="the command is not built")
def test_random_devices():
    good, few_traps, *_ = sclc_random.measure(16, seed=3)
    for row in (good, few_traps):
        assert len(row.density) >= 0.9 * row.n > 20, row.text()
        assert np.median(np.abs(row.density)) < 0.05 and np.percentile(np.abs(row.density), 95) < 0.12, row.text()
        assert np.median(np.abs(row.mobility)) < 0.07 and np.mean(row.inside) > 0.85, row.text()
        assert row.ohmic_low == 0, row.text()
