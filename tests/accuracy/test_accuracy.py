"""The accuracy targets in their quick size. `tests/accuracy/bench.py` has the full one."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy import checks, harness  # noqa: E402

needs_command = pytest.mark.skipif(not harness.command().exists(), reason=f"{harness.command().name} is not built")


@needs_command
@pytest.mark.parametrize("engine", ["e18", "u16"])
@pytest.mark.parametrize("name", [n for n in checks.CHECKS if n != "measured"])
def test_target(name, engine):
    rows = list(checks.CHECKS[name](engine, full=False))
    print("\n" + "\n".join(map(str, rows)))
    missed = [str(r) for r in rows if r.asserted and not r.met]
    assert not missed, "\n".join(["", *missed])


@needs_command
@pytest.mark.parametrize("engine", ["e18", "u16"])
def test_measured_decays(engine):
    if harness.shared() is None:
        pytest.skip("the measured data are not here: no TAUSTREAM_SHARED and no ../shared beside the repository")
    rows = list(checks.measured(engine, full=False))
    print("\n" + "\n".join(map(str, rows)))
    assert all(r.met for r in rows if r.asserted), "\n".join(["", *map(str, rows)])
