"""Devices that filled traps alone do not describe: none is off by more than 20 % without a flag, but those that one steady curve cannot show."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy import sclc_flags  # noqa: E402

pytestmark = pytest.mark.skipif(not sclc_flags.SHARED.is_dir(), reason="no shared data")
UNSEEN = {"c39_builtin",    # 0.4 eV built in: where the sweep does not begin in the ohmic region only both polarities tell
          "c51_doped", "c54_ions_ss"}   # the net charge is measured


def test_steady_devices():
    cases = list(sclc_flags.steady_cases())
    assert len(cases) == 22
    assert {c.name for c in cases if c.silent} <= UNSEEN
    assert {c.name for c in cases if c.flags["ohmic_low"]} <= {"c38_builtin", "c39_builtin"}
    assert next(c for c in cases if c.name == "c39_builtin").flags["ohmic_low"] >= 10        # 11 of 24: most logarithmic sweeps, few linear ones
    assert next(c for c in cases if c.name == "c54_ions_ss").flags["shallow_traps"] >= 8     # 10 of 24: its onset lies at a tenth of V_TFL
    for c in cases:
        if "barrier" in c.name or "Rseries" in c.name or "builtin_rev" in c.name or "exp_traps" in c.name:
            assert not c.ratio, c.name                                   # no density at all


def test_ions():
    cases = list(sclc_flags.ion_cases())
    assert len(cases) == 7 and not any(c.silent for c in cases)
    assert all(c.flags["hysteresis"] == 2 for c in cases if "i5e+21" in c.name)
    assert not next(c for c in cases if "noion" in c.name).flags
