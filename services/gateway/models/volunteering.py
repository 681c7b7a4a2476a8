"""Answers about volunteers, dispatches and the time bank."""

from typing import Any

from pydantic import AwareDatetime

from services.gateway.models.answers import Answer, Ring, Thing
from shared.contracts.need_parts import Place
from shared.contracts.volunteering.dispatch import DispatchState


class VolunteerAnswer(Thing):
    """Who it is, only for keys with the permission `personal`."""

    area: str
    skills: list[str]
    languages: list[str]
    standing_acceptance: bool
    registered_at: AwareDatetime
    name: str | None
    phone: str | None
    location: Place | None
    birth_year: int | None
    availability: list[dict[str, Any]] | None


class DispatchAnswer(Thing):
    """One volunteer's part in one need, and why this volunteer."""

    need_id: str
    volunteer_id: str
    area: str
    state: DispatchState
    ring: Ring
    wave: int
    standing: bool
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    expires_at: AwareDatetime | None
    checked_in_at: AwareDatetime | None
    checked_out_at: AwareDatetime | None
    minutes: int
    why: str


class BalanceAnswer(Answer):
    """A balance, in minutes."""

    volunteer_id: str
    version: int
    area: str
    balance_minutes: int
    credited_at: AwareDatetime


class Statement(Answer):
    """What moved, oldest first."""

    items: list[dict[str, Any]]
    next: str | None


class AccountAnswer(Answer):
    """A balance with its statement."""

    volunteer_id: str
    area: str
    balance_minutes: int
    statement: Statement
