"""A wire between a service and a server, to be cut and held."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

from engine_support import PATIENCE


class Proxy:
    """A wire between a service and a server that can be cut, and can go dead without a word."""

    def __init__(self, uri: str) -> None:
        parts = urlsplit(uri)
        self._target = (parts.hostname or "", parts.port or 0)
        self._door = socket.create_server(("127.0.0.1", 0))
        port = self._door.getsockname()[1]
        login = parts.netloc.rpartition("@")[0]
        self.uri = urlunsplit(parts._replace(netloc=f"{login}{'@' if login else ''}127.0.0.1:{port}"))
        self._open = threading.Event()
        self._flowing = threading.Event()
        self._closed = False
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.restore()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Every connection breaks, and no new one is made."""
        self._open.clear()
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def hold(self) -> None:
        """Nothing goes through any more, and nobody is told."""
        self._flowing.clear()

    def restore(self) -> None:
        """All is well again."""
        self._open.set()
        self._flowing.set()

    def close(self) -> None:
        """Take it away."""
        self._closed = True
        self.restore()
        self.cut()
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for thread in self._threads:
            thread.join(PATIENCE)
        for end in self._ends:
            end.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            if not self._open.is_set():
                near.close()
                continue
            far = socket.create_connection(self._target)
            self._ends += [near, far]
            for one, other in ((near, far), (far, near)):
                self._threads.append(threading.Thread(target=self._carry, args=(one, other), daemon=True))
                self._threads[-1].start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while piece := source.recv(65536):
                self._flowing.wait(PATIENCE)
                sink.sendall(piece)
        except OSError:
            return
        finally:
            for end in (source, sink):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy(uri: str) -> Iterator[Proxy]:
    """A wire to the server at `uri`, taken away at the end."""
    made = Proxy(uri)
    try:
        yield made
    finally:
        made.close()
