"""The command with boards: behind a socket and a terminal, that go away and come back, and --resume."""
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from boards import TerminalBoard  # noqa: E402

NUMBER = 400
# bytes of the answer to the first request
INFO = 16 + 4 * len(tomllib.loads((ROOT / "protocol/taustream.toml").read_text())["info"]) + 4


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    folder = tmp_path_factory.mktemp("batch")
    subprocess.run([ROOT / "build/taustream", "simulate", "trpl", "--lifetimes", "1ns,4ns", "--counts", "2e4", "--bins", "128", "--bin-width", "100ps",
                    "--irf-gauss", "500ps", "--number", str(NUMBER), "--seed", "3", "--output", folder / "f.npy", "--irf-output", folder / "i.npy"], check=True)
    return folder


@pytest.fixture
def fit(run, batch, tmp_path):
    for name in ("f.npy", "i.npy"):
        shutil.copy(batch / name, tmp_path / name)

    def call(*more, output="--json"):
        return run("trpl", "f.npy", "--irf", "i.npy", "--bin-width", "100ps", "--components", "2", output, *more)

    return call


@pytest.fixture
def terminal():
    b = TerminalBoard("u16")
    yield b
    b.close()


def raws(records):
    return [(r["index"], r["raw"]) for r in records if r["schema"] == "taustream.trpl/1"]


def test_socket_gives_the_models_bits_and_is_named(fit, board):
    b = board(engine="u16")
    done, model = fit("--backend", b.backend), fit("--backend", "model", "--engine", "u16")
    assert done.code == 0 and raws(done.records) == raws(model.records) and len(raws(done.records)) == NUMBER
    assert {(r["backend"], r["engine"]) for r in done.records[:-1]} == {(b.backend, "u16")}


def test_an_engine_that_the_board_has_not_is_refused(fit, board):
    done = fit("--backend", board(engine="u16").backend, "--engine", "e18")
    assert done.code == 1 and not done.out and "the device has engine u16" in done.err and "expected e18" in done.err


