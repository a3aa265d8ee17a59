"""Runs the bench and judges its answers; see run.sh. judge.py FOLDER"""
import struct
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests"))
from messages import INFO, MSG, P, message, parse  # noqa: E402

BINS, PLACES, PERIOD = 64, 61, 128       # of the histogram; of the light, in samples
EACH = 10                                # photons in each place, in a frame
FRAMES = 3
CONFIG = 7
NAMES = [w["name"] for w in P["frame"]]
# one component, two taps, 64 single bins and nothing else; the floats are an engine's
LAYOUT = [1 | 2 << 8 | 1 << 16, BINS, 0, 0, 0, BINS, BINS]
FLOATS = len(P["config_float"])
MODE = 12 << 8 | 1 << 4 | 1 << 3 | 1     # from the pins, raw histograms, not fitted


def words(values):
    return struct.pack(f"<{len(values)}I", *values)


def main(work):
    asked = [message(MSG["info_request"], 1), message(MSG["config"], 2, words(LAYOUT + [0] * FLOATS), CONFIG), message(MSG["irf"], 3, words([1] * (BINS + 34)), CONFIG),
             message(MSG["frames_config"], 4, words([MODE, EACH * PLACES, 0, 0, 0, 0]), CONFIG)]
    (work / "request").write_bytes(b"".join(asked))
    clocks = 2000 + 100 * sum(map(len, asked)) + (FRAMES + 2) * EACH * PLACES * PERIOD // 2
    subprocess.run([work / "bench", "request", "answer", str(clocks), str(PERIOD), str(PLACES)], cwd=work, check=True)
    stream = (work / "answer").read_bytes()
    bad, checks = [], 0

    def check(name, found, expected):
        nonlocal checks
        checks += 1
        if found != expected:
            bad.append(f"{name}: {found}, expected {expected}")

    magic = struct.pack("<H", P["protocol"]["magic"])
    whole = stream.rfind(magic)              # the bench may end within a message
    messages = parse(stream[:whole])
    check("answers", [(m[0], m[1]) for m in messages[:4]], [(MSG["info"], 1), (MSG["ack"], 2), (MSG["ack"], 3), (MSG["ack"], 4)])
    info = dict(zip(INFO, struct.unpack(f"<{len(INFO)}I", messages[0][3])))
    check("info", (info["components_max"], info["photon"], info["clock_hz"]), (0, 2 << 4 | 4 | 2, 30_000_000))
    frames = messages[4:4 + 2 * FRAMES]
    check("kinds", [m[0] for m in frames], [MSG["frame_raw"], MSG["frame"]] * FRAMES)
    end = None
    for n in range(FRAMES):
        raw, facts = frames[2 * n][3], struct.unpack(f"<{len(NAMES)}I", frames[2 * n + 1][3])
        told = dict(zip(NAMES, facts))
        check(f"frame {n}: counts", list(struct.unpack(f"<{BINS}I", raw)), [EACH] * PLACES + [0] * (BINS - PLACES))
        check(f"frame {n}: facts", (told["number"], told["photons"], told["lost"], told["facts"]), (n, EACH * PLACES, 0, 1 << 6))
        # a stop before the first SYNC has no bin
        check(f"frame {n}: outside", told["outside"] <= (n == 0), True)
        begins, end_before, end = told["start_high"] << 32 | told["start_low"], end, told["end_high"] << 32 | told["end_low"]
        check(f"frame {n}: touches the one before", n == 0 or begins == end_before, True)
    for line in bad:
        print("FAIL", line)
    print(f"{checks - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
