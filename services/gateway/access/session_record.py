"""A session of a person who has signed in, as the gateway stores it: never its token. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from services.gateway.access.account_record import AccountRecord
from services.gateway.access.grants import Grant
from services.gateway.access.scopes import hash_key
from shared.contracts.access import Actor
from shared.engine.decide.schema import Document


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session: the hash of its token, and the scope of its account when it began. Instants are UTC.

    The scope of an account never changes; suspension, end and another password end its sessions.
    """

    id: str
    hash: str
    account_id: str
    roles: frozenset[str]
    area: str
    begun_at: datetime
    used_at: datetime
    ends_at: datetime
    volunteer_id: str | None = None

    @classmethod
    def begin(cls, session_id: str, token: str, account: AccountRecord, now: datetime, life: timedelta) -> Self:
        """Return the record of a session that begins now, and ends after its life at the latest."""
        area, own = account.actor.area, account.volunteer_id
        return cls(session_id, hash_key(token), account.id, account.roles, area, now, now, now + life, own)

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Return the record that MongoDB holds."""
        return cls(
            id=document["_id"],
            hash=document["hash"],
            account_id=document["account_id"],
            roles=frozenset(document["roles"]),
            area=document["area"],
            begun_at=document["begun_at"],
            used_at=document["used_at"],
            ends_at=document["ends_at"],
            volunteer_id=document.get("volunteer_id"),
        )

    def to_document(self) -> Document:
        """Return the record as MongoDB stores it."""
        document: Document = {
            "_id": self.id,
            "hash": self.hash,
            "account_id": self.account_id,
            "roles": sorted(self.roles),
            "area": self.area,
            "begun_at": self.begun_at,
            "used_at": self.used_at,
            "ends_at": self.ends_at,
        }
        return document if self.volunteer_id is None else {**document, "volunteer_id": self.volunteer_id}

    def idle_ends_at(self, idle: timedelta) -> datetime:
        """Return the instant at which it ends unless it is used before."""
        return min(self.ends_at, self.used_at + idle)

    @property
    def grant(self) -> Grant:
        """The grant of a request in this session."""
        actor = Actor(
            kind="person",
            id=self.account_id,
            roles=tuple(sorted(self.roles)),
            area=self.area,
            speaks_for=self.volunteer_id,
        )
        return Grant(actor, None, self.ends_at, self.id)
