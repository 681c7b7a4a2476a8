"""One dead letter: a message that a service gave up, with the history of its tries and of its repairs. Pure."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Literal

from shared.engine.amqp.dead_letters import HISTORY

REPAIRS: Final = "x-lianshan-repairs"
"""Header: JSON list of {at, by, did, was, tries, error}, one entry for each return to the queue.

`was` is the SHA-256 of the body before it.
"""
MAX_REPAIRS: Final = 20
"""Entries of REPAIRS that are kept, the latest: a header must not grow without a bound."""
TIMER: Final = "x-lianshan-timer"
"""Header: the key of a timer that failed too often."""
MAX_SHOWN: Final = 4000
"""Characters of a body that are shown."""

Headers = dict[str, Any]
"""Headers or properties of AMQP. A stranger's message may hold any value in them."""
Entry = Mapping[str, object]
"""One entry of a history: the fields above, or fewer where somebody has tampered with the header."""
Kind = Literal["event", "command", "timer"]


@dataclass(frozen=True)
class DeadLetter:
    """A dead letter as its queue holds it. `tag` is the delivery's, by which it is acknowledged."""

    queue: str
    id: str
    type: str
    body: bytes
    headers: Headers
    properties: Headers
    tag: int

    @property
    def service(self) -> str:
        """Return the service that gave the message up."""
        return self.queue.partition(".")[0]

    @property
    def origin(self) -> str:
        """Return the queue that the message came from."""
        return self.queue.removesuffix(".dead")

    @property
    def timer(self) -> str | None:
        """Return the timer's key, or None for a message."""
        key = self.headers.get(TIMER)
        return None if key is None else str(key)

    @property
    def kind(self) -> Kind:
        """Return whether an event, a command or a timer was given up."""
        if self.timer is not None:
            return "timer"
        return "command" if self.origin.endswith(".commands") else "event"

    @property
    def history(self) -> list[Entry]:
        """Return each try with its instant and its error; where the engine kept none, the deaths that RabbitMQ counted.

        The broker moves a message itself when a consumer dies with it too often: then no engine has written a history.
        """
        if tries := _read_entries(self.headers.get(HISTORY)):
            return tries
        deaths = self.headers.get("x-death") or []
        return [
            {"at": str(d.get("time", "")), "error": f"{d.get('reason')} in {d.get('queue')}, {d.get('count')} times"}
            for d in deaths
        ]

    @property
    def repairs(self) -> list[Entry]:
        """Return each time that an operator has sent it back before, at most MAX_REPAIRS of them."""
        return _read_entries(self.headers.get(REPAIRS))

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it, without the body."""
        shown = {"queue": self.queue, "id": self.id, "type": self.type, "timer": self.timer, "history": self.history}
        return {**shown, "repairs": self.repairs}

    def with_repair(self, by: str, did: str, now: datetime) -> "DeadLetter":
        """Return it with one entry more in its repairs: who did it, the old body's hash, and how it had failed."""
        tries = self.history
        entry = {
            "at": now.isoformat(), "by": by, "did": did, "was": sha256(self.body).hexdigest(),
            "tries": len(tries), "error": tries[-1].get("error", "") if tries else "",
        }  # fmt: skip
        kept = json.dumps([*self.repairs, entry][-MAX_REPAIRS:], ensure_ascii=False)
        return replace(self, headers={**self.headers, REPAIRS: kept})

    def text(self) -> str:
        """Return the body as text, at most MAX_SHOWN characters; bytes that are no UTF-8 are escaped."""
        return self.body.decode(errors="backslashreplace")[:MAX_SHOWN]


def _read_entries(header: str | None) -> list[Entry]:
    # A header comes from outside: it may be missing, no JSON, or JSON of another shape.
    with suppress(ValueError, TypeError):
        entries = json.loads(header or "")
        return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return []
