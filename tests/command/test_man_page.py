"""The man page names every option that a command's --help lists, and no other; every status, flag, environment variable and exit code."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/man/taustream.1").read_text().replace(r"\-", "-")
OPTION = re.compile(r"--[a-z0-9][a-z0-9-]*|(?<![\w-])-[a-zA-Z](?![\w-])")

OF_TRPL = {"OPTIONS OF TRPL", "COMMON OPTIONS"}
# `taustream live` has those of trpl, except these (the page says so)
NOT_LIVE = {"--start", "--compact", "--resume", "--columns", "--skip"}
NO_DEVICE = {"--backend", "--engine", "--json", "--verbose", "-v"}
COMMANDS = {
    ("trpl",): (OF_TRPL, set()),
    ("ta",): ({"OPTIONS OF TA", "COMMON OPTIONS"}, set()),
    ("sclc",): ({"OPTIONS OF SCLC", "COMMON OPTIONS"}, set()),
    ("live",): (OF_TRPL | {"OPTIONS OF LIVE"}, NOT_LIVE),
    ("export",): ({"OPTIONS OF EXPORT", "COMMON OPTIONS"}, NO_DEVICE),
    ("simulate", "trpl"): ({"simulate trpl", "COMMON OPTIONS"}, NO_DEVICE | {"--quiet", "-q"}),
    ("simulate", "ta"): ({"simulate ta", "COMMON OPTIONS"}, NO_DEVICE | {"--quiet", "-q"}),
    ("simulate", "sclc"): ({"simulate sclc", "COMMON OPTIONS"}, NO_DEVICE | {"--quiet", "-q"}),
    ("devices",): ({"COMMON OPTIONS"}, set()),
    ("info",): ({"COMMON OPTIONS"}, set()),
    ("selftest",): ({"COMMON OPTIONS"}, set()),
}


def sections(level):
    """Text under each heading of that macro."""
    parts = re.split(rf"^\.{level} (.*)\n", PAGE, flags=re.M)
    return {name.strip('"'): text for name, text in zip(parts[1::2], parts[2::2])}


SECTIONS = sections("SH") | {name: text.split("\n.SH ")[0] for name, text in sections("SS").items() if name.startswith("simulate ")}


def tags(text):
    """What stands at the head of paragraphs (the line behind .TP)."""
    return re.sub(r"\\f[BIR]", " ", "\n".join(re.findall(r"^\.TP\n(.*)", text, flags=re.M)))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_options(run, command):
    names, without = COMMANDS[command]
    told = {o for name in names for o in OPTION.findall(tags(SECTIONS[name]))}
    if command[0] == "simulate":
        without = without - set(OPTION.findall(tags(SECTIONS[" ".join(command)])))
    listed = set(OPTION.findall("\n".join(re.findall(r"^ {2,6}(-.*?)(?:  |$)", run(*command, "--help").out, flags=re.M))))
    assert len(listed) > 3
    assert listed - told == set()
    assert told - without - listed == set()


def named(path, function):
    body = (ROOT / path).read_text().split(function)[1].split("\n}\n")[0]
    return set(re.findall(r'return "(\w+)"', body)) - {"unknown"}


@pytest.mark.parametrize("path, function, where", [
    ("host/fit/text.c", "ts_status_name", ("STATUS",)), ("host/fit/text.c", "ts_flag_name", ("STATUS", "OPTIONS OF TA")),
    ("host/fit/sclc_names.c", "ts_sclc_status_name", ("OPTIONS OF SCLC",)), ("host/fit/sclc_names.c", "ts_sclc_flag_name", ("OPTIONS OF SCLC",))])
def test_statuses_and_flags(path, function, where):
    words = {word for section in where for word in re.findall(r"\w+", tags(SECTIONS[section]))}
    assert len(named(path, function)) > 5
    assert named(path, function) - words == set()


def test_environment():
    read = {name for path in (ROOT / "host").rglob("*.c") for name in re.findall(r'(?:getenv|ts_environment_ms)\("(\w+)"', path.read_text())}
    assert len(read) > 3
    assert read - set(re.findall(r"\w+", tags(SECTIONS["ENVIRONMENT"]))) == set()


def test_exit_codes():
    codes = re.findall(r"EXIT_\w+ = (\d+)", (ROOT / "host/command/command.h").read_text())
    assert codes == re.findall(r"\d+", tags(SECTIONS["EXIT STATUS"]))
