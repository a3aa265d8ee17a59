"""--pile-up correct on time tags whose truth is known: replays and recordings, frames that it cannot be of, several detectors."""
import sys
from pathlib import Path

import numpy as np
import pytest
from time_tags import Recording, header, records

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy.weights import write_dnl  # noqa: E402

RESOLUTION, PERIOD, TAU = 64e-12, 50e-9, 4e-9
FIT = ("--irf-gauss", "250ps", "--backend", "model", "--speed", "max", "--json")


def tags(rate, number, seed=1, detectors=1, more=()):
    """A file of T3: each detector takes the first photon of a pulse. rate: photons a pulse and detector."""
    rng = np.random.default_rng(seed)
    events = list(more)
    for detector in range(1, detectors + 1):
        pulse = np.cumsum(rng.exponential(1 / rate, number)).astype(int)
        delay = 3e-9 + rng.normal(0, 250e-12 / 2.3548, number) + rng.exponential(TAU, number)
        order = np.lexsort((delay, pulse))
        pulse, delay = pulse[order], delay[order]
        first = np.diff(pulse, prepend=-1) > 0
        events += [(int(n), "photon", detector, int(t % PERIOD / RESOLUTION)) for n, t in zip(pulse[first], delay[first])]
    words = records("GenericT3", sorted(events, key=lambda e: e[0]))
    return header("GenericT3", len(words), RESOLUTION, PERIOD, round(1 / PERIOD)) + words.tobytes()


def frames_of(done):
    return [r for r in done.records if "frame" in r]


def bias(fits):
    """Mean deviation from the truth, in standard deviations of one fit."""
    return np.mean([np.log(r["lifetime_s"][0] / TAU) * r["lifetime_s"][0] / r["lifetime_sigma_s"][0] for r in fits])


def test_a_recording_knows_what_was_corrected_and_its_pulses(run, write):
    write("a.ptu", tags(0.3, 40000))
    live = frames_of(run("live", "tags:a.ptu", "--frame", "5000photons", "--pile-up", "correct", "--record", "a.tsr", *FIT))
    replay = frames_of(run("live", "replay:a.tsr", *FIT[2:]))
    judged = frames_of(run("live", "replay:a.tsr", "--pile-up", "judge", *FIT[2:]))
    key = "lifetime_s", "lifetime_sigma_s", "flags", "status"
    assert len(live) == 7 and all({"pile_up", "pile_up_modelled"} <= set(r["flags"]) for r in live) and abs(bias(live)) < 4 / np.sqrt(7)
    assert [[r[k] for k in key] for r in live] == [[r[k] for k in key] for r in replay]
    assert bias(judged) < -3 and all("pile_up" in r["flags"] and "pile_up_modelled" not in r["flags"] for r in judged)

    def again(*options):
        return run("trpl", "a.tsr", "--irf-gauss", "250ps", "--backend", "model", "--json", *options).records[:-1]

    assert bias(again()) < -3 and all("pile_up" in r["flags"] for r in again())
    for a, b in zip(live, again("--pile-up", "correct")):
        assert {"pile_up", "pile_up_modelled"} <= set(b["flags"]) and abs(a["lifetime_s"][0] - b["lifetime_s"][0]) < 0.05 * b["lifetime_sigma_s"][0]


def test_a_replay_asks_for_the_widths(run, write, tmp_path):
    write("a.ptu", tags(0.02, 6000))
    write_dnl(tmp_path / "w.dnl", [5000] * int(PERIOD / RESOLUTION), width=RESOLUTION * 1e9)
    done = run("live", "tags:a.ptu", "--frame", "2000photons", "--dnl", "w.dnl", "--record", "a.tsr", *FIT)
    assert done.code == 0 and all("dnl_corrected" in r["flags"] for r in frames_of(done))
    refused = run("live", "replay:a.tsr", *FIT[2:])
    assert refused.code == 1 and "fitted with the widths of its bins: give --dnl w.dnl" in refused.err and not refused.out
    assert all("dnl_corrected" in r["flags"] for r in frames_of(run("live", "replay:a.tsr", "--dnl", "w.dnl", *FIT[2:])))
    assert run("live", "replay:a.tsr", *FIT).code == 0


def test_a_frame_that_cannot_be_corrected_ends_no_measurement(run, write, tmp_path):
    """Markers of one pulse with photons between them: a frame without a length; and three photons of one pulse."""
    odd = [(20000, "marker", 1, 0), (20000, "photon", 1, 50), (20000, "photon", 1, 60), (20000, "marker", 1, 0), (40000, "marker", 1, 0),
           (40001, "photon", 1, 50), (40001, "photon", 1, 60), (40001, "photon", 1, 70), (40001, "marker", 1, 0), (40001, "marker", 1, 0)]
    data = tags(0.1, 6000, more=odd)
    write("a.ptu", data)
    done = run("live", "tags:a.ptu", "--frame", "marker", "--pile-up", "correct", "--record", "a.tsr", *FIT)
    frames = frames_of(done)
    reasons = [r.get("not_fitted") for r in frames]
    assert done.code == 0 and done.records[-1] == {"schema": "taustream.end/1", "complete": True, "done": 6, "failed": 0}
    assert [r["status"] for r in frames] == ["ok", None, "ok", None, "insufficient_data", "ok"]
    assert reasons[1] == "--pile-up correct: the number of its pulses is not known"
    assert reasons[3] == "--pile-up correct: it has more photons than its pulses can give with this dead time"
    recorded = Recording(tmp_path / "a.tsr")
    assert [f["photons"] for f in recorded.frames] == [r["photons"] for r in frames] and recorded.end["failed"] == 2


@pytest.mark.parametrize("options, several", [((), True), (("--dead-time", "60ns"), True), (("--channel", "2"), False)])
def test_several_detectors_are_not_one(options, several, run, write):
    """Each of two detectors takes a photon a pulse: as one detection their sum is corrected too much, and that is told."""
    write("a.ptu", tags(0.25, 14000, detectors=2))
    done = run("live", "tags:a.ptu", "--frame", "5000photons", "--pile-up", "correct", *options, *FIT)
    fits = [r for r in frames_of(done) if r["status"] == "ok"]
    assert len(fits) >= 2 and all(("poor_fit" in r["flags"]) == several and "pile_up_modelled" in r["flags"] for r in fits)
    assert (bias(fits) > 3) == several and done.err.count("photons came while the detection was dead") == several
