"""Boards made of the model, for tests: the same bytes as a real one's, behind a unix socket or a terminal."""
import ctypes
import os
import select
import socket
import threading
import tty
from pathlib import Path

from messages import MSG

ROOT = Path(__file__).resolve().parent.parent
ENGINES = {"u16": 1, "e18": 2}


class Model:
    """The device in integer C, from the library."""

    def __init__(self, engine):
        self.library = ctypes.CDLL(str(ROOT / "build/libtaustream.so"))
        self.library.ts_model_create.restype = ctypes.c_void_p
        self.library.ts_model_create.argtypes = [ctypes.c_uint]
        for function in (self.library.ts_model_write, self.library.ts_model_read):
            function.restype = ctypes.c_size_t
            function.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
        self.library.ts_model_destroy.argtypes = [ctypes.c_void_p]
        self.handle = self.library.ts_model_create(ENGINES[engine])

    def close(self):
        self.library.ts_model_destroy(self.handle)

    def exchange(self, data):
        """Gives the bytes to the device and returns all of its answer."""
        out = b""
        room = ctypes.create_string_buffer(4096)
        while True:
            taken = self.library.ts_model_write(self.handle, data, len(data))
            data = data[taken:]
            n = self.library.ts_model_read(self.handle, room, len(room))
            out += room.raw[:n]
            if not taken and not n:
                return out


class SocketBoard:
    """A board behind `socket:PATH`. breaks: bytes of answer after which each connection in turn is cut; then it holds. changed, lost: the
    byte of answer that each connection in turn changes or loses; None: none. cut_frame: of the first connection this frame's message, from 1, loses its last byte."""

    def __init__(self, path, engine="e18", breaks=(), stays_away=False, changed=(), lost=(), cut_frame=None):
        self.path, self.engine, self.breaks, self.stays_away = str(path), engine, list(breaks), stays_away
        self.changed, self.lost, self.cut_frame = changed, lost, cut_frame
        self.connections = 0
        self.received = bytearray()      # of every connection
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen(1)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @property
    def backend(self):
        return f"socket:{self.path}"

    def run(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            limit, changed, lost = (w[self.connections] if self.connections < len(w) else None for w in (self.breaks, self.changed, self.lost))
            self.connections += 1
            with peer:
                self.serve(peer, limit, changed, lost)
            if self.stays_away:
                self.close()
                return

    def serve(self, peer, limit, changed, lost):
        model, sent = Model(self.engine), 0
        try:
            while data := peer.recv(65536):
                self.received += data
                answer = bytearray(model.exchange(data))
                self.cut(answer)
                if changed is not None and sent <= changed < sent + len(answer):
                    answer[changed - sent] ^= 0x10
                if lost is not None and sent <= lost < sent + len(answer):
                    del answer[lost - sent]
                    lost = None
                if limit is not None and sent + len(answer) >= limit:
                    peer.sendall(answer[:limit - sent])
                    return
                peer.sendall(answer)
                sent += len(answer)
        except OSError:
            pass
        finally:
            model.close()

    def cut(self, answer):
        at = 0
        while self.cut_frame and at + 16 <= len(answer):     # answers are whole messages
            end = at + 20 + int.from_bytes(answer[at + 8:at + 12], "little")
            self.cut_frame -= answer[at + 3] == MSG["frame"]
            if not self.cut_frame:
                del answer[end - 1]
                return
            at = end

    def close(self):
        """The path goes first: where nothing listens any more another board can stand."""
        if self.listener.fileno() >= 0:
            Path(self.path).unlink(missing_ok=True)
            self.listener.close()


class TerminalBoard:
    """A board behind a pseudo-terminal: `uart:PATH`."""

    def __init__(self, engine="e18"):
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self.slave, self.model = slave, Model(engine)
        self.stop_read, self.stop_write = os.pipe()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @property
    def backend(self):
        return f"uart:{self.path}"

    def run(self):
        while True:
            ready, _, _ = select.select([self.master, self.stop_read], [], [])
            if self.stop_read in ready:
                return
            try:
                answer = self.model.exchange(os.read(self.master, 65536))
            except OSError:
                return
            while answer:
                answer = answer[os.write(self.master, answer):]

    def close(self):
        os.write(self.stop_write, b"x")
        self.thread.join()
        for fd in (self.master, self.slave, self.stop_read, self.stop_write):
            os.close(fd)
        self.model.close()
