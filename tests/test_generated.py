"""What is made from protocol/taustream.toml is what the repository holds."""
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GENERATED = ("host/session/protocol.h", "rtl/link/protocol.vh", "docs/protocol.md")


def generate(root, *arguments):
    return subprocess.run([sys.executable, str(root / "protocol/generate.py"), *arguments], capture_output=True, text=True, check=False)


def copy(tmp_path):
    for path in GENERATED + ("protocol/generate.py", "protocol/taustream.toml"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


def test_generated_files_are_up_to_date():
    done = generate(ROOT, "--check")
    assert done.returncode == 0, done.stderr


def test_check_names_the_stale_file_and_writes_nothing(tmp_path):
    root = copy(tmp_path)
    for path in GENERATED:
        whole = (root / path).read_text()
        (root / path).write_text(whole + "edited\n")
        done = generate(root, "--check")
        assert done.returncode == 1 and f"{path} is stale" in done.stderr
        assert (root / path).read_text() == whole + "edited\n"
        assert generate(root).returncode == 0
        assert (root / path).read_text() == whole


def test_a_changed_definition_makes_every_file_stale(tmp_path):
    root = copy(tmp_path)
    toml = root / "protocol/taustream.toml"
    toml.write_text(toml.read_text().replace("version = 1\n", "version = 2\n", 1))
    done = generate(root, "--check")
    assert done.returncode == 1
    assert all(path in done.stderr for path in GENERATED)


def test_a_code_given_twice_is_refused(tmp_path):
    root = copy(tmp_path)
    toml = root / "protocol/taustream.toml"
    toml.write_text(toml.read_text().replace("code = 0x03", "code = 0x02", 1))
    done = generate(root, "--check")
    assert done.returncode != 0 and "given twice" in done.stderr
