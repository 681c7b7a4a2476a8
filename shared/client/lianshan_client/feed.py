"""Following the feed, without I/O: yields steps, is sent their outcomes, and gives the events that come.

Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html) while the stream holds; pages of
`GET /v1/events` where it is refused or something between cuts it off.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from .calls import Call, Listing, Value
from .errors import AnswerNotUnderstoodError, ApiError, NoAnswerError, read_error
from .events import FeedEntry
from .flow import (
    RETRIED,
    Clock,
    Fault,
    Outcome,
    Pause,
    Send,
    Settings,
    carry_out,
    draw_pause,
    read_retry_after,
)

PAGES = "/v1/events"
STREAM = "/v1/events/stream"
SILENCE_SECONDS = 45.0
"""The gateway sends a comment every 15 seconds: after three of them the connection is taken for dead."""
LONGEST_LINE = 1024 * 1024
LONGEST_EVENT = 4 * 1024 * 1024
POLL_SECONDS = 1.0
PAGES_BEFORE_STREAM = 30
"""Rounds of pages until the stream is tried again."""
_MAY_PASS = frozenset({404, 405, 406, 429, 500, 502, 503, 504})
"""Answers to the request for the stream after which pages are read: it is full, or a proxy is in the way."""


@dataclass(frozen=True)
class Listen:
    """Open this request and keep its answer open; the outcome is a Reply with an empty body, or a Fault."""

    request: Send


@dataclass(frozen=True)
class Hear:
    """Wait for the next bytes of the open answer; the outcome is bytes, none at its end, or a Fault."""


@dataclass(frozen=True)
class Close:
    """Close the open answer."""


@dataclass(frozen=True)
class Give:
    """Give these events to the caller, in order."""

    entries: list[FeedEntry]


Step = Send | Pause | Listen | Hear | Close | Give
Following = Generator[Step, Outcome | bytes | None, None]


@dataclass
class _Reader:
    """The place in the feed, and the ways to read on from it."""

    settings: Settings
    clock: Clock
    after: str | int | None
    filters: dict[str, Value] = field(default_factory=dict)
    failures: int = 0

    def follow(self) -> Following:
        while True:
            refused = yield from self.listen()
            for _ in range(PAGES_BEFORE_STREAM if refused else 1):
                # Also after each break: events that the stream no longer brought are read at once, and a 410 is heard.
                yield from self.read_pages()
                if refused:
                    yield Pause(POLL_SECONDS)
            if not refused:
                yield Pause(draw_pause(self.failures, self.clock))

    def listen(self) -> Generator[Step, Outcome | bytes | None, bool]:
        """Give the events of one connection; return whether the stream was refused."""
        outcome = yield Listen(self.request())
        if isinstance(outcome, bytes) or outcome is None or isinstance(outcome, Fault):
            self.failures += 1
            return False
        if outcome.status != 200 or "text/event-stream" not in outcome.headers.get("content-type", ""):
            yield Close()
            if outcome.status < 300 or outcome.status in _MAY_PASS:
                return True
            raise read_error(outcome.status, outcome.body, read_retry_after(outcome.headers))
        lines = EventLines()
        while True:
            heard = yield Hear()
            if not isinstance(heard, bytes) or not heard:
                break
            entries = list(lines.read(heard))
            if entries:
                self.failures = 0
                yield from self.give(entries)
            # Also behind events that the filters leave out, where the stream names the place.
            self.after = lines.cursor or self.after
        yield Close()
        self.failures += 1
        return False

    def read_pages(self) -> Generator[Step, Outcome | bytes | None, None]:
        """Give all events behind the place, by pages, until there are no more for now."""
        while True:
            if self.after is None:
                return
            page = yield from self.page(Listing("GET", PAGES, {**self.filters, "after": self.after}))
            if page is None:
                return
            yield from self.give(page["items"])
            self.after = page.get("cursor") or page.get("next") or self.after
            if page["next"] is None:
                return

    def page(self, call: Call[Any]) -> Generator[Step, Outcome | bytes | None, dict[str, Any] | None]:
        """Return a page; None where the feed cannot be read now. Raises ApiError for a refusal that stays."""
        flow = carry_out(call, self.settings, self.clock)
        step = next(flow)
        try:
            while True:
                outcome = yield step
                step = flow.send(outcome if not isinstance(outcome, bytes) else None)
        except StopIteration as done:
            found: dict[str, Any] = done.value
            return found
        except NoAnswerError:
            pass  # the place is kept, and the next round tries again
        except ApiError as error:
            if error.status not in RETRIED and error.status < 500:
                raise
        self.failures += 1
        return None

    def give(self, entries: list[FeedEntry]) -> Generator[Step, Outcome | bytes | None, None]:
        if entries:
            yield Give(entries)
            self.after = entries[-1]["cursor"]

    def request(self) -> Send:
        headers = {**self.settings.headers(), "Accept": "text/event-stream", "Cache-Control": "no-store"}
        if self.after is not None:
            headers["Last-Event-ID"] = str(self.after)
        url = self.settings.url.rstrip("/") + STREAM
        call: Call[None] = Call("GET", STREAM, self.filters)
        return Send("GET", url, call.list_parameters(), headers, None, SILENCE_SECONDS)


def follow(settings: Settings, clock: Clock, after: str | int | None, filters: dict[str, Value]) -> Following:
    """Give the events behind `after` (None: from now on) as they happen, without an end.

    Raises GoneError for a cursor that no longer leads on, and ApiError for any other refusal that waiting cannot mend.
    """
    return _Reader(settings, clock, after, filters).follow()


@dataclass
class EventLines:
    """Reads Server-Sent Events from bytes as they come, however they are cut."""

    cursor: str = ""
    """Behind the last event that is complete."""
    _rest: bytearray = field(default_factory=bytearray)
    _id: str = ""
    _data: list[str] = field(default_factory=list)
    _bytes: int = 0

    def read(self, chunk: bytes) -> Iterator[FeedEntry]:
        """Yield the entries that the bytes complete. Raises AnswerNotUnderstoodError for lines or events too long."""
        self._rest += chunk
        # The gateway ends lines with a line feed; a carriage return of a proxy is cut off below.
        *lines, rest = self._rest.split(b"\n")
        self._rest = rest
        for line in lines:
            if len(line) > LONGEST_LINE:
                raise AnswerNotUnderstoodError(f"A line of the stream is longer than {LONGEST_LINE} bytes.")
            yield from self._take(line.removesuffix(b"\r").decode(errors="replace"))
        if len(rest) > LONGEST_LINE:
            raise AnswerNotUnderstoodError(f"A line of the stream is longer than {LONGEST_LINE} bytes.")

    def _take(self, line: str) -> Iterator[FeedEntry]:
        if not line:
            self.cursor = self._id
            if self._data:
                yield {"cursor": self.cursor, "event": _read_event("\n".join(self._data))}
            self._data, self._bytes = [], 0
            return
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            self._id = value
        elif name == "data":
            self._data.append(value)
            self._bytes += len(value)
            if self._bytes > LONGEST_EVENT:
                raise AnswerNotUnderstoodError(f"An event of the stream is longer than {LONGEST_EVENT} bytes.")


def _read_event(text: str) -> Any:  # an Event
    try:
        return json.loads(text)
    except ValueError as error:
        raise AnswerNotUnderstoodError("An event of the stream is no JSON.") from error
