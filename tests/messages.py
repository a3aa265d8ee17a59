"""The protocol's messages in Python, for tests: made, and taken apart."""
import struct
import tomllib
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
P = tomllib.loads((ROOT / "protocol/taustream.toml").read_text())
MSG = {m["name"]: m["code"] for m in P["message"]}
ERR = {e["name"]: e["code"] for e in P["error"]}
ENGINES = {name: e["id"] for name, e in P["engine"].items()}
INFO = [i["name"] for i in P["info"]]
HEADER, CRC = 16, 4


def message(kind, sequence=1, payload=b"", config=0, version=P["protocol"]["version"], length=None):
    head = struct.pack("<HBBIIH", P["protocol"]["magic"], version, kind, sequence, len(payload) if length is None else length, config)
    head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    return head + payload + struct.pack("<I", zlib.crc32(head + payload))


def parse(stream):
    """[(type, sequence, config, payload)]; asserts that the stream is nothing but good messages."""
    out, at = [], 0
    while at < len(stream):
        magic, version, kind, sequence, length, config, check = struct.unpack_from("<HBBIIHH", stream, at)
        assert (magic, version) == (P["protocol"]["magic"], P["protocol"]["version"]), f"at byte {at}"
        assert check == zlib.crc32(stream[at:at + 14]) & 0xFFFF
        end = at + HEADER + length
        assert struct.unpack_from("<I", stream, end)[0] == zlib.crc32(stream[at:end])
        out.append((kind, sequence, config, stream[at + HEADER:end]))
        at = end + CRC
    return out
