"""W3C Trace Context: the request that a message belongs to, and the step of it that caused the message.

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
    """A place in a trace: 32 and 16 hexadecimal digits, and whether the trace is recorded. `str` gives the header."""

    trace_id: str
    span_id: str
    sampled: bool

    def __str__(self) -> str:
        return f"{_OURS}-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


def read(header: str) -> Traceparent | None:
    """Return the place that the header names; None for a malformed header, which the standard asks to ignore.

    A header of a later version is read as one of version 00, as the standard has it.
    """
    found = _FORM.fullmatch(header)
    # Version ff is forbidden; version 00 has no further fields, later versions may have some.
    if found is None or found["version"] == _INVALID_VERSION or (found["version"] == _OURS and found["later"]):
        return None
    return Traceparent(found["trace"], found["span"], bool(int(found["flags"], 16) & _SAMPLED))


def fresh(*, sampled: bool = False) -> Traceparent:
    """Return the beginning of a new trace."""
    # Never all zeros, which the standard forbids.
    return Traceparent(f"{getrandbits(128) or 1:032x}", f"{getrandbits(64) or 1:016x}", sampled)


def propagate(header: str) -> str:
    """Return the header to pass on: the same, or that of a new trace where it is malformed or missing."""
    return str(read(header) or fresh())
