"""Calls of participants: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer, LinkageRole
from ..answers.participants import Participant, ParticipantPage, ParticipantShape, ParticipantState
from ..bodies.participants import LinkOrganisation, UnlinkOrganisationBody
from ..calls import Call, Listing, new_key


def link_organisation(body: LinkOrganisation, *, idempotency_key: str | None = None) -> Call[Participant]:
    """Link an organisation to a station, with one of its roles in the linkage."""
    return Call("POST", "/v1/participants", body=body, idempotency_key=idempotency_key or new_key())


def list_participants(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    station_id: str | None = None,
    organisation_id: str | None = None,
    role: Sequence[LinkageRole] | None = None,
    state: Sequence[ParticipantState] | None = None,
) -> Listing[ParticipantPage, Participant]:
    """List participants, newest first."""
    return Listing(
        "GET",
        "/v1/participants",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "station_id": station_id,
            "organisation_id": organisation_id,
            "role": role,
            "state": state,
        },
    )


def count_participants(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count participants by role and state."""
    return Call("GET", "/v1/participants:count", query={"area": area})


def read_participant(participant_id: str) -> Call[Participant]:
    """Show one participant."""
    return Call("GET", f"/v1/participants/{quote(participant_id, safe='')}")


def read_participant_history(
    participant_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one participant, oldest first."""
    return Listing(
        "GET", f"/v1/participants/{quote(participant_id, safe='')}/history", query={"limit": limit, "after": after}
    )


def unlink_organisation(
    participant_id: str,
    body: UnlinkOrganisationBody,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[ParticipantShape]:
    """Unlink an organisation from a station."""
    return Call(
        "POST",
        f"/v1/participants/{quote(participant_id, safe='')}/unlink",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