def test_small_engine_on_usb_gives_the_models_bits(program, run, tmp_path):
    """The gateware as a UP5K has it, at the bus's two wires: one fit in flight, serial pass, no memories between the clocks. Counts beyond 16 bits in a group."""
    lines = 0
    for case, counts in ((1, "3e4"), (2, "2e6"), (3, "1e6")):
        times = ",".join(("500ps", "2ns", "8ns")[:case])
        assert run("simulate", "trpl", "--lifetimes", times, "--counts", counts, "--bins", "128", "--bin-width", "200ps", "--irf-gauss", "500ps", "--number", "3",
                   "--seed", case, "--output", f"{case}.npy", "--irf-output", f"i{case}.npy").code == 0
        fit = ["trpl", f"{case}.npy", "--irf", f"i{case}.npy", "--bin-width", "200ps", "--components", case, "--json"]
        done = subprocess.run([ROOT / "build/taustream-vboard", "--level", "bit", "--engine", "small", "--", program, *map(str, fit), "--backend", "usb"], cwd=tmp_path,
                              capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr.decode()
        found = raws(json.loads(line) for line in done.stdout.decode().splitlines())
        assert found == raws(run(*fit, "--backend", "model", "--engine", "u16").records)
        lines += len(found)
    assert lines == 9


def test_terminal(run, terminal):
    done = run("selftest", "--backend", terminal.backend, "--json")
    assert done.code == 0 and done.records[-1]["failed"] == 0 and done.records[-1]["done"] == run("selftest", "--engine", "u16", "--json").records[-1]["done"]
    assert all(r["passed"] and r["backend"] == terminal.backend and r["engine"] == "u16" for r in done.records[:-1])
    info = run("info", "--backend", terminal.backend, "--json")
    assert info.records[0]["backend"] == terminal.backend and info.records[0]["engine"] == "u16"
    devices = run("devices", "--backend", terminal.backend, "--json")
    assert [r["backend"] for r in devices.records] == [terminal.backend] and "error" not in devices.records[0]
    assert run("info", "--backend", terminal.backend + "@115200").code == 0


# Bytes of answer after which each connection in turn is cut: in the handshake, the configuration, a result.
@pytest.mark.parametrize("breaks", [[100], [200], [5000], [3000, 0, 30, INFO - 1], [INFO, INFO + 20, INFO + 40, 5001, 7777, 30000], [40000, INFO + 2, 100]], ids=str)
def test_a_board_that_comes_back_loses_and_doubles_nothing(fit, board, breaks):
    b = board(breaks=breaks)
    done, model = fit("--backend", b.backend, "--stats", "s.json"), fit("--backend", "model")
    assert done.code == 0 and raws(done.records) == raws(model.records)
    assert b.connections == len(breaks) + 1
    assert "connected again" in done.err and "fitted again" in done.err
    assert done.records[-1] == {"schema": "taustream.end/1", "complete": True, "done": NUMBER, "failed": 0}


@pytest.mark.parametrize("how", [{"changed": [INFO + 2, 5000, 5003, 9999]}, {"lost": [30000, INFO + 12]}], ids=str)
def test_a_line_that_changes_or_loses_bytes(fit, board, monkeypatch, how):
    monkeypatch.setenv("TAUSTREAM_TIMEOUT_S", "2")  # a byte lost from the last answer is noticed by nothing else
    done, model = fit("--backend", board(**how).backend), fit("--backend", "model")
    assert done.code == 0 and raws(done.records) == raws(model.records) and "connected again" in done.err


def test_a_board_that_stays_away_and_resume(fit, board, run, monkeypatch, tmp_path):
    monkeypatch.setenv("TAUSTREAM_RECONNECT_S", "0.2")
    first = fit("--backend", board(breaks=[20000], stays_away=True).backend)
    assert first.code == 1
    part = raws(first.records)
    assert 0 < len(part) < NUMBER and [i for i, _ in part] == list(range(len(part)))
    assert first.records[-1] == {"schema": "taustream.end/1", "complete": False, "done": len(part), "failed": 1}
    assert "not connected again within 0.2 s" in first.err and f"{len(part)} histograms have their record" in first.err and "--resume" in first.err
    (tmp_path / "part.jsonl").write_text(first.out)
    second = fit("--resume", "part.jsonl", "--backend", board().backend)
    assert second.code == 0 and f"{len(part)} histograms are done already" in second.err
    assert part + raws(second.records) == raws(fit("--backend", "model").records)
    assert second.records[-1] == {"schema": "taustream.end/1", "complete": True, "done": NUMBER - len(part), "failed": 0}
    (tmp_path / "whole.jsonl").write_text(first.out + second.out)
    third = fit("--resume", "whole.jsonl")
    assert third.code == 0 and raws(third.records) == [] and third.records[-1]["complete"]


def test_resume_with_holes_and_auto(fit, tmp_path):
    whole = fit("--backend", "model")
    lines = whole.out.splitlines(keepends=True)
    kept = lines[5:50] + lines[100:390] + [lines[-1]]
    (tmp_path / "part.jsonl").write_text("".join(kept))
    fit("--backend", "model", "--curve", "whole.csv")
    rest = fit("--resume", "part.jsonl", "--backend", "model", "--curve", "rest.csv")
    left = {*range(5), *range(50, 100), *range(390, 400)}
    curve = (tmp_path / "whole.csv").read_text().splitlines()
    assert (tmp_path / "rest.csv").read_text().splitlines() == [c for c in curve if c.split(",")[1] == "index" or int(c.split(",")[1]) in left]
    assert rest.out == "".join(lines[:5] + lines[50:100] + lines[390:400]) + rest.out.splitlines(keepends=True)[-1]
    auto = fit("--components", "auto", "--backend", "model")
    lines = auto.out.splitlines(keepends=True)
    (tmp_path / "part.jsonl").write_text("".join(lines[3:]))
    assert fit("--components", "auto", "--backend", "model", "--resume", "part.jsonl").out.splitlines(keepends=True)[:-1] == lines[:3]


def test_resume_appends_to_what_it_reads(fit, program, tmp_path):
    lines = fit("--backend", "model").out.splitlines(keepends=True)
    (tmp_path / "out.jsonl").write_text("".join(lines[:37]))
    command = f"{program} trpl f.npy --irf i.npy --bin-width 100ps --components 2 --json --resume out.jsonl >> out.jsonl"
    assert subprocess.run(["sh", "-c", command], cwd=tmp_path, check=False).returncode == 0
    assert (tmp_path / "out.jsonl").read_text().splitlines(keepends=True)[:-1] == lines[:-1]
    (tmp_path / "out.jsonl").write_text("".join(lines[:37])[:-20])
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 2 and "out.jsonl:37: the last line does not end" in done.stderr
    assert (tmp_path / "out.jsonl").read_text() == "".join(lines[:37])[:-20]


@pytest.mark.parametrize("content, message", [
    (None, "No such file"),
    ("nonsense\n", ":1: no JSON object"),
    ('{"schema":"x/1"}\n', ":1: no record of"),
    ('{"schema":"taustream.trpl/1","index":3}\n', ":1: a record without source"),
    ('{"schema":"taustream.trpl/1","source":"f.npy","index":-3,"engine":"e18","components":2}\n', ":1: a record without source"),
    ('{"schema":"taustream.trpl/1","source":"f.npy","index":1,"engine":"u16","components":2}\n', ":1: a record of engine u16, the device has e18"),
    ('{"schema":"taustream.trpl/1","source":"f.npy","index":1,"engine":"e18","components":3}\n', ":1: a record of 3 components, now it is 2"),
    ('{"schema":"taustream.trpl/1","source":"g.npy","index":1,"engine":"e18","components":2}\n', ": its records are of other files"),
    ("[" * 100000 + "\n", ":1: no JSON object"),
    ("x" * 2000000 + "\n", ":1: the line is too long"),
], ids=lambda v: str(v)[:30])
def test_resume_bad_input(fit, tmp_path, content, message):
    if content is not None:
        (tmp_path / "r.jsonl").write_text(content)
    done = fit("--resume", "r.jsonl", "--backend", "model")
    assert done.code == 2 and not done.out and "r.jsonl" + message in done.err.replace("r.jsonl: No", "r.jsonlNo")


@pytest.mark.parametrize("more, message", [
    (("--bin-width", "50ps"), "another IRF"),
    (("--shift", "none"), "other options"), (("--background", "zero"), "other options"), (("--period", "100ns"), "other options"),
    (("--range", "1ns..9ns"), "other options"), (("--lifetime", "2=4ns,fixed"), "other options"), (("--irf-background", "zero"), "other options"),
    (("--pulses", "1e9"), "other options"), (("--compact",), "other options"),
    (("i.npy",), "another IRF"), (("f.npy",), "f.npy: histogram 3: r.jsonl has its record, made from other data"),
], ids=lambda v: v[0] if isinstance(v, tuple) else "")
def test_resume_of_another_fit_is_refused(fit, tmp_path, more, message):
    import numpy as np
    fitted = fit("--backend", "model").records[:-1]
    (tmp_path / "r.jsonl").write_text("".join(json.dumps(r) + "\n" for r in fitted[2:10]))
    if more[0].endswith(".npy"):
        values = np.load(tmp_path / more[0])
        values.flat[3 * values.shape[-1] + 40 if values.ndim > 1 else 40] += 1
        np.save(tmp_path / more[0], values)
        more = ()
    done = fit("--resume", "r.jsonl", "--backend", "model", *more)
    assert done.code == (1 if "histogram" in message else 2) and message in done.err and "r.jsonl" in done.err
    assert not [r for r in done.records if r["schema"] != "taustream.end/1"]     # nothing of the other fit


def test_resume_with_another_bin_width_is_refused(run, fit, tmp_path):
    command = ("trpl", "f.npy", "--json", "--bin-width")
    (tmp_path / "r.jsonl").write_text("".join(run(*command, "100ps").out.splitlines(keepends=True)[:10]))
    done = run(*command, "50ps", "--resume", "r.jsonl")
    assert done.code == 1 and len(done.records) == 1 and "f.npy: histogram 0: r.jsonl has its record with bins of 1e-10 s, now they are 5e-11 s" in done.err


def test_resume_of_records_that_do_not_tell(fit, tmp_path):
    fitted = fit("--backend", "model").records[:-1]
    old = [{k: v for k, v in r.items() if k not in ("bin_width_s", "options_crc32", "data_crc32")} for r in fitted[:10]]
    (tmp_path / "r.jsonl").write_text("".join(json.dumps(r) + "\n" for r in old))
    done = fit("--resume", "r.jsonl", "--backend", "model")
    assert done.code == 0 and done.records[:-1] == fitted[10:] and "10 records of an earlier version do not tell their data and options" in done.err
    twice = [fitted[0], fitted[0] | {"data_crc32": fitted[0]["data_crc32"] ^ 1}]
    (tmp_path / "r.jsonl").write_text("".join(json.dumps(r) + "\n" for r in twice))
    done = fit("--resume", "r.jsonl", "--backend", "model")
    assert done.code == 2 and "two records of f.npy, index 0, made from different data" in done.err


def test_resume_cut_off(fit, tmp_path):
    lines = fit("--backend", "model").out.splitlines(keepends=True)
    (tmp_path / "r.jsonl").write_text("".join(lines[:10])[:-30])
    done = fit("--resume", "r.jsonl", "--backend", "model")
    assert done.code == 0 and "r.jsonl:10: the last line is cut off" in done.err
    assert done.out.splitlines(keepends=True)[:-1] == lines[9:-1]


@pytest.mark.parametrize("backend, message", [
    ("socket:/nonexistent/s", "no simulated board listens there"),
    ("socket:" + "x" * 200, "a socket's path has 1 to 107 characters"),
    ("uart:/dev/null", "Inappropriate ioctl"),
    ("uart:/nonexistent", "No such file"),
    ("uart:/dev/ttyS0@7", "expected uart:PATH"),
    ("uart:ftdi:", "expected uart:ftdi:SERIAL"),
    ("uart:ftdi:NOBODY", "no FTDI chip with that serial number"),
    ("usb:NOBODY", "no such board is attached"),
])
def test_boards_that_do_not_open(run, backend, message):
    for command in ("info", "selftest"):
        done = run(command, "--backend", backend)
        assert done.code == 1 and message in done.err and not done.out


def test_devices_and_the_simulated_ones(run):
    done = run("devices", "--json", "--backend", "model")
    assert [(r["backend"], r["engine"]) for r in done.records] == [("model", "u16"), ("model", "e18"), ("model", "e20")] and done.code == 0
    assert run("devices", "--backend", "socket:/nonexistent").code == 1


def test_a_silent_board_ends_by_its_timeout(run, tmp_path, monkeypatch):
    import socket
    monkeypatch.setenv("TAUSTREAM_TIMEOUT_S", "0.1")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(tmp_path / "s"))
        s.listen()
        done = run("info", "--backend", f"socket:{tmp_path}/s")
    assert done.code == 1 and "no answer" in done.err


def test_udev_rule_is_one():
    rule = [line for line in (ROOT / "host/transport/70-taustream.rules").read_text().splitlines() if not line.startswith("#")]
    text = re.search(r'#define TS_USB_RULE "(.*)"\n', (ROOT / "host/transport/usb.h").read_text()).group(1)
    usb = tomllib.loads((ROOT / "protocol/taustream.toml").read_text())["usb"]
    assert rule == [json.loads(f'"{text}"')]
    assert f'{{idVendor}}=="{usb["vendor_id"]:04x}"' in rule[0] and f'{{idProduct}}=="{usb["product_id"]:04x}"' in rule[0]
