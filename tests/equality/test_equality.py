"""The integer model against the Verilog, through the command: no bit of a result may differ.

TAUSTREAM_EQUALITY_FITS: fits to compare for each engine (default 10000; `tests/equality/soak.py` does as many as time allows).
"""
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy import harness  # noqa: E402
from equality import batches  # noqa: E402

FITS = int(os.environ.get("TAUSTREAM_EQUALITY_FITS", "10000"))
# Fits of anything mostly run into the hard maximum of evaluations and cost the Verilog most: the soak takes more of them.
WILD_EVERY, HOSTILE_EVERY = 32, 32
ROWS = min(64, max(16, FITS // 16))


def compare_many(engine):
    total, seed, begun = batches.Comparison(), 0, time.monotonic()
    while total.fits < FITS and seed < 4 * FITS // ROWS + 4 and not total.problems:
        total.add(batches.compare(batches.batch(seed, engine, ROWS, WILD_EVERY, HOSTILE_EVERY)))
        seed += 1
    print(f"\n{engine}: {total.fits} fits compared in {seed} configurations ({total.refused} refused by the command), {total.differing_bits} bits "
          f"differ, {time.monotonic() - begun:.0f} s")
    return total


@pytest.fixture(scope="module")
def comparisons():
    """Both engines side by side: each keeps one core busy."""
    engines = [e for e in ("u16", "e18") if batches.is_built(e)] if harness.command().exists() else []
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(engines, pool.map(compare_many, engines)))


@pytest.mark.parametrize("engine", ["u16", "e18"])
def test_model_equals_gateware(engine, comparisons):
    if engine not in comparisons:
        pytest.skip(f"{harness.command().name} or {harness.gateware(engine).name} is not built (make rtl decay-only)")
    total = comparisons[engine]
    assert not total.problems, "\n".join(total.problems[:5])
    assert total.fits >= FITS


@pytest.mark.parametrize("engine", ["u16", "e18"])
def test_batches_come_again_from_their_seed(engine):
    a, b = batches.batch(5, engine), batches.batch(5, engine)
    assert str(a) == str(b) and (a.data == b.data).all()


@pytest.mark.parametrize("seed", range(4))
def test_every_batch_goes_to_the_gateware_that_is_named(monkeypatch, tmp_path, seed):
    """A netlist's comparison (tests/gates) names the netlist's folder: no batch of it may go to another device. A folder without a program refuses."""
    monkeypatch.setenv("TAUSTREAM_RTL_DIR", str(tmp_path))
    one = batches.batch(seed, "u16", rows=17)
    one.irf, one.options = None, []
    np.save(tmp_path / "data.npy", one.data)
    code, records, text = batches.answers(one, "rtl", tmp_path)
    assert code == 1 and not records and f"no program taustream-rtl-u16 in {tmp_path}" in text
