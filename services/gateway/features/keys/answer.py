"""Answers about keys."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from services.gateway.access.keys import KeyRecord
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


class KeyAnswer(KeyListed):
    """A new key."""

    key: str | None = Field(description="Shown this once; null when the request was repeated.")


def key_listed(record: KeyRecord) -> KeyListed:
    """Return the key as a list shows it; no area means that it reaches everywhere."""
    granted = permissions_of(record.actor)
    return KeyListed(
        id=record.id,
        name=record.name,
        roles=sorted(record.roles),
        permissions=[permission for permission in PERMISSIONS if permission in granted],
        area=record.area or None,
        principal=record.principal,
        created_at=record.created_at,
    )


def key_made(record: KeyRecord, key: str | None) -> KeyAnswer:
    """Return the answer to a request for a key: with the key itself only the first time."""
    # Field by field, because only fields that are set are written.
    listed = key_listed(record)
    return KeyAnswer(
        id=listed.id,
        name=listed.name,
        roles=listed.roles,
        permissions=listed.permissions,
        area=listed.area,
        principal=listed.principal,
        created_at=listed.created_at,
        key=key,
    )
