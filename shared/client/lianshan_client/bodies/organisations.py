"""Bodies of organisations: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..answers.common import LinkageRole
from ..answers.organisations import OrganisationKind, Qualification

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ChangeOrganisationBody(TypedDict):
    """Replace the particulars of an organisation. Answers OrganisationShape."""

    name: str
    credit_code: str
    kind: OrganisationKind
    roles: NotRequired[list[LinkageRole]]
    area: str
    areas: NotRequired[list[str]]
    qualification: NotRequired[Qualification | None]


class EndOrganisationBody(TypedDict):
    """End an organisation's part for good. Answers OrganisationShape."""

    reason: OrganisationEndReason


class RegisterOrganisation(TypedDict):
    """Register an organisation. Answers OrganisationShape."""

    external_id: NotRequired[str | None]
    name: str
    credit_code: str
    kind: OrganisationKind
    roles: NotRequired[list[LinkageRole]]
    area: str
    areas: NotRequired[list[str]]
    qualification: NotRequired[Qualification | None]


class ResumeOrganisationBody(TypedDict):
    """End a suspension. Answers OrganisationShape."""


class SuspendOrganisationBody(TypedDict):
    """Suspend an active organisation. Answers OrganisationShape."""

    reason: SuspensionReason


OrganisationEndReason = Literal["deregistered", "merged", "left", "registered_by_mistake"]


SuspensionReason = Literal["inspection_failed", "under_investigation", "at_own_request", "licence_lapsed"]
