"""A device of three engines (build/engines-3), its byte streams with gaps of chance, against the model: each histogram gets its result once, with
the same bits, in any order; everything else is answered as by one engine. Then the command on such a device."""
import json
import os
import random
import struct
import subprocess

import pytest

from messages import ERR, INFO, MSG, ROOT, message, parse
from test_link import any_request, model

DEVICE = ROOT / "build/engines-3/taustream-rtl-u16"
COMMAND = ROOT / "build/taustream"
ENGINES, CONTEXTS = 3, 4
BATCHES = {1: ("1ns", "1", 48), 2: ("1ns,4ns", "0.6,0.4", 48)}      # components: lifetimes, amplitudes, histograms


@pytest.fixture(scope="module", autouse=True)
def built():
    for path in (DEVICE, COMMAND):
        if not path.exists():
            pytest.skip(f"no {path.relative_to(ROOT)}: make test")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """components -> (histograms, IRF) as files. Few counts at times: such fits take longer, so that others overtake them."""
    folder = tmp_path_factory.mktemp("engines")
    files = {}
    for k, (lifetimes, amplitudes, number) in BATCHES.items():
        files[k] = folder / f"f{k}.npy", folder / f"i{k}.npy"
        subprocess.run([COMMAND, "simulate", "trpl", "--lifetimes", lifetimes, "--amplitudes", amplitudes, "--counts", "3e3", "--bins", "200",
                        "--bin-width", "100ps", "--irf-gauss", "300ps", "--background", "0.5", "--number", str(number), "--seed", str(k),
                        "--output", files[k][0], "--irf-output", files[k][1], "--truth", folder / "t.json"], check=True)
    return files


def fit(files, k, environment, *more):
    return subprocess.run([COMMAND, "trpl", files[k][0], "--irf", files[k][1], "--bin-width", "100ps", "--components", str(k), "--json", "--quiet", *more],
                          capture_output=True, text=True, timeout=600, check=False, env=dict(os.environ, **environment))


def device(stream, gaps=0):
    done = subprocess.run([DEVICE], input=stream, capture_output=True, timeout=600, check=False, env=dict(os.environ, TAUSTREAM_RTL_GAPS=str(gaps)))
    assert done.returncode == 0, done.stderr
    return parse(done.stdout)


@pytest.fixture(scope="module")
def loads(data, tmp_path_factory):
    """components -> the messages that the command sends: configuration, IRF, histograms."""
    folder = tmp_path_factory.mktemp("tee")
    tee = folder / "taustream-rtl-u16"
    tee.write_text(f"#!/bin/sh\ntee {folder}/sent | {DEVICE}\n")
    tee.chmod(0o755)
    sent = {}
    for k in BATCHES:
        done = fit(data, k, {"TAUSTREAM_RTL_DIR": str(folder)}, "--backend", "rtl", "--engine", "u16")
        assert done.returncode == 0, done.stderr
        sent[k] = [m for m in parse((folder / "sent").read_bytes()) if m[0] in (MSG["config"], MSG["irf"], MSG["histogram_grouped"])]
        assert [m[0] for m in sent[k][:2]] == [MSG["config"], MSG["irf"]] and len(sent[k]) == 2 + BATCHES[k][2]
    return sent


def busy_stream(loads, seed):
    """Two configurations in turn, their histograms with damaged, foreign and hostile messages among them."""
    rng, out, sequence = random.Random(seed), bytearray(), 0
    for turn in range(4):
        k = 1 + turn % 2
        for n, (kind, _, _, payload) in enumerate(loads[k][:2] + rng.sample(loads[k][2:], BATCHES[k][2] // 2)):
            sequence += 1
            good = message(kind, sequence, payload, turn)
            flaw = rng.randrange(10) if n > 1 else 9
            bad = bytearray(good)
            if flaw == 0:
                bad[rng.randrange(16, len(bad))] ^= 1 << rng.randrange(8)
            elif flaw == 1:
                bad = message(kind, sequence, payload[:-3], turn)
            elif flaw == 2:
                bad = message(kind, sequence, payload, turn + 7)
            elif flaw == 3:
                bad = any_request(rng)
            if flaw < 4:
                out += bad
                sequence += 1
                good = message(kind, sequence, payload, turn)
            out += good
    return bytes(out) + message(MSG["echo_request"], 0xFFFFFFFF, b"last")


def without_clocks(answer):
    return (*answer[:3], answer[3][:-4])


@pytest.mark.parametrize("gaps", [0, 7])
def test_results_are_the_models_each_once_in_any_order(loads, gaps):
    stream = busy_stream(loads, 5 + gaps)
    got, expected = device(stream, gaps), parse(model("u16", stream))
    results = [without_clocks(a) for a in got if a[0] == MSG["result"]]
    wanted = [without_clocks(a) for a in expected if a[0] == MSG["result"]]
    assert len(wanted) >= 96 and len({a[1] for a in wanted}) == len(wanted)
    assert sorted(results) == sorted(wanted)
    assert results != wanted, "no result overtook another"
    assert [a for a in got if a[0] != MSG["result"]] == [a for a in expected if a[0] != MSG["result"]]
    codes = {a[3][0] for a in got if a[0] == MSG["error"]}
    assert {ERR["crc"], ERR["length"], ERR["config"]} <= codes
    # a configuration waits until the fits of the one before are done and sent, in all engines
    configured = -1
    for a in got:
        if a[0] == MSG["ack"]:
            configured = a[2]
        elif a[0] == MSG["result"]:
            assert a[2] == configured


def test_info_tells_the_sum_of_the_jobs():
    answer, = device(message(MSG["info_request"], 1))
    assert dict(zip(INFO, struct.unpack(f"<{len(INFO)}I", answer[3])))["jobs_in_flight"] == ENGINES * CONTEXTS


def raw_records(text):
    return [(r["index"], r["raw"]) for r in map(json.loads, text.splitlines()) if "raw" in r]


def test_records_come_in_the_order_of_the_input_and_a_run_goes_on_where_it_stopped(data, tmp_path):
    engines = {"TAUSTREAM_RTL_DIR": str(DEVICE.parent), "TAUSTREAM_RTL_GAPS": "3"}
    one = fit(data, 2, {}, "--backend", "model", "--engine", "u16")
    three = fit(data, 2, engines, "--backend", "rtl", "--engine", "u16")
    assert one.returncode == three.returncode == 0, three.stderr
    assert raw_records(three.stdout) == raw_records(one.stdout) and [i for i, _ in raw_records(one.stdout)] == list(range(BATCHES[2][2]))
    # what a stopped run left: some records, not those at the front only
    kept = [x for x in three.stdout.splitlines() if '"raw"' in x and json.loads(x)["index"] % 3 == 0]
    (tmp_path / "r.jsonl").write_text("\n".join(kept) + "\n")
    rest = fit(data, 2, engines, "--backend", "rtl", "--engine", "u16", "--resume", str(tmp_path / "r.jsonl"))
    assert rest.returncode == 0, rest.stderr
    assert raw_records(rest.stdout) == [r for r in raw_records(one.stdout) if r[0] % 3]
