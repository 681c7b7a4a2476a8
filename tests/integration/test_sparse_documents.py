"""Each search finds the same rows whether fields at their defaults are stored, as by release 0.2.0, or left out."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from volunteering_store import COMMUNITY, PLACE, Service, make

from services.charity.declaration import DECLARATION as CHARITY
from services.charity.linking.domain.link import Link, LinkLine
from services.charity.linking.queries import list_waiting
from services.charity.linking.storage import WaitingFor, place_in
from services.volunteering.dispatch.domain.freed import freed_from
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from services.volunteering.dispatch.queries import count_waiting
from services.volunteering.dispatch.storage import OverdueStaffings, WaitingForVolunteer
from services.volunteering.matching.domain.asks import AskLimits
from services.volunteering.matching.domain.volunteers import Hold, Volunteer
from services.volunteering.matching.storage import NearestMany
from shared.contracts.charity.linking import ListWaitingNeeds
from shared.contracts.reasons import reason
from shared.engine import Entity
from shared.engine.store.collections import ensure_indexes

pytestmark = pytest.mark.integration
HOME = (PLACE.lon, PLACE.lat)
GOODS = "goods:quilt"


@pytest.fixture(scope="module", params=["sparse", "whole"])
def service(request: pytest.FixtureRequest, mongo_uri: str) -> Iterator[Service]:
    """A store of each form, for the searches of volunteering and of charity. Read it only."""
    for made in make(mongo_uri):
        ensure_indexes(made.database, CHARITY.indexes)
        for entity in (*volunteers(), *staffings(made), *links(made)):
            document = entity.stored_as.stamped(entity.to_document())
            if request.param == "whole":
                document |= _whole(entity)
            made.database[entity.collection].insert_one(document)
        yield made


def _whole(entity: Entity) -> dict[str, Any]:
    return {name: value for name, value in entity.model_dump().items() if name != "id"}


def volunteers() -> Iterator[Volunteer]:
    choices = product((False, True), (None, 1962), ((), ((0, 60),)), ((), 2), ((0, 0), (7, 3)), ((), 1_500))
    for n, (standing, born, windows, offers, asked, booked) in enumerate(choices):
        yield Volunteer(
            id=f"vol_{n:020}", version=1, area=COMMUNITY, home=HOME, tags=("any",), standing=standing, birth_year=born,
            windows=windows, offers=tuple(Hold(f"dsp_{i}", 5_000, 6_000) for i in range(offers or 0)), asked=asked,
            bookings=(Hold("dsp_9", booked, booked + 9),) if booked else (),
        )  # fmt: skip


def staffings(service: Service) -> Iterator[Staffing]:
    gone = Dispatch(
        id="d.1", volunteer_id="vol_1", state="accepted", ring="city", wave=1, why=reason("confirmed_by_standing")
    )
    day = timedelta(days=1)
    begins = service.now + day
    choices = product((None, "1101"), (None, service.now), (None, service.now - day), ((), (gone,)))
    for n, (city, watched, since, dispatches) in enumerate(choices):
        yield Staffing(
            id=f"need_{n}", version=1, area=COMMUNITY, place=HOME, tags=("any",), older_old=False, headcount=2, score=n,
            starts_at=begins, ends_at=begins + day / 24, waiting_in=city, watch_at=watched, waiting_since=since,
            dispatches=dispatches,
        )  # fmt: skip
    yield Staffing(
        id="need_reopened", version=1, area=COMMUNITY, place=HOME, tags=("any",), older_old=False, headcount=2, score=1,
        starts_at=begins, ends_at=begins + day / 24, waiting_in="1101", asks_since=1, slot_since=1,
        dispatches=(gone.model_copy(update={"state": "declined"}),),
    )  # fmt: skip


def links(service: Service) -> Iterator[Link]:
    choices = product((None, service.now), ("waiting", "partial", "committed"), (0, 60))
    for n, (registered, state, priority) in enumerate(choices):
        yield Link(
            id=f"need_{n}", version=1, station_id="st", area=COMMUNITY, state=state, priority=priority, need_version=1,
            published_at=service.now - timedelta(days=n), registered_at=registered,
            lines=(LinkLine(line_id="l1", commodity=GOODS, requested=3),),
        )  # fmt: skip


def test_volunteers_are_found_as_the_rule_says(service: Service) -> None:
    limits = AskLimits(open_offers=2, weekly=3, week=7)
    for standing, born, slot in product((False, True), (None, (1957, 1966)), ((0, 0, None), (1_500, 1_510, (0, 60)))):
        query = NearestMany(
            *HOME, COMMUNITY, ("any",), *slot[:2], slot[2], whole=True, limits=limits, standing=standing, born=born
        )
        (found,) = NearestMany.fetch(service.database, [query])
        assert {row["_id"] for row in found} == {one.id for one in volunteers() if query.matches(one)}


def test_staffings_are_found_as_the_rule_says(service: Service) -> None:
    someone = Volunteer(id="vol_1", area=COMMUNITY, home=HOME, tags=("any",))
    waiting = WaitingForVolunteer(freed_from(someone, ZoneInfo("Asia/Shanghai"), service.now))
    for query in (waiting, OverdueStaffings(service.now), OverdueStaffings(service.now, (service.now, "need_2"))):
        (found,) = type(query).fetch(service.database, [query])  # type: ignore[arg-type]
        fitting = sorted((one for one in staffings(service) if query.matches(one)), key=query.rank)
        assert sorted(row["_id"] for row in found) == sorted(one.id for one in fitting)
        assert fitting
    assert count_waiting(service.database, service.now) == {"": 9}


def test_links_are_found_in_the_order_of_the_rule(service: Service) -> None:
    query = WaitingFor(place_in(GOODS, COMMUNITY), service.now)
    (found,) = WaitingFor.fetch(service.database, [query])
    fitting = sorted((one for one in links(service) if query.matches(one)), key=query.rank)
    assert [row["_id"] for row in found] == [one.id for one in fitting]
    listed = list_waiting(ListWaitingNeeds(area="1101"), service.database)
    assert {one.need_id for one in listed.items} == {one.id for one in fitting}
