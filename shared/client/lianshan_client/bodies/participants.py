"""Bodies of participants: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..answers.common import LinkageRole

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class LinkOrganisation(TypedDict):
    """Link an organisation to a station, with one of its roles in the linkage. Answers ParticipantShape."""

    external_id: NotRequired[str | None]
    station_id: str
    organisation_id: str
    role: LinkageRole


class UnlinkOrganisationBody(TypedDict):
    """Unlink an organisation from a station. Answers ParticipantShape."""

    reason: UnlinkReason


UnlinkReason = Literal["agreement_ended", "organisation_left", "linked_by_mistake"]
