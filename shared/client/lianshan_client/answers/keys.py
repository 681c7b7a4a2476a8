"""Answers of keys: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class KeyAnswer(TypedDict):
    """A new key."""

    id: str
    name: str
    roles: list[str]
    permissions: list[Permission | str]
    area: str | None
    principal: str
    created_at: str
    expires_at: NotRequired[str | None]
    last_used_at: NotRequired[str | None]
    requests_per_second: NotRequired[int | None]
    replaced_by: NotRequired[str | None]
    key: str | None


class KeyListed(TypedDict):
    """A key with its name and scope, without the key itself."""

    id: str
    name: str
    roles: list[str]
    permissions: list[Permission | str]
    area: str | None
    principal: str
    created_at: str
    expires_at: NotRequired[str | None]
    last_used_at: NotRequired[str | None]
    requests_per_second: NotRequired[int | None]
    replaced_by: NotRequired[str | None]


class KeyPage(TypedDict):
    """A page of a list, newest first."""

    items: list[KeyListed]
    next: str | None


Permission = (
    Literal[
        "read",
        "own:read",
        "personal:read",
        "people:find",
        "shared:read",
        "people:copy",
        "consents:record",
        "personal:erase",
        "areas:import",
        "catalogue:manage",
        "stations:manage",
        "organisations:manage",
        "breaches:manage",
        "calendars:manage",
        "plans:manage",
        "indicators:manage",
        "screening:read",
        "screening:manage",
        "screening:record",
        "alerts:manage",
        "supervision:read",
        "supervision:manage",
        "supervision:answer",
        "residents:read",
        "residents:manage",
        "staff:read",
        "staff:manage",
        "reports:read",
        "needs:register",
        "needs:publish",
        "needs:cancel",
        "needs:confirm",
        "needs:evaluate",
        "needs:assess",
        "needs:triage",
        "needs:refer",
        "donors:register",
        "donors:merge",
        "donations:record",
        "funds:manage",
        "stock:share",
        "payments:record",
        "payments:approve",
        "volunteers:register",
        "volunteers:merge",
        "dispatch:act",
        "hours:state",
        "links:answer",
        "notices:report",
        "jobs:manage",
        "webhooks:manage",
        "keys:manage",
        "accounts:manage",
        "audit:read",
        "metrics:read",
    ]
    | str
)
