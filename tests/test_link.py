"""The simulated gateware's byte stream against the C model's: the same answers to good, corrupt and hostile bytes."""
import ctypes
import os
import random
import struct
import subprocess
import time
from pathlib import Path

import pytest
from messages import CRC, ENGINES, ERR, HEADER, INFO, MSG, P, ROOT, message, parse

READ_S = 60


def program(engine):
    path = Path(os.environ.get("TAUSTREAM_RTL_DIR") or ROOT / "build") / f"taustream-rtl-{engine}"
    if not path.exists():
        pytest.skip(f"no {path.name}: make rtl")
    return path


def rtl(engine, stream):
    done = subprocess.run([program(engine)], input=stream, capture_output=True, timeout=READ_S * 10, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def model(engine, stream):
    path = ROOT / "build/libtaustream.so"
    if not path.exists():
        pytest.skip("no libtaustream.so: make")
    lib = ctypes.CDLL(str(path))
    lib.ts_model_create.restype = ctypes.c_void_p
    lib.ts_model_write.restype = lib.ts_model_read.restype = ctypes.c_size_t
    m = ctypes.c_void_p(lib.ts_model_create(ctypes.c_uint(ENGINES[engine])))
    out, at, room = b"", 0, ctypes.create_string_buffer(65536)
    while True:
        part = stream[at:at + 4096]
        at += lib.ts_model_write(m, part, ctypes.c_size_t(len(part)))
        got = lib.ts_model_read(m, room, ctypes.c_size_t(len(room)))
        out += room.raw[:got]
        if at == len(stream) and got == 0:
            break
    lib.ts_model_destroy(m)
    return out


def leb128(numbers):
    out = bytearray()
    for n in numbers:
        while n > 127:
            out.append(n & 127 | 128)
            n >>= 7
        out.append(n)
    return bytes(out)


# of info's photon word: photons by the pins, samples a clock; those of the simulated gateware
PINS, OWN_PINS = 2 | 0xf0, 2 | 4 << 4


def same_answers(engine, stream):
    """Answers in their order; results in theirs, without the clocks. The gateware has pins, which its model has not: that part of its info is checked here."""
    def without_pins(x):
        if x[0] != MSG["info"]:
            return x
        words = list(struct.unpack(f"<{len(INFO)}I", x[3]))
        assert words[INFO.index("photon")] & PINS == OWN_PINS
        words[INFO.index("photon")] &= ~PINS
        return (*x[:3], struct.pack(f"<{len(INFO)}I", *words))

    a, b = [without_pins(x) for x in parse(rtl(engine, stream))], parse(model(engine, stream))
    results = (MSG["result"], MSG["sclc_result"])
    assert [x for x in a if x[0] not in results] == [x for x in b if x[0] not in results]
    for result in results:
        assert [(*x[:3], x[3][:-4]) for x in a if x[0] == result] == [(*x[:3], x[3][:-4]) for x in b if x[0] == result]
    return a


def any_request(rng):
    """A request of any kind with random content; no configuration is ever held, so that nothing is fitted."""
    kind = rng.choice([*MSG.values(), *MSG.values(), rng.randrange(256)])
    size = rng.choice((0, 1, 3, 4, 16, 63, 64, 65, rng.randrange(300)))
    payload = rng.randbytes(size)
    if kind in (MSG["histogram_raw"], MSG["histogram_grouped"]) and rng.random() < 0.7:
        payload = leb128(rng.getrandbits(rng.randrange(33)) for _ in range(size))
    return message(kind, rng.getrandbits(32), payload, rng.getrandbits(16), rng.choice((1, 1, 1, 1, 1, 1, 1, 0, 2, 255)))


def hostile_stream(seed):
    """Good messages, corrupt ones, lost and doubled bytes, garbage that looks like a beginning."""
    rng = random.Random(seed)
    out = bytearray()
    for _ in range(400):
        m = bytearray(any_request(rng))
        flaw = rng.randrange(12)
        if flaw == 0:
            m[rng.randrange(len(m))] ^= 1 << rng.randrange(8)
        elif flaw == 1:
            del m[rng.randrange(len(m))]
        elif flaw == 2:
            at = rng.randrange(len(m))
            m[at:at] = m[at:at + 1]
        elif flaw == 3:
            out += bytes(rng.choice((0x54, 0x73, rng.randrange(256))) for _ in range(rng.randrange(40)))
        elif flaw == 4:
            m = bytearray(message(rng.choice(list(MSG.values())), rng.getrandbits(32), b"", 0, 1, rng.randrange(32769, 1 << 32)))[:HEADER]
        out += m
    # Ends whatever a lost byte left open.
    return bytes(out) + bytes(2 * P["protocol"]["max_payload_bytes"]) + message(MSG["echo_request"], 7, b"last")


@pytest.mark.parametrize("engine", ENGINES)
def test_info_names_the_engine(engine):
    answers = same_answers(engine, message(MSG["info_request"], 0xFFFFFFFF, b"", 0xABCD))
    assert [x[:3] for x in answers] == [(MSG["info"], 0xFFFFFFFF, 0xABCD)]
    words = dict(zip(INFO, struct.unpack(f"<{len(INFO)}I", answers[0][3])))
    assert words["engine"] == ENGINES[engine] and words["bins_max"] == P["engine"][engine]["bins_max"] and words["clock_hz"] == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_echo_of_every_length(engine):
    rng = random.Random(1)
    sent = [rng.randbytes(n) for n in range(65)]
    answers = same_answers(engine, b"".join(message(MSG["echo_request"], n, x, n) for n, x in enumerate(sent)))
    assert answers == [(MSG["echo"], n, n, x) for n, x in enumerate(sent)]


@pytest.mark.parametrize("engine", ENGINES)
def test_each_error_has_its_code(engine):
    bad_crc = bytearray(message(MSG["echo_request"], 3, b"abc"))
    bad_crc[-1] ^= 1
    bad_header = bytearray(message(MSG["echo_request"], 4, b""))
    bad_header[9] ^= 1
    stream = b"".join((message(MSG["echo_request"], 1, b"x" * 65), message(0x42, 2), bad_crc, bad_header, message(MSG["info_request"], 5, b"", 0, 9),
                       message(MSG["histogram_raw"], 6, b"\x01", 77), message(MSG["irf"], 7, b"", 77), message(MSG["config"], 8, b"\0" * 8, 1),
                       message(MSG["info_request"], 9, b"", 0, 1, 1 << 31)[:HEADER], message(MSG["info_request"], 10, b"\0")))
    got = [(x[1], x[3][0], x[3][1]) for x in same_answers(engine, stream)]
    echo, info = MSG["echo_request"], MSG["info_request"]
    assert got == [(1, ERR["length"], echo), (2, ERR["type"], 0x42), (3, ERR["crc"], echo), (0, ERR["header"], echo), (5, ERR["version"], info),
                   (6, ERR["config"], MSG["histogram_raw"]), (7, ERR["config"], MSG["irf"]), (8, ERR["length"], MSG["config"]),
                   (9, ERR["length"], info), (10, ERR["length"], info)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", range(3))
def test_hostile_streams_get_the_same_answers(engine, seed):
    answers = same_answers(engine, hostile_stream(seed))
    assert (MSG["echo"], 7, 0, b"last") in answers and len(answers) > 200


def sweep_stream(seed):
    """Sweeps in pieces between other requests; pieces that are damaged, sent twice, left out, of another sweep or of a wrong length."""
    rng, out, sent = random.Random(seed), bytearray(), 0
    for sweep in range(1, 12):
        out += message(MSG["sclc_config"], sweep << 8, struct.pack("<ii", round(65536 * rng.uniform(1.5, 2.6)), -48000), sweep)
        v, received = 0.05, 0
        while received < 60:
            count = rng.randrange(1, 25)
            body = struct.pack("<I", received | count << 16)
            for _ in range(count):
                v *= 1 + rng.uniform(0, 0.25)
                for x in (v, v**2 / (1 + (2 / v)**4) * rng.uniform(0.95, 1.05)):
                    body += struct.pack("<I", (-20 & 255) << 24 | min(round(x * 2**20), 0x7FFFFF))
            sent += 1
            flaw = rng.randrange(9)
            m = bytearray(message(MSG["sclc_points"], sent, body[:-1] if flaw == 0 else body, sweep + 50 if flaw == 1 else sweep))
            if flaw == 2:
                m[20] ^= 4
            out += m
            if flaw == 3:
                out += m
            if flaw == 4:
                out += any_request(rng)
            received += count if flaw > 2 else 0
    return bytes(out) + bytes(2 * P["protocol"]["max_payload_bytes"]) + message(MSG["echo_request"], 7, b"last")


@pytest.mark.parametrize("engine", ENGINES)
def test_sweeps_get_the_same_answers(engine):
    answers = same_answers(engine, sweep_stream(4))
    kinds = [x[0] for x in answers]
    assert kinds.count(MSG["sclc_result"]) > 40 and kinds.count(MSG["ack"]) >= 11
    assert {ERR["crc"], ERR["config"], ERR["length"]} <= {x[3][0] for x in answers if x[0] == MSG["error"]}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_message_cut_at_the_end_of_input_is_dropped_and_the_program_ends(engine):
    whole = message(MSG["echo_request"], 1, b"abc")
    for cut in (1, 15, 16, 18, len(whole) - 1):
        assert parse(rtl(engine, whole + whole[:cut])) == [(MSG["echo"], 1, 0, b"abc")]
    assert rtl(engine, b"") == b""


@pytest.mark.parametrize("engine", ENGINES)
def test_an_idle_simulation_sleeps_and_wakes(engine):
    with subprocess.Popen([program(engine)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
        def ask(sequence):
            whole = message(MSG["echo_request"], sequence, b"hello")
            p.stdin.write(whole)
            p.stdin.flush()
            assert parse(p.stdout.read(len(whole))) == [(MSG["echo"], sequence, 0, b"hello")]

        def ticks():
            fields = Path(f"/proc/{p.pid}/stat").read_text().rsplit(")", 1)[1].split()
            return int(fields[11]) + int(fields[12])

        ask(1)
        # It falls asleep in its own time, however slow the machine is: awake it would use all it gets.
        end = time.monotonic() + READ_S
        idle = 0
        before = ticks()
        while idle < 10 and time.monotonic() < end:
            time.sleep(0.1)
            now = ticks()
            idle, before = (idle + 1 if now == before else 0), now
        assert idle == 10
        ask(2)
        p.stdin.close()
        assert p.wait(READ_S) == 0
