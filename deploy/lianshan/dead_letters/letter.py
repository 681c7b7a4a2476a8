"""One dead letter: a message that a service gave up, with the history of its tries and of its repairs. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from shared.engine.amqp.letter_content import Content, open_content
from shared.engine.store.letters import Kind
from shared.runtime.vault import Vault

MAX_REPAIRS: Final = 20
"""Repairs that are kept, the latest: a document must not grow without a bound."""
MAX_SHOWN: Final = 4000
"""Characters of a body that are shown."""
MAX_SUBJECT: Final = 64
_NO_SUBJECT: Final = re.compile(r"[^A-Za-z0-9_:.@-]")
"""A character that no subject of the audit has, see `shared.contracts.messages.Id`."""

Entry = Mapping[str, Any]
"""A failure {at, code, error}, or a repair {at, by, did, was, tries, error}; `was` is the SHA-256 of the old body."""


@dataclass(frozen=True)
class DeadLetter:
    """A dead letter as its service's store holds it. `content` is None as long as it is sealed."""

    key: str
    """Its id in the store."""
    queue: str
    """The queue that the message came from."""
    kind: Kind
    id: str
    """The id by which an operator names it: that of the message, or the key of the timer."""
    type: str
    sealed: str
    """Its content, sealed; empty where the body was too large to be kept."""
    digest: str
    """The SHA-256 of its body."""
    dead: datetime
    """When it was given up (UTC, the store's time)."""
    history: Sequence[Entry] = ()
    """Its failures, oldest first."""
    repairs: Sequence[Entry] = ()
    """Each time that an operator has sent it back before, at most MAX_REPAIRS of them."""
    content: Content | None = None

    @property
    def service(self) -> str:
        """Return the service that gave the message up."""
        return self.queue.partition(".")[0]

    @property
    def is_command(self) -> bool:
        """Return whether it is a command: its sender was refused, and may have sent another one since."""
        return self.kind == "command"

    @property
    def inbox_key(self) -> str:
        """Return the key by which its service's inbox knows the message."""
        return self.key.removeprefix(f"{self.queue}/")

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names that an operator may give: its id, its key in the store, that key without its queue."""
        return self.id, self.key, self.inbox_key

    @property
    def subject(self) -> str:
        """Return the subject under which its repairs are audited: its id, of an event the part behind the last `#`.

        `GET /v1/audit?subject=` takes ids of at most 64 characters and no other sign; another one becomes a hyphen.
        """
        return _NO_SUBJECT.sub("-", self.id.rpartition("#")[2])[-MAX_SUBJECT:] or "-"

    @property
    def timer(self) -> str | None:
        """Return the timer's key, or None for a message."""
        return self.id if self.kind == "timer" else None

    @property
    def body(self) -> bytes:
        """Return the body; empty as long as the content is sealed, or where none was kept."""
        return b"" if self.content is None else self.content.body

    def opened(self, vault: Vault | None) -> "DeadLetter":
        """Return it with its content. Raises VaultError where the key at hand is another, ValueError where none is."""
        return replace(self, content=open_content(self.sealed, vault, self.key))

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it, without the body."""
        shown = {"queue": self.queue, "kind": self.kind, "id": self.id, "type": self.type, "timer": self.timer}
        shown["subject"] = self.subject
        return {**shown, "history": _to_plain(self.history), "repairs": _to_plain(self.repairs)}

    def repair(self, by: str, did: str, now: datetime) -> list[Entry]:
        """Return its repairs with one more: who did it, the old body's hash, and how it had failed."""
        entry = {
            "at": now, "by": by, "did": did, "was": self.digest,
            "tries": len(self.history), "error": self.history[-1].get("error", "") if self.history else "",
        }  # fmt: skip
        return [*self.repairs, entry][-MAX_REPAIRS:]

    def with_body(self, body: bytes, properties: Mapping[str, str]) -> "DeadLetter":
        """Return it with another body and the properties that the body must be sent with."""
        before = self.content or Content(b"")
        content = replace(before, body=body, properties={**before.properties, **properties, "message_id": self.id})
        return replace(self, content=content, digest=sha256(body).hexdigest())

    def text(self) -> str:
        """Return the body as text, at most MAX_SHOWN characters; bytes that are no UTF-8 are escaped."""
        return self.body.decode(errors="backslashreplace")[:MAX_SHOWN]


def _to_plain(entries: Sequence[Entry]) -> list[dict[str, object]]:
    return [{name: v.isoformat() if isinstance(v, datetime) else v for name, v in e.items()} for e in entries]
