"""The correction of a need: the edit (修改) of a draft, its command and its event."""

from typing import ClassVar

from pydantic import Field, model_validator

from shared.contracts.access.permissions import Permission
from shared.contracts.messages import Id, Instant, Label, Message, Scope, Title, command, event
from shared.contracts.need_parts import Overdue, Place, Urgency
from shared.contracts.refusals import broken_rule
from shared.contracts.stations.need_request import Beneficiaries, LineAsked, VolunteersAsked
from shared.contracts.stations.needs import NeedAction, NeedSnapshot


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
