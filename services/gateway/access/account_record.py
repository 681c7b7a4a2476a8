"""A sign-in account (登录账号) as the gateway stores it: a name, a scope, and the hash of a password. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from services.gateway.access.scopes import VOLUNTEER
from shared.contracts.access import ROLES, Actor, Permission
from shared.engine.decide.schema import Document

AccountState = Literal["new", "active", "suspended", "ended"]
"""`new`: its person has not set a password yet."""


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An account as it is stored. Instants are UTC; an empty area reaches everywhere.

    `code_hash` is that of the one-time code with which its person sets a password until `code_ends_at`. An account that
    has ended stays, so that the audit's ids lead to it, and nobody else gets its name. `volunteer_id` is the volunteer
    to whom an account with the role `volunteer` belongs; its area is that of the volunteer, for those who manage it.
    """

    id: str
    name: str
    roles: frozenset[str]
    area: str
    created_at: datetime
    fingerprint: str
    password: str | None = None
    code_hash: str | None = None
    code_ends_at: datetime | None = None
    suspended_at: datetime | None = None
    ended_at: datetime | None = None
    volunteer_id: str | None = None

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Return the record that MongoDB holds."""
        return cls(
            id=document["_id"],
            name=document["name"],
            roles=frozenset(document["roles"]),
            area=document["area"],
            created_at=document["created_at"],
            fingerprint=document["fingerprint"],
            password=document.get("password"),
            code_hash=document.get("code_hash"),
            code_ends_at=document.get("code_ends_at"),
            suspended_at=document.get("suspended_at"),
            ended_at=document.get("ended_at"),
            volunteer_id=document.get("volunteer_id"),
        )

    def to_document(self) -> Document:
        """Return the record as MongoDB stores it: without the fields that it does not have."""
        document: Document = {
            "_id": self.id,
            "name": self.name,
            "roles": sorted(self.roles),
            "area": self.area,
            "created_at": self.created_at,
            "fingerprint": self.fingerprint,
            "password": self.password,
            "code_hash": self.code_hash,
            "code_ends_at": self.code_ends_at,
            "suspended_at": self.suspended_at,
            "ended_at": self.ended_at,
            "volunteer_id": self.volunteer_id,
        }
        return {name: value for name, value in document.items() if value is not None}

    @property
    def state(self) -> AccountState:
        """The state, which follows from the facts."""
        if self.ended_at is not None:
            return "ended"
        if self.suspended_at is not None:
            return "suspended"
        return "new" if self.password is None else "active"

    @property
    def actor(self) -> Actor:
        """The person who signs in: the account is their principal.

        A volunteer serves also where they do not live: their id bounds them, and no area.
        """
        area = self.area if self.volunteer_id is None else ""
        return Actor(
            kind="person", id=self.id, roles=tuple(sorted(self.roles)), area=area, speaks_for=self.volunteer_id
        )


def permissions_beyond(roles: frozenset[str], held: frozenset[Permission]) -> list[Permission]:
    """Return the permissions of the roles that are not among those held, sorted.

    Nobody hands on more than they have, nor takes over an account that may do more: least privilege, NIST SP 800-53,
    AC-6. A volunteer's permissions reach nobody but the volunteer.
    """
    granted = frozenset[Permission]().union(*(ROLES.get(role, frozenset()) for role in roles - {VOLUNTEER}))
    return sorted(granted - held)
