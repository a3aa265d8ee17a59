"""The library's SCLC calls for Python: structures are read from the public header."""
import ctypes
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADER = (ROOT / "host/include/taustream.h").read_text(encoding="utf-8")
TYPES = {"double": ctypes.c_double, "unsigned": ctypes.c_uint, "int64_t": ctypes.c_int64, "ts_sclc_status": ctypes.c_int}


def structure(name):
    body = re.search(r"typedef struct " + name + r" \{(.*?)\}", HEADER, re.S)[1]
    fields = []
    for declaration in re.sub(r"/\*.*?\*/", "", body, flags=re.S).split(";"):
        words = declaration.split(None, 1)
        if not words:
            continue
        for field in words[1].split(","):
            array = re.match(r"\s*(\w+)\[(\d+)\]", field)
            fields.append((array[1], ctypes.c_char * int(array[2])) if array else (field.strip(), TYPES[words[0]]))
    return type(name, (ctypes.Structure,), {"_fields_": fields})


def flags():
    return {name.lower(): 1 << int(bit) for name, bit in re.findall(r"TS_SCLC_FLAG_(\w+) = 1u << (\d+)", HEADER)}


Options, Result = structure("ts_sclc_options"), structure("ts_sclc_result")
FLAGS = flags()
library = ctypes.CDLL(str(ROOT / "build/libtaustream.so"))
library.ts_device_message.restype = ctypes.c_char_p
library.ts_sclc_status_name.restype = ctypes.c_char_p
for function in ("ts_sclc_point",):
    getattr(library, function).argtypes = [ctypes.c_void_p, ctypes.c_double, ctypes.c_double]
for function in ("ts_sclc_begin", "ts_sclc_destroy", "ts_device_close"):
    getattr(library, function).argtypes = [ctypes.c_void_p]
library.ts_sclc_answer.argtypes = [ctypes.c_void_p, ctypes.POINTER(Result)]
library.ts_sclc_create.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.POINTER(Options)]
library.ts_device_open.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p]
library.ts_device_message.argtypes = [ctypes.c_void_p]


class Device:
    """A device with room for one sweep at a time."""

    def __init__(self, backend="model", engine="e18"):
        self.handle = ctypes.c_void_p()
        message = ctypes.create_string_buffer(512)
        if library.ts_device_open(self.handle, backend.encode(), engine.encode(), message):
            raise RuntimeError(message.value.decode())

    def close(self):
        library.ts_device_close(self.handle)

    def check(self, error):
        if error:
            raise RuntimeError(library.ts_device_message(self.handle).decode())

    def sweep(self, v, j, thickness_m, permittivity, temperature_k, at=()):
        """Answer behind the last point; `at`: numbers of points behind which an answer is asked for too."""
        s, answers = ctypes.c_void_p(), []
        self.check(library.ts_sclc_create(s, self.handle, Options(thickness_m, permittivity, temperature_k)))
        self.check(library.ts_sclc_begin(s))
        for n, (voltage, current) in enumerate(zip(v, j), 1):
            self.check(library.ts_sclc_point(s, float(voltage), float(current)))
            if n in at or n == len(v):
                answers.append(Result())
                self.check(library.ts_sclc_answer(s, answers[-1]))
        library.ts_sclc_destroy(s)
        return answers if at else answers[-1]


def status(result):
    return library.ts_sclc_status_name(result.status).decode()


def flag_names(result):
    return [name for name, bit in FLAGS.items() if result.flags & bit]
