"""The simulated gateware on a serial line (build/taustream-uart-u16; three engines, which have registers between pins and link; the small engine, in
whose memory bytes wait): the model's answers, and what becomes of damage on the line."""
import os
import random
import select
import socket
import struct
import subprocess
import tempfile
import time
import tty
from pathlib import Path

import pytest
from messages import CRC, ERR, HEADER, MSG, ROOT, message, parse
from test_link import model, program

ENGINE = "u16"
ONE, THREE, SMALL = "taustream-uart-u16", "engines-3/taustream-uart-u16", "small/taustream-uart-u16"
WAIT_S = 120         # nothing takes that long: it ends a test that hangs
HISTOGRAMS = 6


@pytest.fixture(params=[ONE, THREE, SMALL])
def line(request):
    """line(options, pty=False) -> an open file descriptor to a device of its own; line.reopen() for a break."""
    path = ROOT / "build" / request.param
    if not path.exists():
        pytest.skip(f"no {request.param}: make test")
    with tempfile.TemporaryDirectory(prefix="taustream-uart-") as folder:
        lines = []

        def start(*options, pty=False):
            lines.append(Line(path, f"{folder}/{len(lines)}", options, pty))
            return lines[-1]

        yield start
        for each in lines:
            each.stop()


class Line:
    def __init__(self, program_path, path, options, pty):
        self.path, self.pty, self.fd = path, pty, None
        self.process = subprocess.Popen([program_path, "--pty" if pty else "--socket", path, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n"
        self.open()

    def open(self):
        if self.pty:
            self.fd = os.open(self.path, os.O_RDWR | os.O_NOCTTY)
            tty.setraw(self.fd)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(self.path)
            self.fd = self.socket.fileno()

    def close(self):
        if self.pty:
            os.close(self.fd)
        else:
            self.socket.close()
        self.fd = None

    def reopen(self):
        self.close()
        self.open()

    def stop(self):
        if self.fd is not None:
            self.close()
        self.process.stdin.close()
        assert self.process.wait(WAIT_S) == 0

    def write(self, data):
        while data:
            data = data[os.write(self.fd, data):]

    def answer(self, wait_s=WAIT_S):
        """The next message, or None when there is none for so long."""
        data, end = b"", time.monotonic() + wait_s
        while True:
            need = HEADER + CRC if len(data) < HEADER else HEADER + CRC + struct.unpack_from("<I", data, 8)[0]
            if len(data) == need:
                return parse(data)[0]
            if not select.select([self.fd], [], [], max(0.0, end - time.monotonic()))[0]:
                assert not data, "an answer that is cut"
                return None
            data += os.read(self.fd, need - len(data))


@pytest.fixture(scope="module")
def fit_messages(tmp_path_factory):
    """What the command sends for a small batch: configuration, IRF, histograms."""
    folder = tmp_path_factory.mktemp("uart")
    command, real = ROOT / "build/taustream", program(ENGINE)
    if not command.exists():
        pytest.skip("no build/taustream: make")
    subprocess.run([command, "simulate", "trpl", "--lifetimes", "1ns,4ns", "--amplitudes", "0.6,0.4", "--counts", "1e5", "--bins", "128",
                    "--bin-width", "100ps", "--irf-gauss", "300ps", "--number", str(HISTOGRAMS), "--seed", "3", "--output", folder / "f.npy", "--irf-output",
                    folder / "i.npy", "--truth", folder / "t.json"], check=True)
    tee = folder / f"taustream-rtl-{ENGINE}"
    tee.write_text(f'#!/bin/sh\ntee {folder}/sent | {real}\n')
    tee.chmod(0o755)
    subprocess.run([command, "trpl", folder / "f.npy", "--irf", folder / "i.npy", "--bin-width", "100ps", "--components", "2", "--backend", "rtl",
                    "--engine", ENGINE, "--json"], check=True, stdout=subprocess.DEVNULL, env=dict(os.environ, TAUSTREAM_RTL_DIR=str(folder)))
    sent = parse((folder / "sent").read_bytes())
    kept = [m for m in sent if m[0] in (MSG["config"], MSG["irf"], MSG["histogram_grouped"], MSG["histogram_raw"])]
    assert [m[0] for m in kept[:2]] == [MSG["config"], MSG["irf"]] and len(kept) == 2 + HISTOGRAMS
    return [message(m[0], m[1], m[3], m[2]) for m in kept]


def without_clocks(answer):
    return (*answer[:3], answer[3][:-4]) if answer[0] == MSG["result"] else answer


@pytest.mark.parametrize("pty", [False, True])
def test_fits_over_the_line_are_the_models_bits(line, fit_messages, pty):
    device = line(pty=pty)
    got = []
    for m in fit_messages:
        device.write(m)
        got.append(without_clocks(device.answer()))
    assert got == [without_clocks(a) for a in parse(model(ENGINE, b"".join(fit_messages)))]
    assert sum(a[0] == MSG["result"] for a in got) == HISTOGRAMS


def test_a_break_at_any_moment_forgets_everything_and_nothing_old_comes_after_it(line, fit_messages):
    rng = random.Random(4)
    expected = [without_clocks(a) for a in parse(model(ENGINE, b"".join(fit_messages)))]
    device = line()
    for k in range(12):
        # so far: some whole messages, answered or not, and a part of one
        for m in fit_messages[:rng.randrange(2, 5)]:
            device.write(m)
            if rng.random() < 0.7:
                device.answer()
        part = fit_messages[-1]
        device.write(part[:rng.randrange(len(part))])
        time.sleep(rng.choice((0, 0, 0.002, 0.02)))
        device.reopen()
        device.write(fit_messages[-1])
        kind, _, _, payload = device.answer()
        assert kind == MSG["error"] and payload[0] == ERR["config"], "the configuration is still there"
        device.write(message(MSG["echo_request"], 1000 + k, b"after"))
        assert device.answer() == (MSG["echo"], 1000 + k, 0, b"after")
    got = []
    for m in fit_messages:
        device.write(m)
        got.append(without_clocks(device.answer()))
    assert got == expected


def test_a_message_left_alone_is_given_up_and_answered(line):
    device = line()
    whole = message(MSG["echo_request"], 5, b"0123456789")
    for cut in range(2, len(whole)):
        device.write(whole[:cut])
        kind, sequence, _, payload = device.answer()
        assert kind == MSG["error"] and payload[0] == ERR["length"] and sequence == (5 if cut >= HEADER else 0)
    device.write(whole)
    assert device.answer() == (MSG["echo"], 5, 0, b"0123456789")


@pytest.mark.parametrize("fault", ["--lose", "--corrupt", "--low-stop"])
def test_damage_on_the_line_never_gives_a_wrong_answer_and_asking_again_helps(line, fit_messages, fault):
    """The configuration's messages and the histograms until each is answered well; a damaged one is answered by an error or not at all."""
    assert max(map(len, fit_messages)) < 1000
    device = line(fault, "1499")      # prime, so that the place wanders
    got, errors, silent = [], 0, 0
    for m in fit_messages * 4:
        while True:
            device.write(m)
            answer = device.answer(3)
            if answer is None:
                silent += 1
                continue
            if answer[0] != MSG["error"]:
                got.append(without_clocks(answer))
                break
            assert answer[3][0] in (ERR["crc"], ERR["header"], ERR["length"])
            errors += 1
            while device.answer(0.5):      # a damaged length can end a message in two errors
                errors += 1
    assert got == [without_clocks(a) for a in parse(model(ENGINE, b"".join(fit_messages * 4)))]
    assert errors >= 3 and silent <= 3, (errors, silent)


def test_a_message_behind_a_damaged_one_is_answered_wherever_the_damage_is(line):
    """Every byte of a message lost, changed or sent twice, with a good message right behind: that one is answered, the damaged one never as if
    it were whole."""
    device = line()
    damaged, good = message(MSG["echo_request"], 77, b"abcdefgh"), message(MSG["echo_request"], 88, b"good")
    for at in range(len(damaged)):
        for wrong in (damaged[:at] + damaged[at + 1:], damaged[:at] + bytes((damaged[at] ^ 0x10,)) + damaged[at + 1:],
                      damaged[:at] + damaged[at:at + 1] + damaged[at:]):
            device.write(wrong + good)
            got = []
            while not got or got[-1][0] != MSG["echo"]:
                got.append(device.answer())
            errors = [a for a in got if a[0] == MSG["error"]]
            whole = damaged in wrong           # a first byte sent twice is no damage
            if whole:
                assert got.pop(0) == (MSG["echo"], 77, 0, b"abcdefgh")
                got.append(device.answer())
            assert got[-1] == (MSG["echo"], 88, 0, b"good"), (at, got)
            assert errors or at < 2 or whole, (at, got)
            assert all(a[1] in (0, 77) for a in errors)


@pytest.mark.parametrize("line", [ONE], indirect=True)      # three engines are faster than this line
def test_more_than_the_device_can_hold_is_refused_aloud(line, fit_messages):
    device = line()
    for m in fit_messages[:2]:
        device.write(m)
        assert device.answer()[0] == MSG["ack"]
    sent = fit_messages[2:] * 3
    device.write(b"".join(sent))
    got = []
    while (answer := device.answer(5)) is not None:
        got.append(answer)
    results = [a for a in got if a[0] == MSG["result"]]
    errors = [a for a in got if a[0] == MSG["error"]]
    assert len(results) + len(errors) == len(got) and 2 <= len(results) < len(sent), (len(results), len(errors))
    assert any(a[3][0] == ERR["crc"] for a in errors)
    expected = {a[1]: without_clocks(a) for a in parse(model(ENGINE, b"".join(fit_messages)))}
    assert all(without_clocks(a) == expected[a[1]] for a in results)
    device.write(message(MSG["echo_request"], 9, b"still here"))
    assert device.answer() == (MSG["echo"], 9, 0, b"still here")
