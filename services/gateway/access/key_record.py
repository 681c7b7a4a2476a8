"""A key as the gateway stores it: its hash, scope, end and last use, never the key itself. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from services.gateway.access.grants import Grant
from services.gateway.access.scopes import hash_key
from shared.contracts.access import Actor
from shared.contracts.access.actor import ActorKind
from shared.engine.decide.schema import Document


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key as it is stored: its hash, never the key itself. Instants are UTC.

    `principal` is the stable id to which all keys of one holder belong: it outlives a rotated key.
    `fingerprint` is the hash of the body that asked for the key; the administrator's first key has none.
    `requests_per_second` is a rate of its own, `replaced_by` the id of the key that a rotation has made.
    Keys of release 0.2.0 have none of the last four.
    """

    id: str
    hash: str
    name: str
    roles: frozenset[str]
    area: str
    principal: str
    created_at: datetime
    fingerprint: str | None = None
    expires_at: datetime | None = None
    requests_per_second: int | None = None
    last_used_at: datetime | None = None
    replaced_by: str | None = None

    @classmethod
    def of(
        cls,
        key_id: str,
        key: str,
        created_at: datetime,
        *,
        name: str,
        roles: frozenset[str],
        area: str,
        principal: str,
        fingerprint: str | None = None,
        expires_at: datetime | None = None,
        requests_per_second: int | None = None,
    ) -> Self:
        """Return the record of a new key; an empty area reaches everywhere, without `expires_at` it does not end."""
        return cls(
            key_id,
            hash_key(key),
            name,
            roles,
            area,
            principal,
            created_at,
            fingerprint,
            expires_at,
            requests_per_second,
        )

    def successor(
        self, key_id: str, key: str, created_at: datetime, *, fingerprint: str, expires_at: datetime | None
    ) -> Self:
        """Return the record of the key that takes this one's place: the same holder, roles, area and rate.

        Without `expires_at` it lasts as long as this one was made for.
        """
        if expires_at is None and self.expires_at is not None:
            expires_at = created_at + (self.expires_at - self.created_at)
        return self.of(
            key_id,
            key,
            created_at,
            name=self.name,
            roles=self.roles,
            area=self.area,
            principal=self.principal,
            fingerprint=fingerprint,
            expires_at=expires_at,
            requests_per_second=self.requests_per_second,
        )

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Return the record that MongoDB holds."""
        return cls(
            id=document["_id"],
            hash=document["hash"],
            name=document["name"],
            roles=frozenset(document["roles"]),
            area=document["area"],
            principal=document["principal"],
            created_at=document["created_at"],
            fingerprint=document.get("fingerprint"),
            expires_at=document.get("expires_at"),
            requests_per_second=document.get("requests_per_second"),
            last_used_at=document.get("last_used_at"),
            replaced_by=document.get("replaced_by"),
        )

    def to_document(self) -> Document:
        """Return the record as MongoDB stores it: without the fields that it does not have."""
        document: Document = {
            "_id": self.id,
            "hash": self.hash,
            "name": self.name,
            "roles": sorted(self.roles),
            "principal": self.principal,
            "area": self.area,
            "created_at": self.created_at,
            "fingerprint": self.fingerprint,
            "expires_at": self.expires_at,
            "requests_per_second": self.requests_per_second,
            "last_used_at": self.last_used_at,
            "replaced_by": self.replaced_by,
        }
        return {name: value for name, value in document.items() if value is not None}

    @property
    def grant(self) -> Grant:
        """The grant of a request with this key."""
        kind: ActorKind = "agency" if "agency" in self.roles else "key"
        actor = Actor(
            kind=kind, id=self.id, roles=tuple(sorted(self.roles)), area=self.area, on_behalf_of=self.principal
        )
        return Grant(actor, self.requests_per_second, self.expires_at)

    def has_ended(self, now: datetime) -> bool:
        """Return whether the key had an end, and it is over."""
        return self.expires_at is not None and self.expires_at <= now

    def unused_since(self, instant: datetime) -> bool:
        """Return whether no use after the instant is on record."""
        return self.last_used_at is None or self.last_used_at <= instant


def end_of_overlap(record: KeyRecord, now: datetime, overlap: timedelta) -> datetime:
    """Return the instant at which a rotated key ends: after the overlap, or sooner where it has an end already."""
    return min(now + overlap, record.expires_at or now + overlap)


def follow_rotations(keys: Mapping[str, KeyRecord], key_id: str) -> KeyRecord | None:
    """Return the last key among these that rotations have put in the place of the key; None where it is not one."""
    key = keys.get(key_id)
    for _ in keys:
        following = None if key is None or key.replaced_by is None else keys.get(key.replaced_by)
        if following is None:
            break
        key = following
    return key
