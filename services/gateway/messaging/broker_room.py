"""RabbitMQ's room on its disks and in its memory, read from its metrics for Prometheus, which need no rights.

RabbitMQ stops every publisher at its own limits, events and answers too. So the gateway refuses commands before.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ssl import SSLContext
from time import monotonic
from typing import Final
from urllib.request import Request, urlopen

DISK: Final = "broker_disk_low"
MEMORY: Final = "broker_memory_short"
CLOSED_AT: Final = 0.8
"""The part of a limit that is used up at which commands are refused: the rest is for the effects of accepted ones."""
OPEN_AT: Final = 0.7
"""The part below which they are taken again."""
CONNECT_SECONDS: Final = 2.0
READ_SECONDS: Final = 3.0
"""Bounds of one look at a node, for a connection and for the whole answer."""
MOST_BYTES: Final = 4 * 1024**2
_PIECE: Final = 64 * 1024
_DISK_FREE: Final = "rabbitmq_disk_space_available_bytes"
_DISK_LIMIT: Final = "rabbitmq_disk_space_available_limit_bytes"
_MEMORY_USED: Final = "rabbitmq_process_resident_memory_bytes"
_MEMORY_LIMIT: Final = "rabbitmq_resident_memory_limit_bytes"
_NAMES: Final = f"{_DISK_FREE}|{_DISK_LIMIT}|{_MEMORY_USED}|{_MEMORY_LIMIT}"
_LINE: Final = re.compile(rf"^({_NAMES})(?:\{{[^}}]*\}})? (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Room:
    """The used part of each limit of one node: 1 is the alarm."""

    disk: float
    memory: float


def fetch_room(url: str, context: SSLContext | None) -> Room | None:
    """Return the room of the node whose metrics stand at `url`; None where they lack the figures. Raises OSError."""
    end_at = monotonic() + READ_SECONDS
    pieces, size = [], 0
    request = Request(url, headers={"Accept": "text/plain"})  # noqa: S310 - http or https, as the settings hold it
    with urlopen(request, timeout=CONNECT_SECONDS, context=context) as answer:  # noqa: S310
        while piece := answer.read1(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > MOST_BYTES or monotonic() > end_at:
                raise TimeoutError(f"the metrics of {url} are longer than {MOST_BYTES} bytes or {READ_SECONDS:g} s")
    return read_room(b"".join(pieces).decode(errors="replace"))


def read_room(text: str) -> Room | None:
    """Return the room that the metrics state; None where they lack the figures."""
    found: Mapping[str, float] = {name: float(value) for name, value in _LINE.findall(text)}
    free, least = found.get(_DISK_FREE), found.get(_DISK_LIMIT)
    used, most = found.get(_MEMORY_USED), found.get(_MEMORY_LIMIT)
    if free is None or least is None or used is None or most is None:
        return None
    # The disk alarms when it has no more than the limit free, memory when it has taken as much.
    return Room(least / free if free else float(least > 0), used / most if most else 0.0)


def find_shortage(rooms: Iterable[Room], before: str | None) -> str | None:
    """Return DISK or MEMORY where a node has too little of it, None where all have enough.

    `before` is the shortage until now: it is over only below OPEN_AT, so that the door does not swing.
    """
    nodes = list(rooms)
    worst = {DISK: max((node.disk for node in nodes), default=0.0)}
    worst |= {MEMORY: max((node.memory for node in nodes), default=0.0)}
    short = (code for code, used in worst.items() if used >= (OPEN_AT if code == before else CLOSED_AT))
    return next(short, None)
