"""The failed commands of a service, searched for a person: their bodies hold a caller's words about the person."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from pymongo.database import Database

from shared.engine import Document, Entity, Query, UnitOfWork
from shared.engine.amqp.letter_content import open_content
from shared.engine.store.collections import LETTERS
from shared.people.erasing import ErasurePart
from shared.people.reading import Opener, loaded_keys
from shared.people.storage import MAX_MILLIS
from shared.runtime.vault import Vault, VaultError

PAGE: Final = 50
"""Failed commands that one step opens: 12 MiB of bodies at most."""
_PHONE: Final = re.compile(r"\+[0-9]{6,15}")


class FailedCommand(Entity):
    """A stored message that failed: a dead letter, or one that waits for another try."""

    collection: ClassVar[str] = LETTERS

    kind: str
    sealed: str = ""
    dead: datetime | None = None
    due: datetime | None = None

    def guard(self) -> Document:
        """Return the rule that finds it only as it was read: tried again by nobody."""
        return {"_id": self.id, "dead": self.dead} if self.dead is not None else {"_id": self.id, "due": self.due}


@dataclass(frozen=True)
class FailedCommands(Query[FailedCommand]):
    """The failed commands with ids after that one, in order. Events hold nothing about a person (law L5)."""

    model = FailedCommand
    limit: ClassVar[int] = PAGE
    after: str = ""

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["FailedCommands"]) -> list[list[Document]]:
        """Return the documents for each query, one find each: parts at different pages are few."""
        return [
            list(
                database[LETTERS]
                .find({"kind": "command", "_id": {"$gt": query.after}})
                .sort("_id", 1)
                .limit(cls.limit)
                .max_time_ms(MAX_MILLIS)
            )
            for query in queries
        ]

    def matches(self, entity: FailedCommand) -> bool:
        """Return whether it is a command after that id."""
        return entity.kind == "command" and entity.id > self.after


@dataclass(frozen=True)
class Traces:
    """The traces of a person in a command: the `id`, all of one of `texts` together, a whole one of `values`, or the
    `name` alone.

    The name does not count beside a telephone: that of the person is among `texts`, and many people share a name.
    """

    id: str
    texts: Sequence[Sequence[str]] = ()
    name: str = ""
    values: Sequence[str] = ()

    def lead_to(self, body: str) -> bool:
        """Return whether the body is about the person."""
        if self.id in body or any(all(_as_json(text) in body for text in one) for one in self.texts if all(one)):
            return True
        # An e-mail address may be the end of somebody else's: only the whole value counts.
        if any(json.dumps(value, ensure_ascii=False) in body for value in self.values if value):
            return True
        return bool(self.name) and _as_json(self.name) in body and _PHONE.search(body) is None


def search_page(work: UnitOfWork, vault: Vault, part: ErasurePart, traces: Traces) -> tuple[ErasurePart, bool]:
    """Delete the failed commands of one page that lead to the person; return the part, and whether it was the last.

    After the last page all are searched once more: a command may have failed behind the search. Needs the load
    `FailedCommands(part.searched)`.
    """
    query = FailedCommands(part.searched)
    found = [letter for letter in work.find(query) if traces.lead_to(read_body(letter, vault))]
    for letter in found:
        work.remove(letter)
    # As the store had them: another part of the batch may have deleted some.
    ids = work.found_ids(query)
    part = part.counted("failed_messages", len(found))
    if len(ids) < PAGE and not part.second:
        return part.model_copy(update={"searched": "", "second": True}), False
    return part.model_copy(update={"searched": max(ids, default=part.searched)}), len(ids) < PAGE


def open_known(
    work: UnitOfWork, vault: Opener, subject: str, sealed: str, *place: str, record: Entity | None = None
) -> str:
    """Return the text that was sealed for a place; empty where no key opens it any more. Needs `key_loads`.

    `record` is the person's, where it may carry the key.
    """
    try:
        return loaded_keys(work, vault, subject, record).open(sealed, subject, *place)
    except VaultError:
        return ""


def read_body(letter: FailedCommand, vault: Vault) -> str:
    """Return the body of the command; empty where it was not kept, or nobody opens it any more."""
    try:
        return open_content(letter.sealed, vault, letter.id).body.decode(errors="replace")
    except (VaultError, ValueError):
        return ""


def _as_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
