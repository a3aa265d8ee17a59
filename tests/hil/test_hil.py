"""What a board must do, seen from the command line. The same tests for the model, the simulated gateware, virtual boards and real ones."""
import json
import re
import signal
import tomllib

import pytest

from .board import ROOT, VIRTUAL_SERIAL, command, interrupt, needs_decays

PROTOCOL = tomllib.loads((ROOT / "protocol/taustream.toml").read_text())


def model_records(info, arguments, cwd):
    return command(*arguments, "--backend", "model", "--engine", info["engine"], cwd=cwd).records


def assert_same(records, expected):
    """The device's bits are the model's: every record, in order, once."""
    assert [r["index"] for r in records[:-1]] == [r["index"] for r in expected[:-1]]
    different = [r["index"] for r, e in zip(records[:-1], expected[:-1]) if (r["raw"], r["status"]) != (e["raw"], e["status"])]
    assert not different, f"{len(different)} results differ from the model's, first: histogram {different[0]}"
    assert records[-1] == expected[-1] and records[-1]["complete"]


def test_info(board, info, figure):
    engine = PROTOCOL["engine"][info["engine"]]
    assert info["schema"] == "taustream.device/1" and info["protocol_version"] == PROTOCOL["protocol"]["version"]
    for name in ("components_max", "bins_max", "fine_max", "groups_max"):
        assert info[name] == (engine[name] if info["components_max"] else 0), name
    for name in ("word_bits", "state_bits", "count_bits"):
        assert info[name] == engine[name], name
    assert re.fullmatch(r"\d+\.\d+\.\d+", info["gateware_version"]) and 1 <= info["jobs_in_flight"] <= 64
    assert not board.is_hardware or info["clock_hz"] > 1e6
    if board.level:
        assert info["backend"] == f"usb:{VIRTUAL_SERIAL}"
    figure("device", f"{info['backend']}, engine {info['engine']}, gateware {info['gateware_version']}, clock {info['clock_hz'] or 'none'}")


@pytest.mark.parametrize("send", ("histograms", "photons"))
def test_live_frames_are_the_models_bit_by_bit(board, info, figure, send, tmp_path):
    """A film whose lifetime drifts: every frame once, recorded, as the model fits it; sent as photons the device makes the histograms and starts warm."""
    needs_decays(info)
    arguments = ("live", "sim:drift,seconds=1,seed=3", "--frame", "5000photons", "--irf-gauss", "500ps", "--speed", "max", "--send", send, "--json")
    done = board.run(*arguments, "--record", "a.tsr", cwd=tmp_path)
    if "has no photon front end" in done.err:
        pytest.skip("this device takes no photons")
    assert done.code == 0, done.err
    assert_same(done.records, model_records(info, arguments, tmp_path))
    frames = done.records[:-1]
    assert sum(r["framed_by"] == "device" for r in frames) >= (len(frames) - 4 if send == "photons" else 0)
    again = command("trpl", "a.tsr", "--irf-gauss", "500ps", "--backend", "model", "--engine", info["engine"], "--json", cwd=tmp_path)
    assert [r["counts"] for r in again.records[:-1]] == [r["photons"] for r in frames]
    held = sum(r["lifetime_interval_s"][0][0] <= r["truth_lifetime_s"] <= r["lifetime_interval_s"][0][1] for r in frames if r["status"] == "ok")
    figure(f"live, {send}", f"{len(frames)} frames, {held} intervals hold the truth")


def test_selftest(board):
    done = board.run("selftest", "--json")
    assert done.code == 0, done.out + done.err
    assert done.records[-1]["complete"] and done.records[-1]["failed"] == 0 and done.records[-1]["done"] >= 3


