"""Bodies of needs: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..answers.common import Place
from ..answers.needs_parts import IntakeChannel, OverrideReason, ProblemDomain, RiskLevel
from .common import GoodsAsked, MoneyAsked, ServiceAsked

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class AmendIn(TypedDict):
    """The parts of a published need that are to be others, and why; those that are null or empty stay."""

    reason_code: AmendmentReason
    note: NotRequired[str]
    title: NotRequired[str | None]
    station_id: NotRequired[str | None]
    location: NotRequired[Place | None]
    due: NotRequired[str | None]
    lines: NotRequired[list[LineAmended]]
    new_lines: NotRequired[list[GoodsAsked | MoneyAsked | ServiceAsked]]
    dropped_lines: NotRequired[list[str]]
    headcount: NotRequired[int | None]
    slot: NotRequired[Slot | None]


class AssessIn(TypedDict):
    """The assessment of a need. The words stay with the station, and are read apart from the need."""

    domains: list[ProblemDomain]
    risk: RiskLevel
    problem: str
    causes: NotRequired[str]
    strengths: NotRequired[str]
    wishes: NotRequired[str]


class Beneficiaries(TypedDict):
    """How many people, and which groups make them vulnerable (for the triage score)."""

    count: int
    groups: NotRequired[list[str]]


class CancelIn(TypedDict):
    """The words of the reason stay with the station; its code is announced."""

    reason: NotRequired[str]
    reason_code: NotRequired[CancelReason]


class ConfirmIn(TypedDict):
    """The delivered amounts, line by line, and a note, which stays with the station."""

    note: NotRequired[str]
    delivered: NotRequired[list[LineDelivered]]


class EditIn(TypedDict):
    """The fields of a draft that are to change; those that are null stay."""

    station_id: NotRequired[str | None]
    title: NotRequired[str | None]
    theme: NotRequired[str | None]
    channel: NotRequired[IntakeChannel | None]
    urgency: NotRequired[UrgencyWord | None]
    severity: NotRequired[int | None]
    due: NotRequired[str | None]
    location: NotRequired[Place | None]
    beneficiaries: NotRequired[int | Beneficiaries | None]
    lines: NotRequired[list[GoodsAsked | MoneyAsked | ServiceAsked] | None]
    volunteers: NotRequired[VolunteersAsked | None]
    without_volunteers: NotRequired[bool]


class EvaluateIn(TypedDict):
    """A rating from 1 to 5; the comment stays with the station."""

    rating: int
    comment: NotRequired[str]


class ExtendIn(TypedDict):
    """The later due time, and why."""

    due: str
    reason_code: ExtensionReason


class LineAmended(TypedDict):
    """The quantity of a line from now on, in the unit of the line; of a line of money in fen."""

    line_id: str
    quantity: int


class LineDelivered(TypedDict):
    """The delivered amount of a line, in the item's base unit or in fen: 0 up to the committed amount."""

    line_id: str
    amount: int


class MergeNeedIn(TypedDict):
    """The need that goes on, and the parts of the duplicate that it takes over."""

    into_id: str
    expected_into_version: NotRequired[int | None]
    lines: NotRequired[list[str]]
    headcount: NotRequired[int | None]


class NamedIn(TypedDict):
    """The residents whom a need is about, in the place of those before; none: nobody is named."""

    residents: list[str]


class NeedIn(TypedDict):
    """A resident's need. It asks for at least one line or for volunteers."""

    station_id: str
    title: str
    theme: str
    channel: NotRequired[IntakeChannel]
    urgency: UrgencyWord
    severity: NotRequired[int]
    due: str
    location: Place
    beneficiaries: int | Beneficiaries
    lines: NotRequired[list[GoodsAsked | MoneyAsked | ServiceAsked]]
    volunteers: NotRequired[VolunteersAsked | None]
    publish: NotRequired[bool]
    external_id: NotRequired[str | None]
    residents: NotRequired[list[str]]


class NeedsIn(TypedDict):
    """Several needs; each is checked and taken on its own (see NeedIn)."""

    needs: list[NeedIn | OtherNeed]


class OtherNeed(TypedDict):
    """An object that is no NeedIn: it is refused in its place, with the rules that it breaks; others are taken."""


class ReopenIn(TypedDict):
    """The new due time, the volunteers' new slot where theirs is over, and why."""

    due: str
    slot: NotRequired[Slot | None]
    reason_code: ReopeningReason


class Slot(TypedDict):
    """The time for which the volunteers are asked."""

    starts_at: str
    ends_at: str


class TriageIn(TypedDict):
    """The score that counts from now on instead of the computed one, or null for the computed one again, and why."""

    score: NotRequired[int | None]
    reason_code: OverrideReason


class UndoIn(TypedDict):
    """Why the confirmation was wrong."""

    reason_code: UndoReason


class VolunteersAsked(TypedDict):
    """The volunteers that a need asks for, with skills and languages as their caller writes them."""

    headcount: int
    skills: NotRequired[list[str]]
    languages: NotRequired[list[str]]
    starts_at: str
    ends_at: str


AmendmentReason = Literal["entered_wrongly", "circumstances_changed", "agreed_with_resident"]


CancelReason = Literal[
    "unspecified", "no_longer_needed", "served_otherwise", "registered_twice", "resident_moved", "entered_wrongly"
]


ExtensionReason = Literal["delivery_delayed", "volunteers_found_later", "agreed_with_resident"]


ReopeningReason = Literal["still_needed", "help_found", "ended_wrongly"]


UndoReason = Literal["wrong_amounts", "not_delivered", "another_need"]


UrgencyWord = Literal["low", "normal", "medium", "high", "urgent", "critical"]
