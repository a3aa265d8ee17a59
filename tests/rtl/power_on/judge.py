"""Runs the bench and judges its answers; see run.sh. judge.py FOLDER"""
import struct
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT / "constraints"))
import description  # noqa: E402
from messages import ENGINES, INFO, MSG, message, parse  # noqa: E402

CLOCK_HZ = 36_000_000        # run.sh's, and the board's
ADDRESS = 0x020000
# before the first clock, by the data sheet: the part reads its 104090 bytes with the slowest of its clocks (8 MHz and less 20 %: 0.13 s), the PLL locks in 50 us
CONFIGURATION_S = 0.14
LIMIT = int((1 - CONFIGURATION_S) * CLOCK_HZ)
FAILS_BY = 3 * 8192 * 97 + 200_000       # clocks of all tries, and a request behind


def bench(work, name, image, limit):
    (work / f"{name}.image").write_bytes(image)
    (work / "request").write_bytes(message(MSG["info_request"], 0x1234))
    done = subprocess.run([work / "bench", f"{name}.image", hex(ADDRESS), "request", f"{name}.answer", str(limit)], cwd=work, capture_output=True, text=True, check=True)
    clocks, error = map(int, done.stdout.split())
    return clocks, error, (work / f"{name}.answer").read_bytes()


def main(work):
    program = (work / "program.bin").read_bytes()
    bad = []
    board = description.load("icebreaker")
    if (board.engine_mhz * 1e6, board.uart_baud, board.flash["program"]) != (CLOCK_HZ, CLOCK_HZ / 12, ADDRESS):
        bad.append(f"{board.path.name} is no longer what this bench runs")
    clocks, error, answer = bench(work, "good", program, LIMIT)
    messages = parse(answer)
    if len(messages) != 1 or messages[0][:2] != (MSG["info"], 0x1234):
        bad.append(f"expected one info message within {LIMIT} clocks, got {messages}")
    else:
        info = dict(zip(INFO, struct.unpack(f"<{len(INFO)}I", messages[0][3])))
        if (info["clock_hz"], info["engine"], info["jobs_in_flight"]) != (CLOCK_HZ, ENGINES["u16"], 1) or error:
            bad.append(f"info {info}, error LED {error}")
    seconds = CONFIGURATION_S + clocks / CLOCK_HZ
    print(f"power-on to the answer: {clocks} clocks, {seconds:.3f} s with configuration")

    # another program's image: one bit in the middle
    other = bytearray(program)
    other[20000] ^= 4
    late, error, answer = bench(work, "other", bytes(other), FAILS_BY)
    if answer or not error:
        bad.append(f"a program with a wrong bit: {len(answer)} bytes answered, error LED {error}, after {late} clocks")
    for line in bad:
        print("FAIL", line)
    print(f"{3 - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
