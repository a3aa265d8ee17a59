"""Messages to a device, the same to the integer model (in the library) and to the simulated gateware (its program), and their answers."""
from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import sys
import tomllib
import zlib
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from accuracy import harness  # noqa: E402

DEFINITION = tomllib.loads((harness.ROOT / "protocol/taustream.toml").read_text(encoding="utf-8"))
PROTOCOL = DEFINITION["protocol"]
CODE = {m["name"]: m["code"] for m in DEFINITION["message"]}
NAME = {m["code"]: m["name"] for m in DEFINITION["message"]}
ERROR = {e["name"]: e["code"] for e in DEFINITION["error"]}
FRAME = [w["name"] for w in DEFINITION["frame"]]
RESULT = [w["name"] for w in DEFINITION["result"]][:14]       # behind the facts; `starts` is the last of them
CLOCKS = [FRAME.index(n) for n in ("start_low", "start_high", "end_low", "end_high", "latency")]
PHOTON_WORDS = 255
WARM, GROUPS, RAW, DRY = 2, 4, 8, 16
WARM_EVALUATIONS = 8      # as the library asks with one and two components


def message(kind, sequence, config, payload=b""):
    head = struct.pack("<HBBIIH", PROTOCOL["magic"], PROTOCOL["version"], CODE.get(kind, kind), sequence, len(payload), config)
    head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    return head + payload + struct.pack("<I", zlib.crc32(head + payload))


def parse(data):
    """[(name, sequence, config, payload)]; every check is verified."""
    out, at = [], 0
    while at < len(data):
        magic, version, kind, sequence, length, config, check = struct.unpack_from("<HBBIIHH", data, at)
        assert magic == PROTOCOL["magic"] and version == PROTOCOL["version"] and check == zlib.crc32(data[at:at + 14]) & 0xFFFF
        payload = data[at + 16:at + 16 + length]
        assert struct.unpack_from("<I", data, at + 16 + length)[0] == zlib.crc32(data[at:at + 16 + length])
        out.append((NAME[kind], sequence, config, payload))
        at += 20 + length
    return out


def words(*values):
    return struct.pack(f"<{len(values)}I", *values)


def frames_config(bits=8, photons=0, mode=0, warm_evaluations=WARM_EVALUATIONS, clocks=(0, 0), pins=0):
    return words(bits << 8 | mode, photons, *clocks, warm_evaluations, pins)


def photons(start, bins, bits):
    """Payload of a `photons` message."""
    bins = np.asarray(bins, dtype=np.uint64)
    stream = ((bins[:, None] >> np.arange(bits, dtype=np.uint64)) & 1).astype(np.uint8).ravel()
    packed = np.packbits(stream, bitorder="little").tobytes()
    return words(start & 0xFFFFFFFF, len(bins)) + packed + bytes(-len(packed) % 4)


def configuration(folder, engine, data, *options):
    """Payloads of the `config` and the `irf` message that the command sends for a histogram."""
    tee = folder / "tee"
    tee.mkdir(parents=True, exist_ok=True)
    program = tee / f"taustream-rtl-{engine}"
    program.write_text(f'#!/bin/sh\ntee {folder}/sent | {harness.gateware(engine)}\n', encoding="utf-8")
    program.chmod(0o755)
    np.save(folder / "data.npy", np.atleast_2d(data).astype(np.uint32))
    subprocess.run([harness.command(), "trpl", folder / "data.npy", "--bin-width", "1ns", "--backend", "rtl", "--engine", engine, "--json", "--quiet", *options],
                   check=True, stdout=subprocess.DEVNULL, env=dict(os.environ, TAUSTREAM_RTL_DIR=str(tee)), timeout=300)
    sent = {kind: payload for kind, _, _, payload in parse((folder / "sent").read_bytes())}
    return sent["config"], sent["irf"]


class Model:
    def __init__(self, engine):
        self.library = ctypes.CDLL(str(harness.ROOT / "build/libtaustream.so"))
        self.library.ts_model_create.restype = ctypes.c_void_p
        for name in ("write", "read"):
            f = getattr(self.library, f"ts_model_{name}")
            f.restype, f.argtypes = ctypes.c_size_t, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
        self.library.ts_model_destroy.argtypes = [ctypes.c_void_p]
        self.engine = {"u16": 1, "e18": 2}[engine]

    def answers(self, data):
        device, out, buffer = self.library.ts_model_create(self.engine), b"", ctypes.create_string_buffer(65536)
        try:
            while True:
                taken = self.library.ts_model_write(device, data, len(data))
                data = data[taken:]
                got = self.library.ts_model_read(device, buffer, len(buffer))
                out += buffer.raw[:got]
                if not data and not got and not taken:
                    return parse(out)
        finally:
            self.library.ts_model_destroy(device)


class Gateware:
    def __init__(self, engine):
        self.program = harness.gateware(engine)

    def answers(self, data):
        done = subprocess.run([self.program], input=data, capture_output=True, timeout=1200, check=True)
        return parse(done.stdout)


def apart(answers, has_cycles=True):
    """(answers to requests, what frames sent without the words that tell clocks)."""
    replies, frames = [], []
    for kind, sequence, config, payload in answers:
        if kind == "frame":
            w = list(struct.unpack(f"<{len(payload) // 4}I", payload))
            for i in CLOCKS:
                w[i] = 0
            if has_cycles and len(w) > len(FRAME):
                w[-1] = 0                                  # cycles
            payload = words(*w)
        elif kind == "result" and has_cycles:
            payload = payload[:-4]
        (frames if kind in ("frame", "frame_histogram", "frame_raw", "result") else replies).append((kind, sequence, config, payload))
    return replies, frames
