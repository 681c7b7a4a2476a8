"""Answers about keys."""

from datetime import datetime
from typing import Annotated, TypedDict

from pydantic import AwareDatetime, Field

from services.gateway.access.key_record import KeyRecord
from services.gateway.http.answers import Answer
from shared.contracts.access import PERMISSIONS, Permission, permissions_of
from shared.contracts.access.actor import RoleName
from shared.contracts.messages import OPEN


class KeyListed(Answer):
    """A key with its name and scope, without the key itself."""

    id: str
    name: str
    roles: list[RoleName]
    permissions: list[Annotated[Permission, OPEN]] = Field(description="All that the roles grant.")
    area: str | None
    principal: str
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    last_used_at: AwareDatetime | None = None
    requests_per_second: int | None = None
    replaced_by: str | None = None


class KeyAnswer(KeyListed):
    """A new key."""

    key: str | None = Field(description="Shown this once; null when the request was repeated.")


class _Shown(TypedDict):
    """The fields that both answers have: all of them set, because only fields that are set are written."""

    id: str
    name: str
    roles: list[str]
    permissions: list[Permission]
    area: str | None
    principal: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    requests_per_second: int | None
    replaced_by: str | None


def key_listed(record: KeyRecord) -> KeyListed:
    """Return the key as a list shows it; no area means that it reaches everywhere."""
    return KeyListed(**_shown(record))


def key_made(record: KeyRecord, key: str | None) -> KeyAnswer:
    """Return the answer to a request for a key: with the key itself only the first time."""
    return KeyAnswer(**_shown(record), key=key)


def _shown(record: KeyRecord) -> _Shown:
    granted = permissions_of(record.grant.actor)
    return _Shown(
        id=record.id,
        name=record.name,
        roles=sorted(record.roles),
        permissions=[permission for permission in PERMISSIONS if permission in granted],
        area=record.area or None,
        principal=record.principal,
        created_at=record.created_at,
        expires_at=record.expires_at,
        last_used_at=record.last_used_at,
        requests_per_second=record.requests_per_second,
        replaced_by=record.replaced_by,
    )
