#!/usr/bin/env python3
"""A device that records what it is configured with, then answers every histogram with "no counts".

It speaks the protocol of protocol/taustream.toml at its standard input and output and stands where the simulated gateware
would (TAUSTREAM_RTL_DIR). The configuration that the host sent is written to $TAUSTREAM_RECORD: so a test learns the groups,
taps and response words of a fit without knowing how the host chooses them.
"""
import json
import os
import struct
import sys
import tomllib
import zlib
from pathlib import Path

DEFINITION = tomllib.loads((Path(__file__).resolve().parents[2] / "protocol/taustream.toml").read_text(encoding="utf-8"))
PROTOCOL = DEFINITION["protocol"]
CODE = {m["name"]: m["code"] for m in DEFINITION["message"]}


def f32x(word):
    mantissa, exponent = word & 0xFFFFFF, word >> 24
    return (mantissa - (1 << 24 if mantissa >> 23 else 0)) * 2.0 ** (exponent - (256 if exponent >> 7 else 0))


def frame(kind, payload, sequence=0, config=0):
    head = struct.pack("<HBBIIH", PROTOCOL["magic"], PROTOCOL["version"], CODE[kind], sequence, len(payload), config)
    head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    return head + payload + struct.pack("<I", zlib.crc32(head + payload))


def words(payload):
    return struct.unpack(f"<{len(payload) // 4}I", payload)


def decode(config, irf):
    """Names and values of a configuration message and its response words."""
    names = [e["name"] for e in DEFINITION["layout"]]
    values = words(config)
    layout = dict(zip(names, values))
    floats = dict(zip((e["name"] for e in DEFINITION["config_float"]), map(f32x, values[len(names):])))
    octaves = b"".join(struct.pack("<I", layout[f"octaves_{i}"]) for i in range(3))
    return {"components": layout["model"] & 255, "taps": layout["model"] >> 8 & 255, "shift_taps": layout["model"] >> 16 & 255,
            "fine": layout["fine"] & 0xFFFF, "pre": layout["fine"] >> 16, "octaves": list(octaves), "bins": layout["bins"],
            "groups": layout["groups"], "floats": floats, "irf": list(words(irf)) if irf else []}


def main():
    engine = Path(sys.argv[0]).name.rsplit("-", 1)[1]
    holds = DEFINITION["engine"][engine]
    source, sink = os.fdopen(0, "rb"), os.fdopen(1, "wb")
    config = irf = b""
    while True:
        head = source.read(16)
        if len(head) < 16:
            return
        _, _, kind, sequence, length, number, _ = struct.unpack("<HBBIIHH", head)
        payload = source.read(length + 4)[:length]
        if kind == CODE["info_request"]:
            # other techniques' limits: it has none of them
            known = dict(holds, protocol_version=PROTOCOL["version"], engine=holds["id"], jobs_in_flight=2, clock_hz=0, gateware_version=PROTOCOL["gateware_version"])
            known["ta_delays_max"] |= known.get("ta_signals_max", 0) // 64 << 16
            known["ta_components_max"] |= known.get("ta_word_bits", 0) << 8
            answer = frame("info", struct.pack(f"<{len(DEFINITION['info'])}I", *(known.get(e["name"], 0) for e in DEFINITION["info"])), sequence)
        elif kind == CODE["echo_request"]:
            answer = frame("echo", payload, sequence)
        elif kind in (CODE["config"], CODE["irf"]):
            if kind == CODE["config"]:
                config, irf = payload, b""
            else:
                irf = payload
            with open(os.environ["TAUSTREAM_RECORD"], "w", encoding="utf-8") as f:
                json.dump(decode(config, irf), f)
            answer = frame("ack", b"", sequence, number)
        else:
            n = 2 * (words(config)[0] & 255) + 2
            body = [0] * (len(DEFINITION["result"]) + n * (n + 1) // 2 + 1)
            body[0] = 1 << next(b["bit"] for b in DEFINITION["status_bit"] if b["name"] == "no_counts")
            answer = frame("result", struct.pack(f"<{len(body)}I", *body), sequence, number)
        sink.write(answer)
        sink.flush()


if __name__ == "__main__":
    main()
