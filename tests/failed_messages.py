"""The failed messages in a service's store: put one there as its service does, and look at those that are there."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.database import Database

from shared.engine.amqp.letter_content import Content, open_content
from shared.engine.store.letters import Head, Kind, insert_dead, insert_waiting, to_entry, to_letter
from shared.runtime.clock import MachineTime
from shared.runtime.vault import Vault

Store = Database[dict[str, Any]]


def keep(
    store: Store, queue: str, body: bytes, *, id: str, kind: Kind = "event", type: str = "",  # noqa: A002 - as it is stored
    headers: dict[str, Any] | None = None, properties: dict[str, Any] | None = None, vault: Vault | None = None,
    due: datetime | None = None, tries: int = 1, failed: timedelta = timedelta(),
) -> None:  # fmt: skip
    """A message that has failed so long ago: a dead letter, or with `due` one that waits for another try."""
    now = MachineTime(datetime.now(UTC) - failed)
    key = f"command:{id}" if kind == "command" else id
    given = {"message_id": id, "type": type, **(properties or {})}
    history = [to_entry(now, "handler_failed", f"failure {n}") for n in range(tries)]
    letter = to_letter(Head(queue, kind, key, id, type), Content(body, given, headers or {}), vault, history, tries)
    statement = insert_dead(letter, now) if due is None else insert_waiting(letter, due)
    store["letters"].update_one(statement["q"], statement["u"], upsert=True)


def dead(store: Store, queue: str = "") -> list[dict[str, Any]]:
    """The dead letters, the oldest first."""
    return list(store["letters"].find({"dead": {"$exists": True}, **({"queue": queue} if queue else {})}).sort("dead"))


def waiting(store: Store, queue: str = "") -> list[dict[str, Any]]:
    """Those that wait for another try."""
    return list(store["letters"].find({"due": {"$exists": True}, **({"queue": queue} if queue else {})}).sort("due"))


def content(letter: dict[str, Any], vault: Vault | None = None) -> Content:
    """The content of a letter."""
    return open_content(letter["sealed"], vault, letter["_id"])


def errors(letter: dict[str, Any]) -> list[str]:
    """The error of each failure."""
    return [entry["error"] for entry in letter["history"]]
