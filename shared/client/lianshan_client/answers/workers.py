"""Answers of workers: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, Reminder

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Worker(TypedDict):
    """A social worker of a station, without anything that names the person. `area` is that of the station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    state: WorkerState | str
    level: LicenceLevel | str
    licence: LicenceState | str
    registered_until: NotRequired[str | None]
    employed_on: str
    leave_until: NotRequired[str | None]
    trained_in: NotRequired[int | None]
    trained_minutes: NotRequired[int]
    wanted_minutes: NotRequired[int]
    training: NotRequired[TrainingNeed | str]
    assign_by: NotRequired[str | None]
    left_on: NotRequired[str | None]
    reason: NotRequired[EndOfEmployment | str | None]
    reminder: NotRequired[Reminder | None]
    external_id: NotRequired[str | None]


class WorkerPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Worker]
    next: str | None


class WorkerParticularsAnswer(TypedDict):
    """The personal data of a social worker; null where it is not known. Each answer is on record."""

    id: str
    version: int
    area: str
    station_id: str
    state: WorkerState | str
    name: str
    phone: str
    level: LicenceLevel | str
    certificate_number: str | None
    registered_until: str | None


class WorkerShape(TypedDict):
    """A social worker of a station, without anything that names the person. `area` is that of the station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    state: WorkerState | str
    level: LicenceLevel | str
    licence: LicenceState | str
    registered_until: NotRequired[str | None]
    employed_on: str
    leave_until: NotRequired[str | None]
    trained_in: NotRequired[int | None]
    trained_minutes: NotRequired[int]
    wanted_minutes: NotRequired[int]
    training: NotRequired[TrainingNeed | str]
    assign_by: NotRequired[str | None]
    left_on: NotRequired[str | None]
    reason: NotRequired[EndOfEmployment | str | None]
    reminder: NotRequired[Reminder | None]


EndOfEmployment = Literal["resigned", "contract_ended", "retired", "moved_on", "died", "registered_by_mistake"] | str


LicenceLevel = Literal["none", "assistant", "social_worker", "senior"] | str


LicenceState = Literal["none", "in_force", "ending", "expired"] | str


TrainingNeed = Literal["none", "open", "lacking", "reached"] | str


WorkerState = Literal["employed", "on_leave", "left", "erased"] | str
