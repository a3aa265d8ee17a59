"""The SCLC targets in their quick size; tests/accuracy/sclc_checks.py has the full one."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy import sclc_checks  # noqa: E402

pytestmark = pytest.mark.skipif(not sclc_checks.SHARED.is_dir(), reason="the data are not here: no TAUSTREAM_SHARED and no ../shared beside the repository")


def judge(rows):
    print("\n" + "\n".join(map(str, rows)))
    missed = [str(r) for r in rows if r.asserted and not r.met]
    assert not missed, "\n".join(["", *missed])


def test_targets():
    judge(sclc_checks.checks())


@pytest.mark.skipif(not (sclc_checks.ROOT / "build/taustream-rtl-u16").exists(), reason="taustream-rtl-u16 is not built")
def test_clocks():
    judge(list(sclc_checks.clocks()))
