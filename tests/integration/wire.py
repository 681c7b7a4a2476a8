"""A wire to a server that a test can cut."""

import socket
import threading
from contextlib import suppress


class Wire:
    """A TCP relay to a server, that can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._upstream = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self.port = int(self._listening.getsockname()[1])
        self._threads[0].start()

    def cut(self) -> int:
        """Break every connection; gives how many there were. New ones may be made."""
        cut, self._open = self._open, []
        for end in cut:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        return len(cut) // 2

    def close(self) -> None:
        """Break all, and take no more."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(10)
        self.cut()
        for thread in self._threads:
            thread.join(10)
        for end in (self._listening, *self._ends):
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.create_connection(self._upstream, timeout=5)
            far.settimeout(None)
            self._open += [near, far]
            self._ends += [near, far]
            for source, sink in ((near, far), (far, near)):
                self._threads.append(threading.Thread(target=self._pump, args=(source, sink)))
                self._threads[-1].start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                sink.sendall(piece)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
