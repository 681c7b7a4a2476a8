"""Balances of the time bank as lists show them, in minutes, with the volunteer's home and the places of service."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

from pymongo import ASCENDING, IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import NEWEST, View, instant
from shared.contracts.volunteering.people import VolunteerChanged, VolunteerErased, VolunteerRegistered
from shared.contracts.volunteering.timebank import HoursAdjusted, HoursCorrected, HoursCredited, HoursMoved
from shared.engine import TURN, Get, Handling, Incoming
from shared.engine.decide.schema import Document

MOST_PLACES: Final = 50
"""Areas of service that a view keeps, the first by their codes."""


class TimebankView(View):
    """A volunteer's balance, in minutes; `seen` is the version of the account, 0 until the first credit.

    `area` is the home, by the volunteer's version `home_seen`; `served_in` are the areas of the needs served.
    """

    collection: ClassVar[str] = "timebank"
    area: str
    balance_minutes: int
    credited_at: str
    home_seen: int = 0
    served_in: tuple[str, ...] = ()


CREDITED: Final[Mapping[str, Document]] = {"seen": {"$gt": 0}}
"""The rule of those who have had a credit: nobody else is listed."""


def _index_by(field: str) -> IndexModel:
    # Partial: most people who are registered have served nowhere yet. Not by the name of the whole index that release
    # 0.2.0 left in the same collection: MongoDB refuses another definition under it.
    return IndexModel([(field, ASCENDING), NEWEST], name=f"credited_by_{field}", partialFilterExpression=CREDITED)


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    TimebankView.collection: [_index_by("area"), _index_by("served_in")]
}


def show_balance(message: Incoming[HoursMoved]) -> Handling:
    """Show the balance after a credit, its correction or its adjustment, and the area of the service."""
    data = message.data
    yield [Get(TimebankView, data.volunteer_id)]
    work = yield TURN
    known = work.get(TimebankView, data.volunteer_id)
    moved = {"seen": data.account_version, "balance_minutes": data.balance_minutes, "credited_at": instant(message)}
    if known is None:
        # The registration comes first in every feed; without it the place of service stands for the home.
        work.put(TimebankView(id=data.volunteer_id, area=data.area, served_in=(data.area,), **moved))
        return
    places = tuple(sorted({*known.served_in, data.area})[:MOST_PLACES])
    newer = moved if data.account_version > known.seen else {}
    if newer or places != known.served_in:
        work.put(known.model_copy(update={**newer, "served_in": places}))


def show_home(message: Incoming[VolunteerRegistered | VolunteerChanged | VolunteerErased]) -> Handling:
    """Keep the volunteer's home, by which the balance is listed."""
    data = message.data
    yield [Get(TimebankView, data.volunteer_id)]
    work = yield TURN
    known = work.get(TimebankView, data.volunteer_id)
    home = {"area": data.area, "home_seen": data.version}
    if known is None:
        none_yet = {"seen": 0, "balance_minutes": 0, "credited_at": ""}
        work.put(TimebankView(id=data.volunteer_id, **none_yet, **home))
    elif data.version > known.home_seen:
        work.put(known.model_copy(update=home))


_BY_VOLUNTEER: Final[Callable[[Any], str]] = lambda data: data.volunteer_id  # noqa: E731 - one for both
MOVED: Final = Projection(show_balance, partition=_BY_VOLUNTEER)
HOME: Final = Projection(show_home, partition=_BY_VOLUNTEER)
PROJECTIONS: Final[ProjectionTable] = {
    HoursCredited: MOVED,
    HoursCorrected: MOVED,
    HoursAdjusted: MOVED,
    VolunteerRegistered: HOME,
    VolunteerChanged: HOME,
    VolunteerErased: HOME,
}
