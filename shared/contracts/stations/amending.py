"""The correction of a need: the edit (修改) of a draft, and the amendment (更正) of a published need."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from shared.contracts.access.permissions import Permission
from shared.contracts.messages import OPEN, Id, Instant, Label, Message, Scope, Text, Title, command, event
from shared.contracts.need_parts import Overdue, Place, Quantity, Urgency
from shared.contracts.refusals import broken_rule
from shared.contracts.stations.need_intake import IntakeChannel, OverrideReason
from shared.contracts.stations.need_request import Beneficiaries, LineAsked, VolunteersAsked
from shared.contracts.stations.needs import NeedAction, NeedProgress, NeedSnapshot
from shared.contracts.stations.reopening import Slot

AmendmentReason = Literal["entered_wrongly", "circumstances_changed", "agreed_with_resident"]
"""Why a published need is amended: it was written down wrongly, less or more is needed by now, or it was agreed."""
SuccessionReason = Literal["station_moved", "station_merged"]
"""Why a need goes on at another station: its own has moved, or was merged into that one."""
HandoverReason = Literal[SuccessionReason, "referred"]
"""Likewise, or because the other station has accepted it as a referral."""
AmendedFor = Literal[AmendmentReason, OverrideReason, HandoverReason]
"""The reason of an amendment as it is announced."""
AmendedPart = Literal["title", "station", "place", "due", "lines", "headcount", "slot", "triage"]
"""A part of a need that an amendment has changed; `triage` is changed by its override alone."""


@event
class NeedEdited(NeedSnapshot):
    """A draft was edited by its station. Its waiting counts from its registration as before."""

    type: ClassVar[str] = "stations.need.edited"
    step_due: Instant | None = None
    overdue: Overdue | None = None


class NeedEdit(Message):
    """The fields of a draft that are to change; those that are null stay.

    `lines` and `volunteers` replace those of before as a whole; `without_volunteers` has the need ask for nobody.
    """

    station_id: Id | None = None
    title: Title | None = None
    theme: Label | None = None
    channel: IntakeChannel | None = None
    urgency: Urgency | None = None
    severity: int | None = Field(default=None, strict=True, ge=1, le=5)
    due: Instant | None = None
    location: Place | None = None
    beneficiaries: Beneficiaries | None = None
    lines: tuple[LineAsked, ...] | None = Field(default=None, max_length=20)
    volunteers: VolunteersAsked | None = None
    without_volunteers: bool = False

    @model_validator(mode="after")
    def _changes_something(self) -> "NeedEdit":
        if all(getattr(self, name) in (None, False) for name in NeedEdit.model_fields):
            raise broken_rule("nothing_to_change")
        if self.without_volunteers and self.volunteers is not None:
            raise broken_rule("volunteers_and_none", field="without_volunteers")
        return self


@command
class EditNeed(NeedEdit, NeedAction):
    """Edit a draft, by the rules of its registration; another station has to be open. Answers the need."""

    type: ClassVar[str] = "EditNeed"
    permission: ClassVar[Permission] = "needs:register"
    scope: ClassVar[Scope] = Scope(found=("need_id", "station_id"))


@event
class NeedAmended(NeedProgress):
    """A published need was amended: lines, volunteers, place and due time are those that count from now on.

    `amended` names the parts that are others than before. A line keeps its id; that of a dropped one is not used again.
    """

    type: ClassVar[str] = "stations.need.amended"
    amended: tuple[Annotated[AmendedPart, OPEN], ...] = Field(default=(), max_length=20)
    amended_for: Annotated[AmendedFor, OPEN]


class LineAmended(Message):
    """The quantity of a line from now on, in the unit of the line; of a line of money in fen."""

    line_id: Id
    quantity: Quantity


class NeedAmendment(Message):
    """The parts of a published need that are to change, with the reason; those that are null or empty stay.

    `lines` are those with another quantity. A line for another item is one of `dropped_lines` and one of `new_lines`.
    The words of `note` may speak of a person and stay with the station; the code is announced.
    """

    reason_code: AmendmentReason
    note: Text = ""
    title: Title | None = None
    station_id: Id | None = None
    location: Place | None = None
    due: Instant | None = None
    lines: tuple[LineAmended, ...] = Field(default=(), max_length=20)
    new_lines: tuple[LineAsked, ...] = Field(default=(), max_length=20)
    dropped_lines: tuple[Id, ...] = Field(default=(), max_length=20)
    headcount: int | None = Field(default=None, strict=True, ge=1, le=1000)
    slot: Slot | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> "NeedAmendment":
        told = {"reason_code", "note"}
        if not any(getattr(self, name) for name in NeedAmendment.model_fields if name not in told):
            raise broken_rule("nothing_to_change")
        return self


@command
class AmendNeed(NeedAmendment, NeedAction):
    """Amend a published need that nobody has begun to serve, upwards or downwards. Answers the need.

    Charity and volunteering follow: they give back supply and people no longer requested, and search for additional
    ones.
    """

    type: ClassVar[str] = "AmendNeed"
    permission: ClassVar[Permission] = "needs:publish"
    scope: ClassVar[Scope] = Scope(found=("need_id", "station_id"))
    reason_field: ClassVar[str] = "reason_code"
