"""libtaustream's transient absorption through ctypes."""
from __future__ import annotations

import ctypes as c
import os
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
K = 4
STATUS = ("ok", "insufficient_data", "saturated", "not_converged", "at_limit", "order_unsupported")
FREE, HELD, ZERO = range(3)
NONE, GAUSS, GAUSS2 = range(3)
D4 = c.c_double * K


class Options(c.Structure):
    _fields_ = [("components", c.c_uint), ("irf_fwhm_s", c.c_double), ("irf_free", c.c_bool), ("t0_s", c.c_double), ("t0_held", c.c_bool),
                ("t0_range_s", c.c_double), ("offset", c.c_int), ("artefact", c.c_int), ("lifetime_s", D4), ("lifetime_held", c.c_bool * K),
                ("sigma", c.c_double)]


class Result(c.Structure):
    _fields_ = [("index", c.c_uint64), ("status", c.c_int), ("flags", c.c_uint), ("components", c.c_uint), ("lifetime_s", D4), ("lifetime_sigma_s", D4),
                ("lifetime_low_s", D4), ("lifetime_high_s", D4), ("amplitude", D4), ("amplitude_sigma", D4), ("t0_s", c.c_double),
                ("t0_sigma_s", c.c_double), ("irf_fwhm_s", c.c_double), ("irf_fwhm_sigma_s", c.c_double), ("offset", c.c_double),
                ("offset_sigma", c.c_double), ("artefact", c.c_double * 2), ("artefact_sigma", c.c_double * 2), ("chi2_reduced", c.c_double),
                ("noise", c.c_double), ("degrees_of_freedom", c.c_int), ("evaluations", c.c_uint), ("starts", c.c_uint), ("masked", c.c_size_t),
                ("cycles", c.c_int64), ("raw", c.c_char * 672)]

    def text(self):
        return STATUS[self.status]


class Spectrum(c.Structure):
    _fields_ = [("amplitude", D4), ("amplitude_sigma", D4), ("offset", c.c_double), ("offset_sigma", c.c_double), ("artefact", c.c_double * 2),
                ("artefact_sigma", c.c_double * 2), ("chi2_reduced", c.c_double), ("noise", c.c_double), ("masked", c.c_size_t)]


class Failed(RuntimeError):
    pass


def load():
    lib = c.CDLL(os.environ.get("TAUSTREAM_LIBRARY", str(ROOT / "build/libtaustream.so")))
    lib.ts_device_open.argtypes = [c.POINTER(c.c_void_p), c.c_char_p, c.c_char_p, c.c_char_p]
    lib.ts_device_close.argtypes = [c.c_void_p]
    lib.ts_device_message.argtypes = [c.c_void_p]
    lib.ts_device_message.restype = c.c_char_p
    doubles = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS")
    lib.ts_ta_plan_create.argtypes = [c.POINTER(c.c_void_p), c.c_void_p, c.POINTER(Options), doubles, c.c_void_p, c.c_size_t]
    lib.ts_ta_plan_destroy.argtypes = [c.c_void_p]
    lib.ts_ta_fit.argtypes = [c.c_void_p, doubles, c.c_uint64, c.POINTER(Result)]
    lib.ts_ta_fit_global.argtypes = [c.c_void_p, doubles, c.c_size_t, c.c_void_p, c.c_void_p, c.POINTER(Result), c.POINTER(Spectrum)]
    lib.ts_ta_curve.argtypes = [c.POINTER(Result), doubles, c.c_size_t, doubles]
    return lib


class Device:
    def __init__(self, backend="model", engine="e18"):
        self.lib, self.handle = load(), c.c_void_p()
        message = c.create_string_buffer(512)
        if self.lib.ts_device_open(c.byref(self.handle), backend.encode(), engine.encode(), message):
            raise Failed(message.value.decode())

    def close(self):
        self.lib.ts_device_close(self.handle)

    def message(self):
        return self.lib.ts_device_message(self.handle).decode()


class Plan:
    """Fits traces on one set of delays. Options by name; sigma a number, a list (one a delay) or 0."""

    def __init__(self, device, delay_s, components, irf_fwhm_s, sigma=0.0, **more):
        self.device, self.handle, self.delay = device, c.c_void_p(), np.ascontiguousarray(delay_s, np.float64)
        o = Options()
        device.lib.ts_ta_options_default(c.byref(o))
        o.components, o.irf_fwhm_s = components, irf_fwhm_s
        each = None
        if np.ndim(sigma):
            each = np.ascontiguousarray(sigma, np.float64)
        else:
            o.sigma = sigma
        for name, value in more.items():
            setattr(o, name, type(getattr(o, name))(*value) if name in ("lifetime_s", "lifetime_held") else value)
        if device.lib.ts_ta_plan_create(c.byref(self.handle), device.handle, c.byref(o), self.delay, each.ctypes.data if each is not None else None,
                                        len(self.delay)):
            raise Failed(device.message())

    def fit(self, signal, index=0):
        r = Result()
        if self.device.lib.ts_ta_fit(self.handle, np.ascontiguousarray(signal, np.float64), index, c.byref(r)):
            raise Failed(self.device.message())
        return r

    def fit_global(self, signal, time_zero_s=None, sigma=None):
        """signal: wavelengths x delays. The shared result and a list of spectra."""
        signal = np.ascontiguousarray(signal, np.float64)
        extra = [None if x is None else np.ascontiguousarray(x, np.float64) for x in (time_zero_s, sigma)]
        r, spectra = Result(), (Spectrum * len(signal))()
        if self.device.lib.ts_ta_fit_global(self.handle, signal, len(signal), *(None if x is None else x.ctypes.data for x in extra), c.byref(r), spectra):
            raise Failed(self.device.message())
        return r, spectra

    def curve(self, result, time_s):
        out = np.empty(len(time_s))
        self.device.lib.ts_ta_curve(c.byref(result), np.ascontiguousarray(time_s, np.float64), len(time_s), out)
        return out

    def close(self):
        self.device.lib.ts_ta_plan_destroy(self.handle)
