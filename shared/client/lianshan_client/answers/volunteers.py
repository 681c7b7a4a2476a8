"""Answers of volunteers: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import CheckState, DispatchState, Place

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class SecondRegistrationAnswer(TypedDict):
    """A registration that looks like a person known before, as that person sees it: without its id and its area."""

    check_id: str
    registered_at: str
    state: CheckState | str
    disowned_at: str | None


class StandingAnswer(TypedDict):
    """The bounds of standing acceptance, and whether this volunteer has given it."""

    day_hours: int
    week_hours: int
    begins: str
    ends: str
    minors_begin: str
    minors_end: str
    always_asked: list[str]
    grace_minutes: int
    travel_kilometres_an_hour: int
    travel_free_metres: int
    standing_acceptance: bool


class VolunteerAnswer(TypedDict):
    """A volunteer. Personal data is shown to keys with `personal:read` only; null where it is not known."""

    id: str
    external_id: NotRequired[str | None]
    version: int
    area: str
    skills: list[str]
    languages: list[str]
    standing_acceptance: bool
    registered_at: str
    state: NotRequired[VolunteerState | Literal["erased"] | str]
    paused_until: NotRequired[str | None]
    erased: bool
    name: str | None
    phone: str | None
    location: Place | None
    birth_year: int | None
    identity_number: str | None
    availability: list[Window] | None
    second_registrations: NotRequired[list[SecondRegistrationAnswer]]
    merged_ids: NotRequired[list[str]]
    email: str | None


class VolunteerContact(TypedDict):
    """Name and telephone of a volunteer who has promised to come; never part of an event."""

    need_id: str
    volunteer_id: str
    dispatch_id: str
    state: DispatchState | str
    name: str
    phone: str


class VolunteerPage(TypedDict):
    """A page of a list, newest first."""

    items: list[VolunteerAnswer]
    next: str | None


class Window(TypedDict):
    """A weekly window, local time of the city: ISO 8601 weekdays 1 (Monday) to 7, `HH:MM` to `HH:MM`."""

    days: list[int]
    start: str
    end: str


VolunteerState = Literal["active", "paused", "left", "pending", "rejected"] | str
