"""taustream simulate ta: the signals are the model's, the truth is the truth, bad options are named."""
import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from reference import ta_model as reference  # noqa: E402

PS = 1e-12
BASE = ("--irf-fwhm", "150fs", "--delays", "100", "--to", "1ns", "--output", "f.csv")
SIGMA = 0.15 / 2.3548200450309493


def read(path):
    lines = path.read_text().splitlines()
    return lines[0].split(","), np.array([[float(x) for x in line.split(",")] for line in lines[1:]])


def test_signals_are_the_models(run, tmp_path):
    done = run("simulate", "ta", "--lifetimes", "8ps,1ps", "--amplitudes", "-0.5,1", "--t0", "30fs", "--offset", "0.1", "--artefact", "0.4", *BASE, "--json")
    assert done.code == 0 and done.err == ""
    head, table = read(tmp_path / "f.csv")
    assert head == ["delay_ps", "signal"] and table.shape == (100, 2)
    model = reference.Model(table[:, 0], 2, SIGMA, ("offset", "t0", "c0"))
    y, _ = model(np.array([0, np.log(8), 1, -0.5, 0.1, 0.03, 0.4]))
    assert np.allclose(table[:, 1], y, atol=2e-9)
    truth, = done.records
    assert truth["schema"] == "taustream.truth/1" and truth["technique"] == "ta" and truth["components"] == 2
    assert truth["lifetime_s"] == pytest.approx([1e-12, 8e-12]) and truth["amplitude"] == [[1], [-0.5]] and truth["noise"] == 0
    assert table[0, 0] == pytest.approx(-1.05) and table[-1, 0] == 1000 and np.all(np.diff(table[:, 0]) > 0)


def test_noise_and_bounds(run, tmp_path):
    options = ("--lifetimes", "2ps,20ps", "--amplitudes", "1,0.5", "--t0", "10fs", "--offset", "0.05", *BASE)
    assert run("simulate", "ta", *options, "--sigma", "0.01", "--truth", "t.json").code == 0
    truth = json.loads((tmp_path / "t.json").read_text())
    _, noisy = read(tmp_path / "f.csv")
    assert run("simulate", "ta", *options).code == 0
    _, clean = read(tmp_path / "f.csv")
    z = (noisy - clean)[:, 1] / 0.01
    assert abs(z.mean()) < 0.4 and 0.75 < z.std() < 1.25
    model = reference.Model(clean[:, 0], 2, SIGMA)
    bound = np.sqrt(np.diag(reference.bound(model, np.array([np.log(2), np.log(20), 1, 0.5, 0.05, 0.01]), 0.01)))
    assert np.array(truth["lifetime_sigma_s"]) / truth["lifetime_s"] == pytest.approx(bound[:2], rel=1e-4)
    assert truth["t0_sigma_s"] / PS == pytest.approx(bound[5], rel=1e-4)


def test_matrix_chirp_missing_seed(run, write, tmp_path):
    write("chirp.dat", "0.002 -1")
    options = ("--lifetimes", "5ps", *BASE, "--wavelengths", "400nm..600nm", "--wavelength-number", "11", "--chirp", "chirp.dat", "--snr", "50", "--missing", "0.1")
    assert run("simulate", "ta", *options, "--truth", "t.json").code == 0
    text, truth = (tmp_path / "f.csv").read_text(), json.loads((tmp_path / "t.json").read_text())
    head, table = read(tmp_path / "f.csv")
    assert head == ["delay_ps\\wavelength_nm"] + [f"{w}" for w in range(400, 601, 20)]
    assert 60 < np.isnan(table).sum() < 170 and truth["missing"] == 0.1
    assert truth["time_zero_s"] == pytest.approx((0.002 * np.arange(400, 601, 20) - 1) * PS, abs=1e-18)
    assert truth["amplitude"][0] == pytest.approx(np.exp(-np.linspace(-0.5, 0.5, 11)**2 / 2))
    assert truth["noise"] == pytest.approx(1 / 50, rel=0.05)
    assert run("simulate", "ta", *options).code == 0 and (tmp_path / "f.csv").read_text() == text
    assert run("simulate", "ta", *options, "--seed", "2").code == 0 and (tmp_path / "f.csv").read_text() != text


def test_number_of_measurements(run, tmp_path):
    """F.csv is what one alone gives; the others have noise of their own, every wavelength."""
    options = ("--lifetimes", "5ps", *BASE, "--wavelengths", "400nm..600nm", "--wavelength-number", "3")
    assert run("simulate", "ta", *options).code == 0
    _, clean = read(tmp_path / "f.csv")
    assert run("simulate", "ta", *options, "--sigma", "0.01").code == 0
    alone = (tmp_path / "f.csv").read_text()
    done = run("simulate", "ta", *options, "--sigma", "0.01", "--number", "3", "--json")
    assert done.code == 0 and done.records[0]["number"] == 3
    assert sorted(p.name for p in tmp_path.glob("f*")) == ["f-2.csv", "f-3.csv", "f.csv"] and (tmp_path / "f.csv").read_text() == alone
    noise = np.concatenate([(read(tmp_path / name)[1] - clean)[:, 1:] for name in ("f.csv", "f-2.csv", "f-3.csv")], axis=1)
    assert np.all(np.abs(noise.std(axis=0) / 0.01 - 1) < 0.3) and np.max(np.abs(np.corrcoef(noise.T) - np.eye(9))) < 0.4


WRONG = [
    ((), "simulate ta needs --lifetimes"), (("--lifetimes", "1ps"), "simulate ta needs --irf-fwhm"),
    ((*BASE, "--lifetimes", "1ps,2ps", "--amplitudes", "1"), "--amplitudes: 1 values for 2 lifetimes: expected one each"),
    ((*BASE, "--lifetimes", "1ps", "--amplitudes", "x"), "--amplitudes: 'x' is not a number"),
    ((*BASE, "--lifetimes", "1ps", "--sigma", "1", "--snr", "2"), "--sigma and --snr exclude each other"),
    ((*BASE, "--lifetimes", "1ps", "--from", "5ps"), "expected rising times"), ((*BASE, "--lifetimes", "1ps", "--missing", "1"), "--missing: 1 of the signals"),
    ((*BASE, "--lifetimes", "1ps", "--wavelengths", "5nm"), "--wavelengths: '5nm' is not a range"),
    ((*BASE, "--lifetimes", "1ps", "--wavelength-number", "5"), "--wavelength-number needs --wavelengths"),
    ((*BASE, "--lifetimes", "1ps", "--chirp", "c"), "--chirp needs --wavelengths"), ((*BASE, "--lifetimes", "1ps", "extra"), "'extra' is too much"),
]


@pytest.mark.parametrize("options, message", WRONG, ids=lambda v: v if isinstance(v, str) else "")
def test_wrong_usage(run, tmp_path, options, message):
    done = run("simulate", "ta", *options)
    assert done.code == 2 and message in done.err and done.err.count("\n") == 1 and not (tmp_path / "f.csv").exists()


def test_output_that_cannot_be_written(run):
    done = run("simulate", "ta", "--lifetimes", "1ps", *BASE[:-2], "--output", "none/f.csv")
    assert done.code == 1 and "none/f.csv: cannot be written" in done.err
