"""The measured decays that are shipped, by the command as in the README."""
import pytest
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_perovskite(run):
    r = run("trpl", EXAMPLES / "hzb-perovskite/sample1_lowest_power.csv", "--range", "0ns..200ns", "--json").records[0]
    assert r["status"] == "ok"
    assert 6.03e-9 <= r["lifetime_s"][0] <= 6.08e-9


@pytest.mark.parametrize("engine", ["u16", "e18"])
def test_atto550(run, engine):
    r = run("trpl", EXAMPLES / "lifefit-atto550/Atto550_DNA.txt", "--irf", EXAMPLES / "lifefit-atto550/irf.txt", "--components", "2",
            "--engine", engine, "--json").records[0]
    assert r["status"] == "ok" and "poor_fit" in r["flags"] and "irf_noise" in r["flags"]
    assert 3.6e-9 <= r["lifetime_mean_intensity_s"] <= 3.75e-9
