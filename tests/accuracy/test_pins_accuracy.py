"""The pins' accuracy rows at a small size (tests/accuracy/pins_accuracy.py has the large one)."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy import pins_accuracy  # noqa: E402

FITS = 200


@pytest.mark.parametrize("width, tau", pins_accuracy.CELLS)
def test_lifetimes_from_bins_wider_than_the_response(width, tau):
    rmse, bias, held, bad = pins_accuracy.cell(width, tau, FITS, "u16")
    assert rmse < 1.05 * (1 + 3.3 / (2 * FITS) ** 0.5)
    assert abs(bias) < 0.1 + 3.3 / FITS**0.5
    assert 0.95 - 3.3 * (0.95 * 0.05 / FITS) ** 0.5 < held
    assert bad <= 0.01
