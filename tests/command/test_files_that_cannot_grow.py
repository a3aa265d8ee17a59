"""Files that cannot be written to their end (a full disk; here a limit of a file's size): every command says which and why, what was there before stays, nothing half-written does."""
import json
import os
import resource
import subprocess

import pytest

BYTES = 4096
TRPL = ("trpl", "f.npy", "--bin-width", "50ps", "--irf", "i.npy", "--quiet")
SIMULATE = ("simulate", "trpl", "--lifetimes", "1ns,4ns", "--counts", "1e5", "--bins", "256", "--bin-width", "50ps")
SCLC = ("--thickness", "500nm", "--permittivity", "25")
COMMANDS = {
    "csv": (*TRPL, "--csv", "out.csv"),
    "curve": (*TRPL, "--curve", "out.csv"),
    "svg": (*TRPL, "--plot", "out.svg"),
    "png": (*TRPL, "--plot", "out.png"),
    "pdf": (*TRPL, "--plot", "out.pdf"),
    "simulate trpl": (*SIMULATE, "--number", "40", "--output", "out.npy"),
    "simulate ta": ("simulate", "ta", "--lifetimes", "1ps", "--irf-fwhm", "150fs", "--delays", "200", "--to", "100ps", "--wavelengths", "400nm..700nm", "--output", "out.csv"),
    "simulate sclc": ("simulate", "sclc", *SCLC, "--mobility", "1cm2/Vs", "--trap-density", "2e16cm-3", "--to", "11V", "--points", "500", "--output", "out.csv"),
    "export csv": ("export", "r.tsr", "--csv", "out.csv"),
    "export hdf5": ("export", "r.tsr", "--hdf5", "out.h5"),
    "snapshot": ("live", "sim:film,seconds=1", "--irf-gauss", "500ps", "--speed", "max", "--quiet", "--snapshot", "out.svg"),
}


@pytest.fixture
def inputs(run):
    assert run(*SIMULATE, "--irf-gauss", "250ps", "--number", "12", "--seed", "1", "--output", "f.npy", "--irf-output", "i.npy").code == 0
    assert run("live", "sim:film,seconds=1", "--irf-gauss", "500ps", "--frame", "2000photons", "--speed", "max", "--record", "r.tsr", "--quiet").code == 0


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_it_is_told_and_nothing_is_left(arguments, inputs, program, write, tmp_path):
    write(arguments[-1], "old\n")
    before = sorted(os.listdir(tmp_path))
    done = subprocess.run([program, *arguments], cwd=tmp_path, capture_output=True, check=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (BYTES, BYTES)))
    assert (done.returncode, set(done.stderr.decode().splitlines())) == (1, {f"taustream: {arguments[-1]}: cannot be written: File too large"})
    assert sorted(os.listdir(tmp_path)) == before and (tmp_path / arguments[-1]).read_text() == "old\n"


def test_a_recording_keeps_its_whole_messages(run, program, tmp_path):
    done = subprocess.run([program, "live", "sim:film,seconds=2", "--irf-gauss", "500ps", "--frame", "2000photons", "--speed", "max", "--record", "out.tsr", "--json"], cwd=tmp_path,
                          capture_output=True, check=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (5 * BYTES, 5 * BYTES)))
    records = [json.loads(x) for x in done.stdout.splitlines()]
    assert done.returncode == 1 and b"out.tsr: cannot be written: File too large; the recording holds" in done.stderr
    assert len(records) == 102 and records[-1] == {"schema": "taustream.end/1", "complete": False, "done": 101, "failed": 1}
    again = run("trpl", "out.tsr", "--irf-gauss", "500ps", "--json")
    assert again.code == 1 and "out.tsr: broken off at byte" in again.err and 0 < len(again.records) - 1 < 101
