"""Independent of the program: a writer of PicoQuant .ptu files, and a reader of recordings (.tsr) by docs/protocol.md."""
import json
import struct
import zlib

import numpy as np

# name: (type of the records, family, T2)
TYPES = {"PicoHarpT3": (0x00010303, "pico", False), "PicoHarpT2": (0x00010203, "pico", True),
         "HydraHarpT3": (0x00010304, "hydra1", False), "HydraHarpT2": (0x00010204, "hydra1", True),
         "HydraHarp2T3": (0x01010304, "hydra2", False), "HydraHarp2T2": (0x01010204, "hydra2", True),
         "TimeHarp260NT3": (0x00010305, "hydra2", False), "TimeHarp260NT2": (0x00010205, "hydra2", True),
         "TimeHarp260PT3": (0x00010306, "hydra2", False), "TimeHarp260PT2": (0x00010206, "hydra2", True),
         "GenericT3": (0x00010307, "hydra2", False), "GenericT2": (0x00010207, "hydra2", True)}


def tag(name, value, index=-1):
    head = name.encode().ljust(32, b"\0") + struct.pack("<i", index)
    if isinstance(value, str):
        text = value.encode() + b"\0"
        text += b"\0" * (-len(text) % 8)
        return head + struct.pack("<IQ", 0x4001FFFF, len(text)) + text
    if isinstance(value, bytes):
        return head + struct.pack("<IQ", 0xFFFFFFFF, len(value)) + value
    if isinstance(value, float):
        return head + struct.pack("<Id", 0x20000008, value)
    if value is None:
        return head + struct.pack("<IQ", 0xFFFF0008, 0)
    return head + struct.pack("<Iq", 0x10000008, value)


def header(kind, records, resolution, global_resolution, sync_rate, more=()):
    number, _, is_t2 = TYPES[kind]
    return (b"PQTTTR\0\0" + b"1.0.00\0\0" + tag("File_GUID", "{00000000-0000-0000-0000-000000000000}") + tag("File_Comment", "made by a test") +
            tag("Measurement_Mode", 2 if is_t2 else 3) + tag("Measurement_SubMode", 0) + tag("TTResultFormat_TTTRRecType", number) +
            tag("TTResultFormat_BitsPerRecord", 32) + tag("MeasDesc_Resolution", resolution) + tag("MeasDesc_GlobalResolution", global_resolution) +
            tag("TTResult_SyncRate", sync_rate) + b"".join(tag(*m) for m in more) + tag("UsrBlob", b"\1\2\3\4\5\6\7\10") +
            tag("TTResult_NumberOfRecords", records) + tag("Header_End", None))


def records(kind, events):
    """events: (time in ticks, "photon" | "marker" | "sync", channel from 1 or marker bits, dtime), rising times -> 32-bit words."""
    _, family, is_t2 = TYPES[kind]
    wrap = {("pico", False): 65536, ("pico", True): 210698240, ("hydra1", False): 1024, ("hydra1", True): 33552000,
            ("hydra2", False): 1024, ("hydra2", True): 33554432}[family, is_t2]
    most = 1 if family != "hydra2" else (1023 if not is_t2 else 33554431)
    words, base = [], 0
    for time, what, number, dtime in events:
        missing = (time - base) // wrap
        while missing:
            n = min(missing, most)
            if family == "pico":
                words.append(0xF << 28)
            else:
                words.append(1 << 31 | 63 << 25 | (n if family == "hydra2" else 0))
            base += n * wrap
            missing -= n
        rest = time - base
        if family == "pico":
            if what == "marker":
                words.append(0xF << 28 | (rest & ~15 | number if is_t2 else number << 16 | rest))
            else:
                channel = 0 if what == "sync" else number - 1 if is_t2 else number
                words.append(channel << 28 | (rest if is_t2 else dtime << 16 | rest))
        elif what == "photon":
            words.append((number - 1) << 25 | (rest if is_t2 else dtime << 10 | rest))
        else:
            words.append(1 << 31 | (number if what == "marker" else 0) << 25 | rest)
    return np.array(words, "<u4")


def messages(data):
    """(offset, type, config, payload) of every message of a recording; checks each and the sequence."""
    at, number = 0, 0
    while at < len(data):
        magic, version, kind, sequence, length, config, check = struct.unpack_from("<HBBIIHH", data, at)
        assert magic == 0x7354 and version == 1 and sequence == number and length <= 32768
        assert check == zlib.crc32(data[at:at + 14]) & 0xFFFF
        end = at + 16 + length
        assert struct.unpack_from("<I", data, end)[0] == zlib.crc32(data[at:end])
        yield at, kind, config, data[at + 16:end]
        at, number = end + 4, number + 1


def leb128(data):
    out, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            out.append(value)
            value = shift = 0
    return out


class Recording:
    """begin, frames (facts and counts), records, gaps, marks, end of a sound recording."""

    def __init__(self, path):
        self.frames, self.records, self.gaps, self.marks, self.end, self.others, self.irf = [], [], [], [], None, [], []
        counts = []
        for _, kind, _, payload in messages(path.read_bytes()):
            if kind == 0x40:
                self.begin = json.loads(payload)
            elif kind == 0x41:
                assert struct.unpack_from("<I", payload)[0] == len(self.irf)
                self.irf += struct.unpack(f"<{(len(payload) - 4) // 8}d", payload[4:])
            elif kind == 0x42:
                frame, first = struct.unpack_from("<II", payload)
                assert frame == len(self.frames) and first == len(counts)
                counts += leb128(payload[8:])
            elif kind == 0x43:
                frame, ended_by, photons, outside, lost, start, end, pulses, dead = struct.unpack("<IIIIIdddd", payload)
                assert frame == len(self.frames) and len(counts) == self.begin["bins"] and sum(counts) == photons
                self.frames.append({"ended_by": ended_by, "photons": photons, "outside": outside, "lost": lost, "start_s": start, "end_s": end,
                                    "pulses": pulses, "dead_time": dead, "counts": np.array(counts)})
                counts = []
            elif kind in (0x44, 0x45, 0x46, 0x47):
                {0x44: self.records.append, 0x45: self.gaps.append, 0x46: self.marks.append, 0x47: lambda j: setattr(self, "end", j)}[kind](json.loads(payload))
            else:
                self.others.append((kind, payload))
