"""--dnl, --save-dnl, --pile-up, --frames: what they take, refuse and leave behind."""
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from test_live_pins import FIT, live

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy.weights import write_dnl  # noqa: E402

DECAY = np.random.default_rng(1).poisson(2 + 800 * np.exp(-np.arange(64) / 12)).astype(np.uint32)
TRPL = ("trpl", "d.npy", "--bin-width", "1ns", "--backend", "model", "--json")


@pytest.fixture
def data(tmp_path):
    np.save(tmp_path / "d.npy", DECAY)


@pytest.mark.parametrize("change, says", [
    ({"crc32": 1}, "its CRC-32 is not that of its values"),
    ({"schema": "taustream.dnl/2"}, "schema 'taustream.dnl/2': expected taustream.dnl/1"),
    ({"counts": [5000] * 63 + [-1]}, "counts of bin 63 are no whole number"),
    ({"counts": [5000] * 4}, "16 to 65536 counts"),
    ({"bin_width_s": 0}, "expected device, bin_width_s"),
    ({"device": 7}, "expected device, bin_width_s"),
])
def test_damaged_calibrations_are_refused(run, data, tmp_path, change, says):
    write_dnl(tmp_path / "w.dnl", [5000] * 64, width=1.0, change=change)
    done = run(*TRPL, "--dnl", "w.dnl")
    assert done.code == 1 and "w.dnl: " in done.err and says in done.err and "lifetime_s" not in done.out


def test_a_calibration_that_is_no_json_or_not_there(run, data, write):
    write("w.dnl", "time,counts\n1,2\n")
    done = run(*TRPL, "--dnl", "w.dnl")
    assert done.code == 1 and "w.dnl:1: " in done.err and "written by --save-dnl" in done.err
    assert "none.dnl: " in run(*TRPL, "--dnl", "none.dnl").err


@pytest.mark.parametrize("bins, width", ((60, 1.0), (64, 2.0)))
def test_a_calibration_of_other_bins(run, data, tmp_path, bins, width):
    write_dnl(tmp_path / "w.dnl", [5000] * bins, width=width)
    done = run(*TRPL, "--dnl", "w.dnl")
    assert done.code == 1 and f"w.dnl: {bins} bins of {width:g}e-09 s" in done.err and "expected these of the data, 64 of 1e-09 s" in done.err


@pytest.mark.parametrize("options, says", [
    (("--pile-up", "fix"), "--pile-up: 'fix' cannot be used: expected judge or correct"),
    (("--dead-time", "-1ns"), "--dead-time: '-1ns' is negative"),
    (("--compact", "--pile-up", "correct", "--pulses", "1e6"), "--compact leaves out the errors"),
])
def test_options_that_do_not_fit(run, data, options, says):
    done = run(*TRPL, *options)
    assert done.code == 2 and says in done.err


@pytest.mark.parametrize("options, says", [
    (("--pile-up", "correct"), "the number of pulses is not known: expected --pulses"),
    (("--pile-up", "correct", "--pulses", "100"), "more photons than 100 pulses"),
    (("--pile-up", "correct", "--pulses", "1e6", "--dead-time", "5ns"), "--dead-time needs --period"),
])
def test_what_cannot_be_corrected(run, data, options, says):
    done = run(*TRPL, *options)
    assert done.code == 1 and f"d.npy: histogram 0: --pile-up correct: {says}" in done.err or says in done.err
    assert "lifetime_s" not in done.out


@pytest.mark.parametrize("options, says", [
    (("sim:film", "--save-dnl", "w.dnl", "--pile-up", "correct"), "--save-dnl: the light of a calibration is not fitted"),
    (("sim:film", "--frames", "0"), "--frames: '0' cannot be used"),
])
def test_live_options_that_do_not_fit(run, options, says):
    done = run("live", *options)
    assert done.code == 2 and says in done.err


def test_frames(run):
    done = run("live", "sim:film,seconds=60", "--speed", "max", "--frame", "1000photons", "--frames", "7", "--irf-gauss", "0.5ns", "--json")
    assert done.code == 0 and [r.get("frame") for r in done.records] == [*range(7), None] and done.records[-1]["complete"]


