"""W3C Trace Context: which request a message belongs to, and which step of it caused the message.

https://www.w3.org/TR/trace-context/#traceparent-header, level 1.
"""

import re
from random import getrandbits
from typing import Final, NamedTuple

_FORM: Final = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})"
    r"(?P<later>-.*)?"
)
_INVALID_VERSION: Final = "ff"
_OURS: Final = "00"
_SAMPLED: Final = 1


class Traceparent(NamedTuple):
    """A place in a trace. `str` gives the header."""

    trace_id: str
    span_id: str
    sampled: bool

    def __str__(self) -> str:
        return f"{_OURS}-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


def read(header: str) -> Traceparent | None:
    """What the header says; None for one that is malformed, which W3C asks to ignore."""
    found = _FORM.fullmatch(header)
    if found is None or found["version"] == _INVALID_VERSION or (found["version"] == _OURS and found["later"]):
        return None
    return Traceparent(found["trace"], found["span"], bool(int(found["flags"], 16) & _SAMPLED))


def fresh(*, sampled: bool = False) -> Traceparent:
    """The beginning of a new trace."""
    # Never all zeros, which would be malformed.
    return Traceparent(f"{getrandbits(128) or 1:032x}", f"{getrandbits(64) or 1:016x}", sampled)


def carried(header: str) -> str:
    """The header as it may be passed on: itself, or that of a new trace where it is malformed or missing."""
    return str(read(header) or fresh())
