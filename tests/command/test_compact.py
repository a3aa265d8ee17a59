"""--compact: the same numbers without errors, in fewer bytes, and the same bits from the model and the simulated gateware."""
import json
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINES = {"u16": 3, "e18": 4}
WORDS = {"full": lambda k: 15 + (2 * k + 2) * (2 * k + 3) // 2, "compact": lambda k: 4 + 2 * k}


@pytest.fixture
def decays(tmp_path):
    """Good ones and hopeless ones; an IRF."""
    rng = np.random.default_rng(8)
    t = np.arange(128)
    rows = [rng.poisson(4000 * np.exp(-t / tau) + 1500 * np.exp(-t / 6.0) + 2) for tau in (20, 35, 60)]
    rows += [np.zeros(128, int), rng.poisson(0.2, 128), np.full(128, 70), np.where(t == 20, 100000, 0)]
    np.save(tmp_path / "f.npy", np.stack([np.roll(r, 15) * (t >= 15) for r in rows]).astype(np.uint32))
    np.save(tmp_path / "i.npy", rng.poisson(5000 * np.exp(-0.5 * ((t - 15) / 2.0) ** 2)).astype(np.uint32))
    return "f.npy", "--irf", "i.npy", "--bin-width", "50ps"


def records(done):
    assert done.code == 0, done.err
    return done.records[:-1]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_model_and_the_gateware_agree(run, decays, engine):
    if not (ROOT / f"build/taustream-rtl-{engine}").exists():
        pytest.skip("make rtl")
    for k in range(1, ENGINES[engine] + 1):
        options = (*decays, "--components", k, "--engine", engine, "--json", "--compact", "--backend")
        model, gateware = (records(run("trpl", *options, backend, timeout=600)) for backend in ("model", "rtl"))
        assert [r["raw"] for r in model] == [r["raw"] for r in gateware]
        assert all(len(r["raw"]) == 8 * WORDS["compact"](k) for r in model)
        assert all(r["cycles"] is None for r in gateware)  # not in it


def test_the_numbers_are_those_of_the_full_result(run, decays):
    for k in range(1, 5):
        full = records(run("trpl", *decays, "--components", k, "--json", "--stats", "full.json"))
        small = records(run("trpl", *decays, "--components", k, "--json", "--compact", "--stats", "small.json"))
        for a, b in zip(full, small, strict=True):
            assert set(b["flags"]) - {"compact"} == set(a["flags"]) - {"irf_approximated"} and "compact" in b["flags"] and "compact" not in a["flags"]
            at = 8 * (3 + 2 * k)
            assert b["raw"] == a["raw"][:8] + a["raw"][16:at] + a["raw"][8 * 11:8 * 13] and len(a["raw"]) == 8 * WORDS["full"](k)
            for name, value in b.items():
                if "sigma" in name or "interval" in name or name in ("starts", "evaluations", "cycles"):
                    assert json.dumps(value).replace("null", "").strip("[], ") == "", name
                elif name not in ("raw", "flags", "status", "options_crc32"):
                    assert value == a[name], name
            # what needs no errors is judged alike
            if a["status"] in ("insufficient_data", "saturated", "not_converged"):
                assert b["status"] == a["status"]


def test_bytes_from_the_device(run, decays, tmp_path):
    def from_device(*more):
        assert run("trpl", *decays, "--components", 2, "--json", "--stats", "s.json", *more).code == 0
        return json.loads((tmp_path / "s.json").read_text())["bytes_from_device"]

    assert from_device() - from_device("--compact") == 7 * 4 * (WORDS["full"](2) + 1 - WORDS["compact"](2))


def test_the_order_cannot_be_chosen_without_errors(run, decays):
    done = run("trpl", *decays, "--components", "auto", "--compact")
    assert done.code == 2 and "--compact" in done.err and done.out == ""
