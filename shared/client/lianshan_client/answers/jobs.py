"""Answers of jobs: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, ReasonAnswer, Reminder

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Job(TypedDict):
    """A job as it stands: the rows of its file, those taken in, unchanged and bad, and the problem that ended it."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    kind: ImportKind | str
    state: JobState | str
    dry_run: bool
    bytes: NotRequired[int]
    total: NotRequired[int | None]
    done: NotRequired[int]
    taken: NotRequired[int]
    unchanged: NotRequired[int]
    bad: NotRequired[int]
    problem: NotRequired[ReasonAnswer | None]
    begun_at: str
    ended_at: NotRequired[str | None]
    kept_until: NotRequired[str | None]
    closed_at: NotRequired[str | None]
    reminder: NotRequired[Reminder | None]
    external_id: NotRequired[str | None]


class JobPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Job]
    next: str | None


class JobShape(TypedDict):
    """A job as it stands: the rows of its file, those taken in, unchanged and bad, and the problem that ended it."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    kind: ImportKind | str
    state: JobState | str
    dry_run: bool
    bytes: NotRequired[int]
    total: NotRequired[int | None]
    done: NotRequired[int]
    taken: NotRequired[int]
    unchanged: NotRequired[int]
    bad: NotRequired[int]
    problem: NotRequired[ReasonAnswer | None]
    begun_at: str
    ended_at: NotRequired[str | None]
    kept_until: NotRequired[str | None]
    closed_at: NotRequired[str | None]
    reminder: NotRequired[Reminder | None]


class RowErrorAnswer(TypedDict):
    """One error of one row; the value of the cell is not kept."""

    row: int
    sheet: str
    column: str
    problem: ReasonAnswer


class RowErrorPage(TypedDict):
    """A page of a list, newest first."""

    items: list[RowErrorAnswer]
    next: str | None


ImportKind = Literal["areas", "needs", "workers", "residents", "screenings"] | str


JobState = Literal["receiving", "waiting", "running", "done", "failed", "cancelled"] | str
