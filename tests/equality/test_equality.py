"""The integer model against the Verilog, through the command: no bit of a result may differ.

TAUSTREAM_EQUALITY_FITS: fits to compare for each engine (default 1000; `tests/equality/soak.py` does as many as time allows).
"""
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy import harness  # noqa: E402
from equality import batches  # noqa: E402

FITS = int(os.environ.get("TAUSTREAM_EQUALITY_FITS", "1000"))


def need(engine):
    if not harness.command().exists():
        pytest.skip(f"{harness.command().name} is not built")
    if not harness.gateware(engine).exists():
        pytest.skip(f"{harness.gateware(engine).name} is not built")


@pytest.mark.parametrize("engine", ["u16", "e18"])
def test_model_equals_gateware(engine):
    need(engine)
    total, seed = batches.Comparison(), 0
    while total.fits < FITS and seed < 4 * FITS:
        total.add(batches.compare(batches.batch(seed, engine, rows=min(64, max(20, FITS // 8)))))
        assert not total.problems, "\n".join(total.problems[:5])
        seed += 1
    print(f"\n{engine}: {total.fits} fits compared in {seed} configurations, {total.differing_bits} bits differ, {total.refused} configurations refused")
    assert total.fits >= FITS and total.refused < seed / 2


@pytest.mark.parametrize("engine", ["u16", "e18"])
def test_batches_come_again_from_their_seed(engine):
    a, b = batches.batch(5, engine), batches.batch(5, engine)
    assert str(a) == str(b) and (a.data == b.data).all()
