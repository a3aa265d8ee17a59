"""Board descriptions and the judgement of what the tools report (constraints/)."""
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "constraints"))
import build  # noqa: E402
import description  # noqa: E402
import report as page  # noqa: E402


@pytest.mark.parametrize("name", description.names())
def test_description(name):
    board = description.load(name)
    text = build.constraints(board)
    assert all(port in text and place in text for port, place in board.pins.items())


@pytest.mark.parametrize("change", [('clk_in = "35"', 'clk_in = "6"'), ("contexts = 1", "contexts = 2"), ('top = "ice40_uart"', 'top = "x"'),
                                    ("program = 0x020000", "program = 0x010000"), ("uart_baud", "baud"), ("lut_rounds = 3", "lut_rounds = 0")])
def test_wrong_description(tmp_path, change):
    text = (ROOT / "constraints/icebreaker.toml").read_text()
    assert change[0] in text
    path = tmp_path / "wrong.toml"
    path.write_text(text.replace(*change))
    with pytest.raises(description.BoardError, match="wrong.toml"):
        description.Board(path)


def report(achieved):
    cell = {"used": 100, "available": 200}
    return {"utilization": {c: cell for c in build.CELLS["ice40"].values()}, "fmax": {"clk": {"achieved": achieved, "constraint": 24.0}}}


def test_judgement():
    board = description.load("icebreaker-sclc")
    assert not build.misses(build.judged(board, report(24.1)))
    assert build.misses(build.judged(board, report(23.9)))
    found = {"1": build.judged(board, report(30))}
    recorded = {"boards": {board.name: {"seeds": {"1": {"logic": [98, 200], "ram": [100, 200], "multipliers": [100, 200]}}}}}
    build.grown(board, found, recorded)
    recorded["boards"][board.name]["seeds"]["1"]["logic"] = [97, 200]
    with pytest.raises(description.BoardError, match="more than 3 %"):
        build.grown(board, found, recorded)


def test_longest_path():
    def step(kind, delay, start, end):
        return {"type": kind, "delay": delay, "from": {"cell": start}, "to": {"cell": end}}

    path = [step("clk-to-q", 5.8, "x.program_words.0.9", "x.program_words.0.9"), step("routing", 1.5, "x.program_words.0.9", "x.word_PFUMX_Z"),
            step("logic", 0.25, "x.word_PFUMX_Z", "x.word_PFUMX_Z"), step("routing", 0.7, "x.word_PFUMX_Z", "y.held_TRELLIS_FF_Q_35"),
            step("setup", 0.1, "y.held_TRELLIS_FF_Q_35", "y.held_TRELLIS_FF_Q_35")]
    other = {"from": "<async>", "to": "posedge clk", "path": path[:1]}
    found = build.longest({"critical_paths": [other, {"from": "posedge clk", "to": "posedge clk", "path": path}]}, "clk")
    assert found == {"from": "x.program_words", "to": "y.held", "ns": 8.35, "clock_to_output_ns": 5.8, "cells_ns": 0.35, "wires_ns": 2.2, "cells": 1}
    assert build.longest({"critical_paths": [other]}, "clk") is None


def test_page_is_of_the_records():
    recorded, clocks = (json.loads((ROOT / f"constraints/{n}.json").read_text()) for n in ("recorded", "clocks"))
    assert page.report(recorded, clocks) == page.PAGE.read_text(), "run constraints/report.py"


def test_page_tells_a_missed_clock():
    recorded, clocks = (json.loads((ROOT / f"constraints/{n}.json").read_text()) for n in ("recorded", "clocks"))
    assert "missed" not in page.report(recorded, clocks)
    seeds = next(b["seeds"] for b in recorded["boards"].values() if b["seeds"])
    for c in next(iter(seeds.values()))["clocks"].values():
        c["achieved"] = c["wanted"] - 0.1
    assert "| missed |" in page.report(recorded, clocks)
