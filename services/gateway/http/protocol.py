"""HTTP/1.1 as uvicorn speaks it, with problem documents for malformed HTTP, and with an end to every wait.

uvicorn closes a connection that stays silent between two requests. It waits for ever for the first request, for the
rest of headers or a body, and for a peer that does not take its answer.
"""

import asyncio
from typing import Final

import h11
from prometheus_client import Counter
from uvicorn.protocols.http.h11_impl import H11Protocol

from services.gateway.http.connections import Connections
from services.gateway.http.language import speaking
from services.gateway.http.problems import MEDIA_TYPE, Problem, document
from shared.words import Wording

_CLOSED: Final = Counter("lianshan_http_closed", "Connections closed before their peers closed them.", ("reason",))
LINGER_SECONDS: Final = 5.0
"""After an answer that did not wait for the body its rest is read so long: else the sender might not see the answer."""
RETRY_SECONDS: Final = 5
MOST_HEAD_BYTES: Final = 64 * 1024
"""Bytes of a request's line and headers that are kept until they are whole."""
MOST_IGNORED: Final = 16 * 1024 * 1024
"""Bytes that are read and thrown away behind the answer to headers that are too long."""


class BoundedProtocol(H11Protocol):
    """Ends each wait for the peer; a subclass with the `wording` of the platform's language does the work.

    Of bytes that cannot be read the caller's own language is not known.
    """

    wording: Wording
    open_connections: Connections
    _wait: asyncio.TimerHandle | None = None
    _waits_for: str = ""
    _write_wait: asyncio.TimerHandle | None = None
    _ignores: int = 0
    """Bytes that it goes on to throw away; 0 for a connection whose requests are read."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begin, or refuse the connection where there is no room for it."""
        super().connection_made(transport)
        if self.open_connections.admit(self, self.client[0] if self.client else None):
            self._await("head", self.open_connections.bounds.head_seconds)
        else:
            _CLOSED.labels("no_room").inc()
            retry = {"retry-after": str(RETRY_SECONDS)}
            self._refuse(Problem(503, "unavailable", "too_many_connections", headers=retry))

    def connection_lost(self, exc: Exception | None) -> None:
        """End all waits."""
        self.open_connections.forget(self)
        self._end_wait()
        if self._write_wait is not None:
            self._write_wait.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._ignores:
            self._ignore(len(data))
            return
        super().data_received(data)
        if not self._ignores:
            self._follow()

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the rest of a body that nobody read."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._end_wait()
            # The rest of the answer is still to be sent, to a peer that may not take it.
            self._await_writing()
        else:
            self._follow()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection that has been silent since its last request."""
        super().timeout_keep_alive_handler()
        self._await_writing()

    def pause_writing(self) -> None:
        """Note that the peer takes its answer more slowly than it is made."""
        super().pause_writing()
        self._await_writing()

    def resume_writing(self) -> None:
        """Note that the peer has taken the waiting data."""
        super().resume_writing()
        self.open_connections.mark_read(self)
        if self._write_wait is not None and not self.transport.is_closing():
            self._write_wait.cancel()
            self._write_wait = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words, which say less
        """Answer and close the connection; where an answer has begun already, close it."""
        most = self.config.h11_max_incomplete_event_size or MOST_HEAD_BYTES
        if self.conn.our_state is h11.IDLE and len(self.conn.trailing_data[0]) > most:
            # Its sender still sends, and would see a closed connection in place of the answer.
            self._answer(Problem(431, "too_large", "headers_too_large", limit=most))
            self._ignores = MOST_IGNORED
            self._end_wait()
            seconds = min(LINGER_SECONDS, self.open_connections.bounds.head_seconds)
            self._wait = self.loop.call_later(seconds, self.transport.abort)
        elif self.conn.our_state is h11.IDLE or self.conn.our_state is h11.SEND_RESPONSE:
            self._refuse(Problem(400, "bad_request", "not_http"))
        elif self.cycle is not None and self.cycle.response_complete:
            self.transport.close()
            self._await_writing()
        else:
            self.transport.abort()

    @property
    def unread(self) -> int:
        """The bytes of its answer that the peer has still to take."""
        return self.transport.get_write_buffer_size()

    def drop(self, reason: str) -> None:
        """Close it at once, to make room for others; `reason` is a label of the metric."""
        _CLOSED.labels(reason).inc()
        self.transport.abort()

    def _ignore(self, size: int) -> None:
        self._ignores -= size
        if self._ignores <= 0:
            self.transport.abort()

    def _follow(self) -> None:
        """Choose the next wait by the state of the request."""
        bounds, peer = self.open_connections.bounds, self.conn.their_state
        answered = self.cycle is None or self.cycle.response_complete
        if self.transport.is_closing():
            self._end_wait()
        elif peer is h11.SEND_BODY:
            self.open_connections.mark_busy(self)
            self._await(*(("rest", LINGER_SECONDS) if answered else ("body", bounds.body_seconds)))
        elif peer is h11.IDLE and answered:
            self.open_connections.mark_idle(self)
            if self.conn.trailing_data[0]:
                self._await("head", bounds.head_seconds)
            elif self.cycle is not None:
                self._end_wait()  # uvicorn closes it when it stays silent
        else:
            self.open_connections.mark_busy(self)
            self._end_wait()

    def _await(self, what: str, seconds: float) -> None:
        """Bound the wait for `what`, from its beginning on: bytes that trickle in do not extend the time."""
        if what != self._waits_for:
            self._end_wait()
            self._waits_for = what
            self._wait = self.loop.call_later(seconds, self._give_up)

    def _end_wait(self) -> None:
        if self._wait is not None:
            self._wait.cancel()
            self._wait, self._waits_for = None, ""

    def _give_up(self) -> None:
        """Close a connection whose peer did not send in time; it is answered where an answer can still be given."""
        _CLOSED.labels(f"{self._waits_for}_late").inc()
        begun = self.cycle is not None and self.conn.their_state is h11.SEND_BODY
        silent = not begun and not self.conn.trailing_data[0]
        if silent or (begun and self.cycle.response_started):
            self.transport.abort()
            return
        if begun:
            # The application hears that nothing more comes; its own answer is not sent any more.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._refuse(Problem(408, "request_timeout", "request_incomplete"))

    def _await_writing(self) -> None:
        if self._write_wait is None and self.unread:
            self._write_wait = self.loop.call_later(self.open_connections.bounds.write_seconds, self._abort_writing)
        self.open_connections.mark_unread(self)

    def _abort_writing(self) -> None:
        _CLOSED.labels("answer_not_taken").inc()
        self.transport.abort()

    def _refuse(self, problem: Problem) -> None:
        self._answer(problem)
        self.transport.close()
        self._await_writing()

    def _answer(self, problem: Problem) -> None:
        with speaking(self.wording):
            body = document(problem, "").model_dump_json(exclude_unset=True).encode()
        headers = [
            ("content-type", MEDIA_TYPE),
            ("content-length", str(len(body))),
            ("content-language", self.wording.language),
            *problem.headers.items(),
            ("connection", "close"),
        ]
        answer = h11.Response(status_code=problem.status, headers=headers)
        for event in (answer, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")


def protocol_in(wording: Wording, connections: Connections) -> type[BoundedProtocol]:
    """Return the protocol that words its problems so, and takes its connections into that registry."""
    return type("BoundedProtocol", (BoundedProtocol,), {"wording": wording, "open_connections": connections})
