"""Clocks of single fits in the simulated gateware, noise and spikes among them, against the hard maximum computed for their evaluations (rtl/fit/program/bound.py)."""
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "rtl/fit/program")]
import bound  # noqa: E402
from accuracy import harness, layout  # noqa: E402
from photon import harness as photons, latency  # noqa: E402
from reference import truth as ref  # noqa: E402

SMALL = ROOT / "build/small/taustream-rtl-u16"
built = pytest.mark.skipif(not (harness.command().exists() and harness.gateware("u16").exists()), reason="taustream or taustream-rtl-u16 is not built")


def hostile(rng, bins):
    """Histograms that no decay makes."""
    spike, steps = np.zeros(bins), np.where(np.arange(bins) % 7 < 3, 900000, 1)
    spike[int(rng.integers(bins))] = 1e6
    return [spike + 1, steps, rng.integers(0, 2**20, bins), np.floor(2.0 ** rng.uniform(0, 20, bins))]


@built
@pytest.mark.parametrize("components,bins,options", [(1, 256, ()), (2, 256, ()), (2, 1024, ()), (3, 256, ()), (3, 1000, ("--period", "1200ns")),
                                                     (1, 256, ("--irf-gauss", "0.7ns"))])
def test_clocks_stay_below_the_hard_maximum(components, bins, options):
    below_the_hard_maximum(components, bins, options)


def below_the_hard_maximum(components, bins, options, small=False):
    """One decay and hostile histograms, the small engine's with the model's bits."""
    rng, narrow = np.random.default_rng(components), "--irf-gauss" in options
    irf = ref.Irf(0.1 * bins, 0.7) if narrow else ref.Irf(0.1 * bins, 5.0, 0.15, bins / 30.0)
    one = ref.make(irf, bins, 0.01 * bins * 4.0 ** np.arange(components), np.ones(components), 0.01, 1e5, shift=0.3)
    response = None if narrow else irf.histogram(bins, 3e7)
    seen = []
    for row in [one.sample(rng, 1)[0], *hostile(rng, bins)]:
        record = harness.run(row, response, components, backend="rtl", engine="u16", options=options)[0]
        configured = layout.configuration(row, response, components, "u16", options)     # of this row: its coarse shift moves the layout
        of = dict(configured, floats=dict(configured["floats"], evaluations_max=record["evaluations"], starts_max=record["starts"]))
        hard = bound.of_configuration(of, small=small)
        seen.append(record["cycles"] / hard)
        assert record["evaluations"] <= configured["floats"]["evaluations_max"]
        assert record["cycles"] <= hard, (record["evaluations"], record["starts"], record["cycles"], hard)
        assert not small or record["raw"] == harness.run(row, response, components, engine="u16", options=options)[0]["raw"]
    print(f"\nK = {components}, {bins} bins: clocks over the hard maximum for the evaluations seen: {', '.join(f'{x:.2f}' for x in seen)}; "
          f"hard maximum {bound.of_configuration(configured, small=small)}")
    assert max(seen) > 0.4, "the bound says nothing"


@built
@pytest.mark.skipif(not SMALL.exists(), reason=f"{SMALL} is not built")
@pytest.mark.parametrize("components,bins,options", [(1, 256, ()), (2, 256, ()), (3, 256, ()), (3, 1000, ("--period", "1200ns")), (1, 256, ("--irf-gauss", "0.7ns"))])
def test_the_small_engine_stays_below_its_own(monkeypatch, components, bins, options):
    monkeypatch.setenv("TAUSTREAM_RTL_DIR", str(SMALL.parent))
    below_the_hard_maximum(components, bins, options, small=True)


@built
@pytest.mark.parametrize("warm", (False, True))
def test_frames_stay_below_the_hard_maximum(tmp_path, warm):
    """From the last photon to the message's end; the lifetimes of warm frames jump to where they are hardly two, and some start cold again."""
    config, got = latency.frames("u16", warm, 6, 4000, tmp_path, jump=0.1)
    seen = []
    for f in got:
        is_warm, is_returned = f["facts"] >> 4 & 1, f["facts"] >> 5 & 1
        of = {"evaluations_max": f["evaluations"], "starts_max": 1 if is_warm and not is_returned else f["starts"]}
        hard = bound.of_frame(config, f["warm_evaluations"] if is_returned else 0, f["words"], of)
        seen.append(latency.clocks(f) / hard)
        assert latency.clocks(f) <= hard <= bound.of_frame(config, photons.WARM_EVALUATIONS if warm else 0, f["words"]), (f, hard)
    assert len(got) == 6 and any(f["facts"] >> 5 & 1 for f in got) == warm
    print(f"\nclocks over the hard maximum for the evaluations seen: {', '.join(f'{x:.2f}' for x in seen)}")
    assert max(seen) > 0.4, "the bound says nothing"


def test_more_of_anything_takes_more():
    base = dict(components=2, taps=4, shift_taps=4, pre=2, fine=40, octave_groups=[8, 8, 8, 5], evaluations_max=10, starts_max=2)
    for change in ({"fine": 41}, {"pre": 3}, {"evaluations_max": 11}, {"starts_max": 3}, {"taps": 6}, {"components": 3}, {"octave_groups": [8, 8, 8, 8, 4]}):
        for small in (False, True):
            assert bound.clocks(**{**base, **change}, small=small) > bound.clocks(**base, small=small), change
