"""The virtual board itself: programs that know nothing of it see a USB device, at either level."""
import socket
import struct
import subprocess
import tomllib
import zlib
from pathlib import Path

import pytest

from .conftest import VBOARD

ROOT = Path(__file__).resolve().parents[2]
P = tomllib.loads((ROOT / "protocol/taustream.toml").read_text())
MSG = {m["name"]: m["code"] for m in P["message"]}
SERIAL = "00000000000000aa"


def frame(kind, sequence, payload=b""):
    head = struct.pack("<HBBIIH", P["protocol"]["magic"], P["protocol"]["version"], kind, sequence, len(payload), 0)
    head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    return head + payload + struct.pack("<I", zlib.crc32(head + payload))


@pytest.mark.parametrize("options, bad_line", (
    (["--level", "packet"], False), (["--level", "packet", "--loss", 0.05], True), (["--level", "bit", "--engine", "e18", "--clock", 48e6], False),
    (["--level", "bit", "--loss", 0.02, "--ppm", 2500, "--jitter", 10, "--seed", 3], True)))
def test_a_libusb_program_finds_opens_and_uses_the_board(vboard, probe, options, bad_line):
    done = vboard(["--serial", SERIAL, *options], [probe, "all", SERIAL])
    assert done.out == "PASS\n" and done.code == 0, done.out + done.err
    board, = done.boards
    assert board["serial"] == SERIAL and board["bytes_in"] > 10000
    assert (board["errors"] > 10) == bad_line


def test_two_boards_are_told_apart_by_their_serial_numbers(vboard, probe):
    done = vboard(["--serial", "1234567890abcdef", "--serial", SERIAL], [probe, "all", SERIAL])
    assert done.out == "PASS\n" and done.code == 0, done.out + done.err
    first, second = done.boards
    assert first["serial"] == "1234567890abcdef" and first["bytes_in"] == 0
    assert second["serial"] == SERIAL and second["bytes_in"] > 10000


def test_unplug_and_plug(vboard, probe):
    done = vboard(["--unplug-after", "500,700"], [probe, "unplug"])
    assert done.out == "PASS\n" and done.code == 0, done.out + done.err
    assert done.boards[0]["unplugs"] == 2


def test_lsusb_shows_it(vboard):
    done = vboard(["--serial", SERIAL], ["lsusb", "-v", "-d", "1209:0001"])
    for text in ("idVendor           0x1209", "bNumEndpoints           2", f"iSerial                 3 {SERIAL}", "EP 1 OUT", "EP 1 IN",
                 "wMaxPacketSize     0x0040"):
        assert text in done.out, done.out + done.err


def test_it_says_what_it_is_and_gives_the_commands_exit_code(vboard):
    done = vboard([], ["sh", "-c", "exit 5"])
    assert done.code == 5 and "packet level" in done.err and "no gateware" in done.err
    assert vboard([], ["sh", "-c", "kill -9 $$"]).code == 128 + 9
    assert vboard([], ["/nonexistent/program"]).code == 127


@pytest.mark.parametrize("options, words", [
    (["--level", "bits"], "packet or bit"), (["--engine", "u17"], "u16, e18 or small"), (["--serial", "12"], "16 hexadecimal"),
    (["--unplug-after", "5,x"], "numbers of bytes"), (["--loss", "2"], "at most 0.9"), (["--what"], "--help"), ([], "expected `-- COMMAND`")])
def test_wrong_usage_is_named(vboard, options, words):
    done = vboard(options, None)
    assert done.code == 2 and words in done.err


@pytest.mark.parametrize("level", ("packet", "bit"))
def test_a_socket_carries_the_byte_stream(tmp_path, level):
    path = tmp_path / "board"
    with subprocess.Popen([VBOARD, "--level", level, "--socket", path], stderr=subprocess.PIPE) as p:
        try:
            assert level.encode() + b" level" in p.stderr.readline()  # it listens from then on
            for life in range(3):
                with socket.socket(socket.AF_UNIX) as s:
                    s.settimeout(60)
                    s.connect(str(path))
                    sent = [frame(MSG["echo_request"], k + 1, bytes([k, life]) * (k % 33)) for k in range(100)]
                    expected = b"".join(frame(MSG["echo"], k + 1, bytes([k, life]) * (k % 33)) for k in range(100))
                    s.sendall(b"".join(sent))
                    got = b""
                    while len(got) < len(expected):
                        part = s.recv(65536)
                        assert part
                        got += part
                    assert got == expected
                    s.sendall(frame(MSG["echo_request"], 1)[:-3])  # half a message: forgotten with the connection
        finally:
            p.terminate()
        assert p.wait(60) == 0
