#!/usr/bin/env python3
"""Hard maximum of a fit's clocks: the longest ways through the assembled program, and the longest pass.

    bound.py        prints the ways of some configurations, in clocks

A fit has at most N = max(1, evaluations_max) evaluations and S = min(fans, starts_max, N) starts. The program's loops between two evaluations are the further
octaves (at most twice) and the step solved again, with 64 times the damping, where the matrix is singular. Damping is then 1e-4 to 2^20 and an accepted
step divides it by ten at most, so that there are at most 7 S + 0.56 N such solutions (ln 10 / ln 64 = 0.554).
With C fits in flight each waits for every other once for each instruction and pass of its own: at most C times as many clocks.
The small engine (docs/small_engine.md) has the same program and a serial pass, of which the blocks of its microprogram tell the clocks.
"""
import math
import sys
from functools import lru_cache
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "decay_serial/program")]
import decay    # noqa: E402
import serial    # noqa: E402
from assembler import CODE    # noqa: E402

TURN = 7                   # clocks from a branch to what follows, at most (taken, in a machine of several contexts)
AROUND_PASS = 24           # from PASS to the pass's start, and from its end to what follows, at most
LOAD = 64                  # from the last count to the first instruction, at most
PASS_FRAME = 160           # of a pass besides its steps: loads, empty steps, the way through the pipeline, sums' way into pair order
AGAIN_START, AGAIN_EVALUATION = 7, 0.56
LANES = {1: 5, 2: 7, 3: 12, 4: 19}
BLOCK_GAP = 2              # serial pass: from a block's last word to the next one's first, at most
LANE_FRAME, LANE_SHIFTED, LANE_FIRST = 16, 11, 19    # of its lane besides a clock a pair: a group's way through it; a pair of the residual that is shifted, and pair (0, 0), at most
GROUP_LOAD, FRAME_LOAD = 2, 400      # counts of a frame into the engine, and what is done before and behind them, at most
FRAME_SENDS, WORD_SENDS = 26, 4      # a frame's message: its way to the link, header and CRC a byte a clock, then its words
PRE, RESULT_SENDS = 8, 96  # a result's words and the way out, clocks at most
JUMPS = {CODE[op] for op in ("BLT", "BGE", "JMP", "CALL")}


@lru_cache(maxsize=1)
def program():
    return decay.build().assemble()


def longest(begin, ends, never=(), cut=(), octave_loops=3):
    """Clocks from address `begin` to the issue of one of `ends`, at most; never: addresses not met, cut: branches not taken,
    octave_loops: how often a call goes through `one octaves`. -inf: there is no way."""
    words, label = program()
    octaves = label["one octaves"]
    root = (begin, (), -1)                                                 # not what the same address is when the way comes back to it
    best, work, opened = {}, [root], set()

    def following(node):
        at, stack, loops = node[0], node[1], max(node[2], 0)
        op, _, d, _, _, c = words[at]
        if op == CODE["DONE"] or (op == CODE["PASS"] and node != root):
            return []
        if op == CODE["RET"]:
            return [(TURN, (stack[-1], stack[:-1], loops))] if stack else []
        ways, target = [], d << 8 | c
        if op in JUMPS and at not in cut and (target != octaves or op == CODE["CALL"] or loops + 1 < octave_loops):
            again = loops + 1 if target == octaves and op != CODE["CALL"] else 0 if op == CODE["CALL"] else loops
            ways.append((TURN, (target, stack + (at + 1,) if op == CODE["CALL"] else stack, again)))
        if op not in (CODE["JMP"], CODE["CALL"]):
            ways.append((TURN if op in JUMPS else 1, (at + 1, stack, loops)))
        return [(clocks, n) for clocks, n in ways if n[0] not in never]

    while work:
        node = work[-1]
        if node in best:
            work.pop()
        elif node[0] in ends and node != root:
            best[work.pop()] = words[node[0]][1]
        else:
            ways = following(node)
            missing = [n for _, n in ways if n not in best]
            if missing and node in opened:
                raise ValueError(f"the program has a loop at {node[0]}")
            opened.add(node)
            if missing:
                work += missing
            else:
                best[work.pop()] = (words[node[0]][1] if node != root else 0) + max((clocks + best[n] for clocks, n in ways), default=-math.inf)
    return best[root]