def test_light_that_is_correlated_makes_no_calibration(run, tmp_path):
    done = run("live", "sim:film,seconds=20,rate=1e6", "--speed", "max", "--frame", "1s", "--save-dnl", "w.dnl", "--json")
    assert done.code == 1 and "w.dnl: not written: bins 0 to 30 have" in done.err and "expected light that is not correlated with SYNC" in done.err
    assert not (tmp_path / "w.dnl").exists()


UNEVEN = "period=200,uneven=0.2"


def test_widths_of_a_boards_bins(program, run, tmp_path):
    """Uncorrelated light at uneven samples gives their widths; a film at the same pins is then fitted by them, live and from the recording."""
    light = live(program, tmp_path, UNEVEN + ",dark=1,photons=1.5", "--frame", "32000photons", "--frames", "4", "--save-dnl", "w.dnl", frames=99)
    assert light[0] == 0 and not light[2] and all(r["status"] is None and r["not_fitted"] for r in light[1] if "frame" in r)
    widths = json.loads((tmp_path / "w.dnl").read_text())
    counts = np.array(widths["counts"])
    assert widths["device"] == "rtl" and widths["bin_width_s"] == 2.5e-9 and len(counts) == 200 and counts.sum() == 4 * 32000
    assert counts[0::2].mean() / counts.mean() == pytest.approx(1.2, abs=0.02) and counts[1::2].mean() / counts.mean() == pytest.approx(0.8, abs=0.02)

    film = UNEVEN + ",tau=20,photons=1.5,background=0.01"
    code, records, complaint = live(program, tmp_path, film, "--frame", "6000photons", "--frames", "6", "--dnl", "w.dnl", "--record", "a.tsr", frames=99)
    frames = [r for r in records if "frame" in r]
    assert code == 0 and not complaint and len(frames) == 6 and all(r["status"] == "ok" and "dnl_corrected" in r["flags"] for r in frames)
    assert np.mean([r["chi2_reduced"] for r in frames]) < 1.3
    plain = run("trpl", "a.tsr", *FIT, "--engine", "u16", "--backend", "model", "--json").records[:-1]
    assert np.mean([r["chi2_reduced"] for r in plain]) > 1.5
    again = run("trpl", "a.tsr", *FIT, "--engine", "u16", "--backend", "model", "--dnl", "w.dnl", "--json").records[:-1]
    for a, b in zip(frames, again):
        assert abs(a["lifetime_s"][0] - b["lifetime_s"][0]) < 0.05 * b["lifetime_sigma_s"][0]


def test_dead_time_of_a_board(program, run, tmp_path):
    """10 % of the stops are lost at the peak: lifetimes are too long by what is lost, and right with it in the model."""
    film = "period=200,tau=20,photons=2,background=0.01,seed=4"
    code, records, _ = live(program, tmp_path, film, "--frame", "8000photons", "--frames", "8", "--dead-time", "20ns", "--pile-up", "correct", "--record", "a.tsr", frames=99)
    corrected = [r for r in records if "frame" in r]
    assert code == 0 and len(corrected) == 8 and all(r["status"] == "ok" and {"pile_up", "pile_up_modelled"} <= set(r["flags"]) for r in corrected)
    plain = run("trpl", "a.tsr", *FIT, "--engine", "u16", "--backend", "model", "--json").records[:-1]
    pulses = sum(r["pulses"] for r in corrected) / 8      # trpl has one number for all
    again = run("trpl", "a.tsr", *FIT, "--engine", "u16", "--backend", "model", "--json", "--pile-up", "correct", "--dead-time", "18.75ns", "--pulses", str(pulses)).records[:-1]

    def bias(fits):
        return np.mean([np.log(r["lifetime_s"][0] / 50e-9) * r["lifetime_s"][0] / r["lifetime_sigma_s"][0] for r in fits])

    assert bias(plain) > 5 and abs(bias(corrected)) < 4 / np.sqrt(8) and abs(bias(again) - bias(corrected)) < 0.5
