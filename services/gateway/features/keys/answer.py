"""Answers about keys."""

from pydantic import AwareDatetime, Field

from services.gateway.access.keys import KeyRecord
from services.gateway.access.scopes import PERMISSIONS, Permission
from services.gateway.http.answers import Answer


class KeyListed(Answer):
    """A key with its name and scope, without the key itself."""

    id: str
    name: str
    permissions: list[Permission]
    area: str | None
    created_at: AwareDatetime


class KeyAnswer(KeyListed):
    """A new key."""

    key: str | None = Field(description="Shown this once; null when the request was repeated.")


def key_listed(record: KeyRecord) -> KeyListed:
    """Return the key as a list shows it; no area means that it reaches everywhere."""
    return KeyListed(
        id=record.id,
        name=record.name,
        permissions=sorted(permission for permission in PERMISSIONS if permission in record.permissions),
        area=record.area or None,
        created_at=record.created_at,
    )


def key_made(record: KeyRecord, key: str | None) -> KeyAnswer:
    """Return the answer to a request for a key: with the key itself only the first time."""
    # Field by field, because only fields that are set are written.
    listed = key_listed(record)
    return KeyAnswer(
        id=listed.id,
        name=listed.name,
        permissions=listed.permissions,
        area=listed.area,
        created_at=listed.created_at,
        key=key,
    )