@pytest.mark.parametrize("components", (1, 2, 3))
def test_fits_are_the_models_bit_by_bit(board, info, batch, figure, components, tmp_path):
    arguments, number = batch(components)
    done = board.run(*arguments, "--stats", "s.json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert_same(done.records, model_records(info, arguments, tmp_path))
    stats = json.loads((tmp_path / "s.json").read_text())
    assert stats["fits"] == number and stats["backend"] == info["backend"]
    if stats["cycles_per_fit"]:
        figure("clocks a fit", round(stats["cycles_per_fit"]))
    if board.is_hardware:
        figure("histograms a second", round(stats["fits_per_s"]))
    figure("bytes a histogram, to and from the device", f"{stats['bytes_to_device'] / number:.0f}, {stats['bytes_from_device'] / number:.0f}")


@pytest.mark.parametrize("bins, counts", ((64, "1e3"), (1024, "1e6"), (3000, "1e5")))
def test_other_sizes(board, info, batch, bins, counts, tmp_path):
    arguments, _ = batch(2, bins=bins, counts=counts, number=5)
    done = board.run(*arguments, cwd=tmp_path)
    assert done.code == 0, done.err
    assert_same(done.records, model_records(info, arguments, tmp_path))


def test_measured_decay(board, info):
    needs_decays(info)
    folder = ROOT / "examples/lifefit-atto550"
    arguments = ["trpl", folder / "Atto550_DNA.txt", "--irf", folder / "irf.txt", "--components", 2, "--json"]
    done = board.run(*arguments)
    assert done.code == 0, done.err
    assert_same(done.records, model_records(info, arguments, None))


def test_sweep(board, info, figure):
    """Current and voltage, provisional answers on the way."""
    if not info["sclc_points_max"]:
        pytest.skip("this device has no engine for current-voltage sweeps")
    arguments = ["sclc", ROOT / "examples/sclc-simulated/sweep.csv", "--thickness", "500nm", "--permittivity", "25", "--json"]
    done = board.run(*arguments)
    assert done.code == 0, done.err
    assert_same(done.records, model_records(info, arguments, None))
    if done.records[0]["cycles"]:
        figure("clocks of the sweep", done.records[0]["cycles"])


@pytest.mark.parametrize("mode", ("trace", "global"))
def test_transient(board, info, mode, tmp_path):
    if not info["ta_components_max"]:
        pytest.skip("this device has no engine for transient absorption")
    command("simulate", "ta", "--lifetimes", "1ps,8ps", "--amplitudes", "1,-0.6", "--irf-fwhm", "150fs", "--delays", 60, "--to", "100ps", "--wavelengths",
            "400nm..600nm", "--wavelength-number", 3, "--snr", 200, "--output", "m.csv", cwd=tmp_path)
    arguments = ["ta", "m.csv", "--irf-fwhm", "150fs", "--components", 2, "--mode", mode, "--json"]
    done = board.run(*arguments, cwd=tmp_path)
    assert done.code == 0, done.err
    assert_same(done.records, model_records(info, arguments, tmp_path))


def test_what_the_engine_does_not_hold_is_refused_by_name(board, info, batch, tmp_path):
    if info["components_max"] == 4:
        pytest.skip("this engine holds four components")
    arguments, _ = batch(2, number=1)
    done = board.run(*arguments[:-2], 4, "--json", cwd=tmp_path)
    assert done.code != 0 and "component" in done.err


def test_a_program_that_is_killed_leaves_a_board_that_works(board, info, batch, tmp_path):
    """Killed with questions and answers under way: the next one starts from nothing."""
    arguments, _ = batch(2)
    process = board.start(*arguments, cwd=tmp_path)
    process.stdout.readline()  # it is at work
    interrupt(process, signal.SIGKILL)
    few, _ = batch(2, number=3)
    done = board.run(*few, cwd=tmp_path)
    assert done.code == 0, done.err
    assert_same(done.records, model_records(info, few, tmp_path))


def test_a_second_program_is_told_that_the_board_is_taken(board, batch, tmp_path):
    if not board.level:
        pytest.skip("only a USB board belongs to one program, and a real one is done before the second program looks")
    arguments, _ = batch(2, number=400)
    process = board.start(*arguments, cwd=tmp_path)
    process.stdout.readline()
    second = board.run("info")
    first = interrupt(process)
    assert second.code == 1 and "another program" in second.err, second.err
    assert first.code == 130, first.err


def test_a_board_that_is_not_there_is_named(board):
    if not board.is_usb:
        pytest.skip("not a USB board")
    done = board.run("info", backend="usb:0123012301230123")
    assert done.code == 1 and "usb:0123012301230123" in done.err


def test_unplugged_in_the_middle(board, info, batch, figure, tmp_path):
    """Gone and back at several moments of a batch: every result, once."""
    if not board.level:
        pytest.skip("only a virtual board unplugs itself; see --power-cycle")
    arguments, number = batch(2)
    moments = [137, 1000, 6000, 450, 2313]                                         # the third gives results: three without any end the batch
    done, stats = board.run_on_new_virtual_board(["--replug-after", 10, "--unplug-after", ",".join(map(str, moments))], *arguments, cwd=tmp_path)
    assert done.code == 0, done.err
    assert stats["unplugs"] == len(moments)
    assert_same(done.records, model_records(info, arguments, tmp_path))


def test_power_cycle_in_the_middle(board, info, batch, power_cycle, tmp_path):
    arguments, _ = batch(2, number=20000)
    process = board.start(*arguments, cwd=tmp_path)
    first = process.stdout.readline()
    power_cycle()
    out = process.stdout.read()                                                    # communicate() passes over what the line before was read with
    assert process.wait() == 0, process.stderr.read()
    records = [json.loads(line) for line in (first + out).splitlines()]
    assert_same(records, model_records(info, arguments, tmp_path))
