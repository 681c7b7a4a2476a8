"""Dispatches as lists show them, from every event of a staffing."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View, index_by, newest
from shared.contracts.volunteering import dispatch as contract
from shared.contracts.volunteering.dispatch import (
    StaffingChanged,
    StaffingSnapshot,
    VolunteersAwaited,
    VolunteersConfirmed,
    VolunteersOffered,
    VolunteersReleased,
)
from shared.engine import Incoming
from shared.engine.decide.schema import Document

_NOT_IN_PART: Final = {
    "dispatch_id",  # the id of the view
    "version",  # `seen`
    "volunteer_id",  # a field of the view itself: lists filter by it
    "state",  # likewise
}


class DispatchView(View):
    """One volunteer's part in one need. `part` is the event's record of it, without the fields that stand here."""

    collection: ClassVar[str] = "dispatches"
    need_id: str
    volunteer_id: str
    area: str
    state: str
    part: Document


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    DispatchView.collection: [index_by("area"), index_by("need_id"), index_by("volunteer_id"), index_by("state")]
}


def show_dispatches(message: Incoming[StaffingSnapshot]) -> Sequence[DispatchView]:
    """Return each dispatch that the event changed."""
    return [_view(message.data, part) for part in message.data.changed]


def _view(data: StaffingSnapshot, part: contract.DispatchView) -> DispatchView:
    return DispatchView(
        id=part.dispatch_id,
        seen=part.version,
        need_id=data.need_id,
        volunteer_id=part.volunteer_id,
        area=data.area,
        state=part.state,
        part=part.model_dump(mode="json", exclude=_NOT_IN_PART),
    )


CHANGED: Final = Projection(newest(show_dispatches))
PROJECTIONS: Final[ProjectionTable] = {
    VolunteersOffered: CHANGED,
    VolunteersConfirmed: CHANGED,
    StaffingChanged: CHANGED,
    VolunteersAwaited: CHANGED,
    VolunteersReleased: CHANGED,
}
