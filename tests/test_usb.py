"""The USB device: descriptors made from descriptors/usb.toml, sent by the gateware, read by an independent parser (usb-protocol); size."""
import os
import re
import shutil
import struct
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from usb_protocol.types import descriptors as usb

ROOT = Path(__file__).resolve().parent.parent
MADE = ("rtl/usb/usb_descriptors.vh", "rtl/usb/usb_requests.vh", "sim/usb/usb_descriptors.h")
SOURCES = ("rtl/usb/descriptors/generate.py", "rtl/usb/descriptors/usb.toml", "Makefile")


def generate(root, *arguments):
    return subprocess.run([sys.executable, str(root / SOURCES[0]), *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path):
    for path in MADE + SOURCES:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


# ---- generator ----
def test_made_files_are_up_to_date():
    done = generate(ROOT, "--check")
    assert done.returncode == 0, done.stderr


def test_check_names_the_stale_file_and_writes_nothing(copy):
    for path in MADE:
        whole = (copy / path).read_text()
        (copy / path).write_text(whole + "edited\n")
        done = generate(copy, "--check")
        assert done.returncode == 1 and f"{path} is stale" in done.stderr
        assert (copy / path).read_text() == whole + "edited\n"
        assert generate(copy).returncode == 0
        assert (copy / path).read_text() == whole


def test_the_project_version_makes_the_descriptors_stale(copy):
    makefile = (copy / "Makefile").read_text()
    (copy / "Makefile").write_text(re.sub(r"^VERSION\s*:=.*$", "VERSION := 12.3.4", makefile, flags=re.M))
    assert MADE[0] in generate(copy, "--check").stderr
    assert generate(copy).returncode == 0
    assert "3412" in (copy / MADE[0]).read_text()


@pytest.mark.parametrize("old, new, message", [
    ('reply = "device"', 'reply = "devise"', "reply devise is none of"),
    ('actions = ["clear_in"]', 'actions = ["clear"]', "action clear is none of"),
    ('when = ["configured"]', 'when = ["awake"]', "state awake is none of"),
    ("value = 0x0100", "value = 0x10000", "is not a byte"),
    ('name = "SET_INTERFACE"', 'name = "SET_ADDRESS"', "SET_ADDRESS is given twice"),
    ("request = 6\nvalue = 0x0200", "request = 6\nvalues = 0x0200", "unknown values"),
    ('type = 0xC0', 'type = 0x40', "which the host writes"),
    ('manufacturer = "taustream"', f'manufacturer = "{"t" * 120}"', "does not fit"),
    ('interface_guid = "{9', 'interface_guid = "{g', "upper-case hexadecimal"),
    ("serial_characters = 16", "serial_characters = 12", "usb_device.v has 16"),
])
def test_a_wrong_definition_is_refused_by_name(copy, old, new, message):
    toml = copy / SOURCES[1]
    text = toml.read_text()
    assert old in text
    toml.write_text(text.replace(old, new, 1))
    before = [(copy / path).read_text() for path in MADE]
    done = generate(copy)
    assert done.returncode != 0 and message in done.stderr, done.stderr
    assert [(copy / path).read_text() for path in MADE] == before


# ---- what the gateware sends ----
def read_all(work, *sources):
    """(type, request, wValue, wIndex) -> bytes, of a simulation."""
    vvp = work / "read.vvp"
    subprocess.run(["iverilog", "-g2005-sv", "-DNO_ICE40_DEFAULT_ASSIGNMENTS", "-s", "usb_read", "-o", str(vvp), *map(str, sources)],
                   cwd=ROOT, check=True, capture_output=True)
    text = subprocess.run(["vvp", "-n", str(vvp)], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.search(r"^PASS$", text, re.M) and "FAIL" not in text, text
    return {tuple(int(x, 16) for x in match.groups()[:4]): bytes.fromhex(match[5])
            for match in re.finditer(r"^READ (\w\w) (\w\w) (\w{4}) (\w{4}):(.*)$", text, re.M)}


@pytest.fixture(scope="module")
def replies(tmp_path_factory):
    return read_all(tmp_path_factory.mktemp("usb"), "-Irtl/usb", "-yrtl/usb", "-yrtl/cdc", "tests/rtl/usb_read.v")


def descriptor(replies, kind, index=0, language=0):
    return replies[(0x80, 6, kind << 8 | index, language)]


def test_only_what_a_full_speed_device_has(replies):
    assert sorted(replies) == sorted([(0x80, 6, k << 8, 0) for k in (1, 2, 15)] + [(0x80, 6, 0x300 + i, 0x409) for i in range(4)]
                                     + [(0xC0, 0x20, 0, 7)])


def test_device(replies):
    d = usb.DeviceDescriptor.parse(descriptor(replies, 1))
    version = re.search(r"^VERSION\s*:=\s*(\d+)\.(\d+)\.(\d+)$", (ROOT / "Makefile").read_text(), re.M).groups()
    assert (d.bLength, d.bDescriptorType, d.bMaxPacketSize0) == (18, 1, 64)
    assert (d.idVendor, d.idProduct) == (0x1209, 0x0001)
    assert (d.bDeviceClass, d.bDeviceSubclass, d.bDeviceProtocol) == (0, 0, 0)
    assert struct.unpack_from("<H", descriptor(replies, 1), 2)[0] == 0x0201      # a BOS is asked for
    assert f"{struct.unpack_from('<H', descriptor(replies, 1), 12)[0]:04x}" == "{:02d}{}{}".format(*map(int, version))
    assert (d.iManufacturer, d.iProduct, d.iSerialNumber, d.bNumConfigurations) == (1, 2, 3, 1)


def test_configuration(replies):
    raw = descriptor(replies, 2)
    c = usb.ConfigurationDescriptor.parse(raw)
    assert c.wTotalLength == len(raw) and c.bNumInterfaces == 1 and c.bConfigurationValue == 1
    assert c.bmAttributes == 0x80 and c.bMaxPower == 125                # bus-powered, no remote wake-up; 250 mA
    i = usb.InterfaceDescriptor.parse(raw[9:])
    assert (i.bInterfaceNumber, i.bAlternateSetting, i.bNumEndpoints) == (0, 0, 2)
    assert (i.bInterfaceClass, i.bInterfaceSubclass, i.bInterfaceProtocol) == (0xFF, 0, 0)
    for at, address in ((18, 0x01), (25, 0x81)):
        e = usb.EndpointDescriptor.parse(raw[at:])
        assert (e.bLength, e.bDescriptorType, e.bEndpointAddress, e.bmAttributes, e.wMaxPacketSize) == (7, 5, address, 2, 64)
    assert len(raw) == 32


def test_strings(replies):
    languages = usb.StringLanguageDescriptor.parse(descriptor(replies, 3, 0, 0x409))
    assert [int(x) for x in languages.wLANGID] == [0x409]
    texts = [usb.StringDescriptor.parse(descriptor(replies, 3, i, 0x409)) for i in (1, 2, 3)]
    assert [t.bString for t in texts] == ["taustream", "taustream", "0123456789ABCDEF"]
    assert all(t.bLength == len(descriptor(replies, 3, i, 0x409)) for i, t in enumerate(texts, 1))


def test_bos_and_microsoft_descriptors_bind_winusb(replies):
    raw = descriptor(replies, 15)
    bos = usb.BinaryObjectStoreDescriptor.parse(raw)
    assert bos.wTotalLength == len(raw) and bos.bNumDeviceCaps == 2
    extension = usb.USB2ExtensionDescriptor.parse(raw[5:])
    assert (extension.bLength, extension.bDevCapabilityType, extension.bmAttributes) == (7, 2, 0)
    platform = raw[12:]
    assert platform[:4] == bytes((28, 16, 5, 0)) and len(platform) == 28
    # Microsoft OS 2.0 Descriptors Specification, table 3
    assert platform[4:20] == uuid.UUID("D8DD60DF-4589-4CC7-9CD2-659D9E648A9F").bytes_le
    windows, size, code, alternate = struct.unpack("<IHBB", platform[20:])
    assert windows == 0x06030000 and code == 0x20 and alternate == 0
    whole = replies[(0xC0, code, 0, 7)]
    assert size == len(whole)
    assert struct.unpack_from("<HHIH", whole) == (10, 0, windows, size)
    features, at = {}, 10
    while at < len(whole):
        length, kind = struct.unpack_from("<HH", whole, at)
        assert length >= 4 and at + length <= len(whole)
        features[kind] = whole[at + 4:at + length]
        at += length
    assert set(features) == {3, 4}
    assert features[3] == b"WINUSB\0\0" + bytes(8)
    kind, name_size = struct.unpack_from("<HH", features[4])
    name, (data_size,) = features[4][4:4 + name_size], struct.unpack_from("<H", features[4], 4 + name_size)
    data = features[4][6 + name_size:]
    assert kind == 7 and data_size == len(data)                          # REG_MULTI_SZ
    assert name.decode("utf-16-le") == "DeviceInterfaceGUIDs\0"
    guid = data.decode("utf-16-le")
    assert guid.endswith("\0\0") and uuid.UUID(guid.rstrip("\0")) and guid.startswith("{")


# ---- on an iCE40 ----
def test_the_netlist_answers_the_same(replies, tmp_path):
    """After synthesis, block memories with what they hold included."""
    cells = Path(shutil.which("yosys")).resolve().parents[1] / "share/yosys/ice40/cells_sim.v"
    netlist, unit = tmp_path / "usb.v", tmp_path / "unit.v"
    unit.write_text("`timescale 1ps/1ps\n")                  # the bench's; the cells' file has one
    sources = " ".join(str(p.relative_to(ROOT)) for p in [*sorted((ROOT / "rtl/usb").glob("*.v")), ROOT / "rtl/cdc/sync_bit.v"])
    subprocess.run(["yosys", "-q", "-p", f"read_verilog -Irtl/usb {sources}; synth_ice40 -device u -top usb_device; write_verilog -noattr {netlist}"],
                   cwd=ROOT, check=True, capture_output=True)
    assert read_all(tmp_path, unit, "tests/rtl/usb_read.v", netlist, cells) == replies


def test_size_and_clock(tmp_path):
    """At most 900 LC and 4 EBR, at least 56 MHz: placed and routed alone, one seed."""
    done = subprocess.run([str(ROOT / "tests/size/usb.sh"), "1"], capture_output=True, text=True, check=False,
                          env=dict(os.environ, OUT=str(tmp_path)))
    assert done.returncode == 0 and re.search(r"^usb_device seed 1: \d+ LC, \d+ EBR, [\d.]+ MHz$", done.stdout, re.M), done.stdout + done.stderr
