"""Answers of organisations: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import LinkageRole, NextStepAnswer, Reminder

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Organisation(TypedDict):
    """An organisation; `areas` are those it works in, `area` is its seat."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    name: str
    credit_code: str
    kind: OrganisationKind | str
    roles: NotRequired[list[LinkageRole | str]]
    areas: NotRequired[list[str]]
    qualification: NotRequired[Qualification | None]
    validity: NotRequired[Validity | str]
    may_fundraise: NotRequired[bool]
    state: OrganisationState | str
    reason: NotRequired[str | None]
    reminder: NotRequired[Reminder | None]
    external_id: NotRequired[str | None]


class OrganisationPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Organisation]
    next: str | None


class OrganisationShape(TypedDict):
    """An organisation; `areas` are those it works in, `area` is its seat."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    name: str
    credit_code: str
    kind: OrganisationKind | str
    roles: NotRequired[list[LinkageRole | str]]
    areas: NotRequired[list[str]]
    qualification: NotRequired[Qualification | None]
    validity: NotRequired[Validity | str]
    may_fundraise: NotRequired[bool]
    state: OrganisationState | str
    reason: NotRequired[str | None]
    reminder: NotRequired[Reminder | None]


class Qualification(TypedDict):
    """A qualification for public fundraising (公开募捐资格, Charity Law, art. 22)."""

    certificate: str
    since: str
    until: NotRequired[str | None]


OrganisationKind = (
    Literal[
        "social_service_institution",
        "foundation",
        "social_group",
        "community_organisation",
        "enterprise",
        "public_institution",
        "government",
    ]
    | str
)


OrganisationState = Literal["active", "suspended", "ended"] | str


Validity = Literal["none", "ahead", "in_force", "lapsed"] | str