@lru_cache(maxsize=None)
def parts(components, taps, octaves, plain):
    """Clocks of the longest way: `entry` to the first pass, `evaluation` pass to pass, `start` the same over a new start, `again` for a step solved again,
    `end` from the last pass to the result. plain: no period, nothing held."""
    words, label = program()
    k = components
    never = {label[f"{name}{j}"] for name in ("begin", "set up", "taps made") for j in range(1, 5) if j != k}
    loops = max(1, -(-octaves // 4))                                        # four octaves each
    if plain and k < 4 and taps in (4, 6):
        never |= {label[f"set up slowly{k}"], label[f"go{k}"], label[f"quick{10 - taps}.{k}"]}
        loops = max(1, loops - 1)
        if octaves <= 4:
            never |= {label["one octaves"], label[f"which step{k}"]} | ({label[f"quick end{k}"]} if taps == 4 else set())
    elif k < 4 and taps not in (4, 6):
        never |= {label[f"quick{t}.{k}"] for t in (4, 6)}
    solves = {label[n] for n in (f"solve{k}", f"quick solve{k}") if n in label}
    cut = {a for a, (op, _, d, _, _, c) in enumerate(words) if op == CODE["BLT"] and d << 8 | c in solves}
    again = {label[f"quick solve{k}"]} if plain and k < 4 and taps in (4, 6) else solves
    every = [a for a, w in enumerate(words) if w[0] == CODE["PASS"]]
    passes, done = [a for a in every if longest(label["job"], {a}, never, cut, loops) > 0], {a for a, w in enumerate(words) if w[0] == CODE["DONE"]}
    ends = set(passes)

    def most(begins, goals, avoided=frozenset()):
        return max(longest(b, goals, never | avoided, cut, loops) for b in begins)

    record, begin = label[f"record{k}"], label[f"begin{k}"]
    return {"entry": most([label["job"]], ends), "evaluation": most(passes, ends, {record}), "start": most(passes, {begin}) + most([begin], ends),
            "again": most(again, cut), "end": most(passes, done)}


def longest_pass(components, taps, shift_taps, pre, fine, octave_groups):
    """Clocks of a pass whose response is nowhere zero, at most (rtl/decay/decay_sequencer.v)."""
    single = max(8, max(2, components) * max(4, taps, shift_taps) + (3 if components == 4 else 0), LANES[components])
    wide = max(8, 4 * components, LANES[components])
    return single * (fine + 2) + wide * (pre + sum(octave_groups) + 2 * len(octave_groups)) + PASS_FRAME


@lru_cache(maxsize=1)
def serial_blocks():
    return {name: len(words) + BLOCK_GAP for name, words in serial.blocks()}


def longest_serial_pass(components, taps, shift_taps, pre, fine, octave_groups):
    """Clocks of a pass of the small engine, at most (rtl/decay_serial/decay_serial_control.v): a group's block, or the lane with the group before, if all its pairs of the
    residual are shifted a bit a clock."""
    k, block = components, serial_blocks()
    lane = (2 * k + 3) * (k + 2) + LANE_SHIFTED * (2 * k + 2) + LANE_FIRST + LANE_FRAME
    taken = k * (taps - 1) + shift_taps - 1                                # of a single bin, whose taps take a clock each
    close = block[f"close_{k}"]
    behind = close if k == 3 else 0                                        # else a step's block is its group's close, too
    single, wide = (max(lane, block[f"{name}_{k}"] + more + behind) for name, more in (("fine", taken), ("wide", 0)))

    def opening(octave):                                                   # two steps of the width before, summed
        step = block[f"fine_{k}"] + taken if octave == 0 else block["step_2"] if k == 2 else block[f"wide_{k}"]
        return max(lane, 2 * step + block["keep"] + block["double"] + close)

    octaves = sum(opening(o) + (n - 1) * wide for o, n in enumerate(octave_groups))
    return block["load"] + block["load_fine"] + pre * wide + fine * single + octaves + lane + PASS_FRAME


def clocks(components, taps, shift_taps, pre, fine, octave_groups, evaluations_max, starts_max, plain=True, small=False):
    """Hard maximum of the clocks from a histogram's last count to its result, of a fit alone in its engine. octave_groups: those in use; small: of the small engine."""
    p = parts(components, taps, len(octave_groups), plain)
    n = max(1, evaluations_max)
    s = max(1, min(starts_max, len(decay.FANS[components]), n))
    again = math.ceil(AGAIN_START * s + AGAIN_EVALUATION * n)
    each = (longest_serial_pass if small else longest_pass)(components, taps, shift_taps, pre, fine, octave_groups) + AROUND_PASS
    return LOAD + p["entry"] + n * each + (n - s) * p["evaluation"] + (s - 1) * p["start"] + again * p["again"] + p["end"] + RESULT_SENDS


def of_configuration(c, contexts=1, small=False):
    """The same of a configuration as tests/accuracy/recorder.py decodes it, with so many fits in flight."""
    floats = c["floats"]
    plain = not floats["period"] and not any(value for name, value in floats.items() if name.startswith("held_"))
    return contexts * clocks(c["components"], c["taps"], c["shift_taps"], c["pre"], c["fine"], [n for n in c["octaves"] if n], int(floats["evaluations_max"]),
                             int(floats["starts_max"]), plain, small)


def of_frame(c, warm_evaluations, words, of=None):
    """Of a frame of photons, from its last photon to the last byte of its message of so many words (rtl/photon/photon_fit.v): a warm start of at most
    warm_evaluations evaluations (0: none), thrown away, and then the cold one. of: what replaces the configuration's floats."""
    c = dict(c, floats={**c["floats"], **(of or {})})
    groups = c["pre"] + c["fine"] + sum(c["octaves"])
    warm = of_configuration(dict(c, floats=dict(c["floats"], evaluations_max=warm_evaluations, starts_max=1))) if warm_evaluations else 0
    loads = 2 if warm_evaluations else 1
    return of_configuration(c) + warm + loads * (GROUP_LOAD * groups + FRAME_LOAD) + FRAME_SENDS + WORD_SENDS * words


def main():
    for k in (1, 2, 3, 4):
        for taps, octaves, plain in ((4, 4, True), (4, 6, True), (6, 4, True), (8, 11, False)):
            print(f"K = {k}, {taps} taps, {octaves} octaves{'' if plain else ', period or held'}: " + ", ".join(f"{n} {v}" for n, v in parts(k, taps, octaves, plain).items()))


if __name__ == "__main__":
    main()
