"""The later commands of a dead command's sender: effects that a retry of it may repeat.

The sender was refused with a final answer, and may have sent the same again under another key.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from deploy.lianshan.dead_letters.letter import DeadLetter
from deploy.lianshan.stores import Store
from shared.contracts.access import Actor, read_actor
from shared.contracts.subscriptions import ACTOR
from shared.engine.amqp.frames import Properties
from shared.engine.store.durability import SETTLED
from shared.runtime.audit import AUDIT, since_rule

MOST_SHOWN: Final = 20
"""Later commands that are shown of one letter, the latest."""
MOST_COUNTED: Final = 1_000
MOST_IDS: Final = 50
"""Ids of a command's body that are looked for, and of a later command that are shown."""
_MILLISECONDS: Final = 10_000


@dataclass(frozen=True)
class LaterCommand:
    """A command that was done after the dead one: when (UTC), its type, the ids that it was about, its correlation."""

    at: datetime
    type: str
    ids: tuple[str, ...]
    correlation: str

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {"at": self.at.isoformat(), "type": self.type, "ids": list(self.ids), "correlation": self.correlation}


@dataclass(frozen=True)
class Later:
    """The later commands of one dead command: how many, at most MOST_COUNTED, and the latest of them.

    `count` is None where its sender is not known, because its content cannot be opened here.
    """

    letter: DeadLetter
    count: int | None
    latest: tuple[LaterCommand, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "queue": self.letter.queue, "id": self.letter.id, "given_up": self.letter.dead.isoformat(),
            "later": self.count, "latest": [one.to_json() for one in self.latest],
        }  # fmt: skip


def actor_of(headers: Properties) -> Actor | None:
    """Return the actor that a command's headers name; None where they cannot be read."""
    try:
        return read_actor(str(headers.get(ACTOR, "")))
    except ValidationError:
        return None


def find_later(store: Store, letter: DeadLetter) -> Later:
    """Return the commands of the same principal that were done since, and are of the same type or about the same ids.

    The letter is opened; the audit of its service is read, which has a row for every command that changed something.
    """
    content = letter.content
    actor = None if content is None else actor_of(content.headers)
    if actor is None:
        return Later(letter, None)
    since = letter.history[0]["at"] if letter.history else letter.dead
    same = [{"what": letter.type}, {"about": {"$in": list(find_ids(letter.body))}}]
    rule = {"by": actor.principal, **since_rule(since), "$or": same}
    audit = store.get_collection(AUDIT, read_concern=SETTLED)
    count = audit.count_documents(rule, limit=MOST_COUNTED, maxTimeMS=_MILLISECONDS)
    rows = audit.find(rule, max_time_ms=_MILLISECONDS).sort("_id", -1).limit(MOST_SHOWN)
    return Later(letter, count, tuple(map(_read, rows)))


def find_ids(body: bytes) -> list[str]:
    """Return the ids that a command's body names, in fields called `id`, `…_id` or `…_ids`; at most MOST_IDS."""
    try:
        document = json.loads(body)
    except ValueError:
        return []
    return list(dict.fromkeys(_walk(document)))[:MOST_IDS]


def _walk(part: object) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from _walk(one)
    for name, value in part.items() if isinstance(part, dict) else ():
        if name == "id" or name.endswith(("_id", "_ids")):
            yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))
        yield from _walk(value)


def _read(row: Mapping[str, Any]) -> LaterCommand:
    return LaterCommand(row["at"], row["what"], tuple(row["about"][:MOST_IDS]), row["correlation"])
