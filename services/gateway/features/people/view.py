"""Volunteers as lists show them: the facts that matching uses, nothing about the person."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View, index_by, instant, put_newest
from shared.contracts.volunteering.people import VolunteerRegistered
from shared.engine import Get, Incoming, Load, UnitOfWork


class VolunteerView(View):
    """A volunteer. The name and the phone are volunteering's alone."""

    collection: ClassVar[str] = "volunteers"
    area: str
    skills: list[str]
    languages: list[str]
    standing_acceptance: bool
    registered_at: str


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {VolunteerView.collection: [index_by("area")]}


def load_volunteer(data: VolunteerRegistered) -> Sequence[Load]:
    """Return the load of the volunteer's view."""
    return [Get(VolunteerView, data.volunteer_id)]


def show_volunteer(work: UnitOfWork, message: Incoming[VolunteerRegistered]) -> None:
    """Show the volunteer who was registered."""
    data = message.data
    view = VolunteerView(
        id=data.volunteer_id,
        seen=data.version,
        area=data.area,
        skills=list(data.skills),
        languages=list(data.languages),
        standing_acceptance=data.standing_acceptance,
        registered_at=instant(message),
    )
    put_newest(work, view)


PROJECTIONS: Final[ProjectionTable] = {VolunteerRegistered: Projection(load_volunteer, show_volunteer)}
