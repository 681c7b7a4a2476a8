"""The course of one call, without I/O: yields steps, is sent their outcomes, and returns the answer.

The synchronous and the asynchronous client differ only in how they carry out a step.
"""

from __future__ import annotations

import json
import random
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urlsplit

from .calls import Call
from .errors import AnswerNotUnderstoodError, NoAnswerError, read_error

Answer = TypeVar("Answer")
RETRIED = frozenset({408, 429, 502, 503, 504})
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
LONGEST_RETRY_AFTER_SECONDS = 60.0
MOST_BYTES = 64 * 1024 * 1024
"""The longest answer that is read."""
MOST_BYTES_OF_REFUSAL = 1024 * 1024


@dataclass(frozen=True)
class Settings:
    """`timeout` is in seconds, for a call with all its attempts; `attempts` counts the first one as well."""

    url: str
    key: str = field(repr=False)
    language: str
    timeout: float
    attempts: int

    def __post_init__(self) -> None:
        address = urlsplit(self.url)
        if address.scheme not in ("http", "https") or not address.netloc:
            raise ValueError("url: begin with http:// or https:// and name a host, as https://city.example")
        if not self.key or not self.key.isascii() or not self.key.isprintable():
            raise ValueError("key: give the key as POST /v1/keys answered it")
        if self.timeout <= 0 or self.attempts < 1:
            raise ValueError("timeout: more than 0 seconds; attempts: at least 1")

    def headers(self) -> dict[str, str]:
        """Return the headers of every request."""
        return {
            "Authorization": f"Bearer {self.key}",
            "Accept-Language": self.language,
            "User-Agent": "lianshan-client/0.3.0.dev0",
        }


@dataclass(frozen=True)
class Send:
    """Send this request; its outcome is a Reply or a Fault. `seconds` is the time until its end.

    Neither the key nor a body, which may hold personal data, is shown where a report of an error lists local values.
    """

    method: str
    url: str
    parameters: tuple[tuple[str, str], ...]
    headers: dict[str, str] = field(repr=False)
    content: bytes | None = field(repr=False)
    seconds: float


@dataclass(frozen=True)
class Pause:
    """Do nothing for `seconds`."""

    seconds: float


@dataclass(frozen=True)
class Reply:
    """An answer; the names of its headers are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Fault:
    """No answer came, or one without an end."""

    error: Exception


Outcome = Reply | Fault
Steps = Generator[Send | Pause, Outcome | None, Answer]


class Clock:
    """Steady time in seconds, and chance: tests give their own."""

    def now(self) -> float:
        """Return seconds since any beginning."""
        return monotonic()

    def draw(self) -> float:
        """Return a number from 0 to 1."""
        return random.random()


def carry_out(call: Call[Answer], settings: Settings, clock: Clock) -> Steps[Answer]:
    """Send the call until it is answered; return the answer.

    A 408, 429, 502, 503, 504 and no answer are tried again, after a growing pause drawn at random or after Retry-After.
    Raises ApiError for a refusal, NoAnswerError at the end of the time or the attempts.
    """
    ends = clock.now() + settings.timeout
    for attempt in range(1, settings.attempts + 1):
        outcome = yield _request(call, settings, max(0.001, ends - clock.now()))
        if isinstance(outcome, Reply) and outcome.status not in RETRIED:
            answer: Answer = _read_answer(outcome)
            return answer
        pause = _pause(outcome, attempt, clock)
        if attempt == settings.attempts or pause is None or clock.now() + pause >= ends:
            raise _failure(outcome)
        yield Pause(pause)
    raise AssertionError("the last attempt returns or raises")


def _request(call: Call[Answer], settings: Settings, seconds: float) -> Send:
    headers = {**settings.headers(), "Accept": "application/json"}
    if call.method != "GET":
        headers["Idempotency-Key"] = call.idempotency_key
    if call.expected is not None:
        headers["If-Match"] = write_version(call.expected)
    if call.on_behalf_of is not None:
        headers["On-Behalf-Of"] = call.on_behalf_of
    content = call.content
    if content is not None:
        headers["Content-Type"] = "application/octet-stream"
    elif call.body is not None:
        headers["Content-Type"] = "application/json"
        content = json.dumps(call.body, ensure_ascii=False, separators=(",", ":")).encode()
    url = settings.url.rstrip("/") + call.path
    return Send(call.method, url, call.list_parameters(), headers, content, seconds)


def write_version(expected: int | str) -> str:
    """Return If-Match for a version, or for an ETag as it came."""
    text = str(expected)
    return text if text.startswith('"') else f'"{text}"'


def draw_pause(failures: int, clock: Clock) -> float:
    """Return the seconds to wait after so many failures before this one."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * float(2 ** min(failures, 10)))
    # Half at least, so that it grows; the other half drawn, so that callers who failed together do not return together.
    return longest * (0.5 + 0.5 * clock.draw())


def _pause(outcome: Outcome | None, attempt: int, clock: Clock) -> float | None:
    """Seconds until the next attempt; None where the API names a time too far away."""
    pause = draw_pause(attempt - 1, clock)
    named = read_retry_after(outcome.headers) if isinstance(outcome, Reply) else None
    if named is None:
        return pause
    return max(named, pause) if named <= LONGEST_RETRY_AFTER_SECONDS else None


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of Retry-After; None without one. The API names seconds, never a date."""
    text = headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else None


def _failure(outcome: Outcome | None) -> Exception:
    if isinstance(outcome, Reply):
        return read_error(outcome.status, outcome.body, read_retry_after(outcome.headers))
    error = NoAnswerError("No answer came in time. Send the same call again: it takes effect once.")
    error.__cause__ = outcome.error if isinstance(outcome, Fault) else None
    return error


def _read_answer(reply: Reply) -> Any:  # the type is the call's
    if reply.status >= 300:  # a redirection is none of the API's answers, and the key is not sent on
        raise read_error(reply.status, reply.body, read_retry_after(reply.headers))
    if not reply.body:
        return None
    content_type = reply.headers.get("content-type", "")
    if "json" not in content_type:
        return reply.body.decode(errors="replace") if content_type.startswith("text/") else reply.body
    try:
        return json.loads(reply.body)
    except ValueError as error:
        raise AnswerNotUnderstoodError("The answer is said to be JSON and is none.") from error
