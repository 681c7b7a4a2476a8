"""Answers of participants: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import LinkageRole, NextStepAnswer

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Participant(TypedDict):
    """An organisation's part in the linkage at a station. `area` is that of the station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    organisation_id: str
    role: LinkageRole | str
    state: ParticipantState | str
    linked_at: str
    ended_at: NotRequired[str | None]
    reason: NotRequired[UnlinkedFor | str | None]
    external_id: NotRequired[str | None]


class ParticipantPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Participant]
    next: str | None


class ParticipantShape(TypedDict):
    """An organisation's part in the linkage at a station. `area` is that of the station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    organisation_id: str
    role: LinkageRole | str
    state: ParticipantState | str
    linked_at: str
    ended_at: NotRequired[str | None]
    reason: NotRequired[UnlinkedFor | str | None]


ParticipantState = Literal["linked", "unlinked"] | str


UnlinkedFor = (
    Literal[
        "agreement_ended",
        "organisation_left",
        "linked_by_mistake",
        "organisation_ended",
        "station_closed",
        "station_merged",
    ]
    | str
)
