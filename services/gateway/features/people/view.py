"""Volunteers as lists show them: the facts that matching uses, nothing about the person."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View, index_by, instant, newest
from shared.contracts.volunteering.people import VolunteerChanged, VolunteerErased, VolunteerRegistered
from shared.engine import Incoming


class VolunteerView(View):
    """A volunteer. The name and the phone are volunteering's alone."""

    collection: ClassVar[str] = "volunteers"
    area: str
    skills: list[str]
    languages: list[str]
    standing_acceptance: bool
    registered_at: str
    erased: bool = False
    state: str = "active"
    paused_until: str | None = None


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {VolunteerView.collection: [index_by("area")]}


def show_volunteer(message: Incoming[VolunteerRegistered]) -> Sequence[VolunteerView]:
    """Return the view of the volunteer who was registered."""
    data = message.data
    shown = VolunteerView(
        id=data.volunteer_id,
        seen=data.version,
        area=data.area,
        skills=list(data.skills),
        languages=list(data.languages),
        standing_acceptance=data.standing_acceptance,
        registered_at=instant(message),
        state=data.state,
    )
    return [shown]


def show_changed(message: Incoming[VolunteerChanged]) -> Sequence[VolunteerView]:
    """Return the view of a volunteer on other terms, or of one who pauses, has left or is back."""
    data = message.data.model_dump(mode="json")
    told = ("area", "skills", "languages", "standing_acceptance", "registered_at", "state", "paused_until")
    return [VolunteerView(id=data["volunteer_id"], seen=data["version"], **{name: data[name] for name in told})]


def show_erased(message: Incoming[VolunteerErased]) -> Sequence[VolunteerView]:
    """Return the view of a volunteer whose data was erased: the id and the area, for hours and dispatches."""
    data = message.data
    registered_at = data.model_dump(mode="json")["registered_at"]
    return [
        VolunteerView(
            id=data.volunteer_id, seen=data.version, area=data.area, skills=[], languages=[],
            standing_acceptance=False, registered_at=registered_at, erased=True,
        )
    ]  # fmt: skip


PROJECTIONS: Final[ProjectionTable] = {
    VolunteerRegistered: Projection(newest(show_volunteer)),
    VolunteerChanged: Projection(newest(show_changed)),
    VolunteerErased: Projection(newest(show_erased)),
}
