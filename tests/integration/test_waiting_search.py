"""The waiting list of one volunteer among twenty thousand waiting needs, on MongoDB: found, and quickly."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from volunteering_store import COMMUNITY, PLACE, Service, make

from services.volunteering.dispatch.domain.freed import freed_from
from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.dispatch.storage import OverdueStaffings, WaitingForVolunteer
from services.volunteering.matching.domain.volunteers import Volunteer, hold_of
from shared.contracts.priority_bands import find_band

pytestmark = pytest.mark.integration
MANY = 20_000
DAY = timedelta(days=1)


def waiting(service: Service, need_id: str, **fields: Any) -> dict[str, Any]:
    begins = service.now + DAY
    staffing = Staffing(
        id=need_id, version=1, area=COMMUNITY, place=(PLACE.lon, PLACE.lat), older_old=False, headcount=1,
        **{
            "tags": ("first_aid",), "starts_at": begins, "ends_at": begins + DAY / 24, "score": 90,
            "waiting_in": "1101", **fields,
        },
    )  # fmt: skip
    return staffing.to_document()


@pytest.fixture(scope="module")
def crowded(mongo_uri: str) -> Iterator[Service]:
    """A city in which 20,000 needs wait for a skill, 20,000 for anybody on one day. Read it only."""
    for service in make(mongo_uri):
        rows = service.database["staffings"]
        rows.insert_many([waiting(service, f"need_a{n:05}") for n in range(MANY)])
        rows.insert_many([waiting(service, f"need_b{n:05}", tags=("any",)) for n in range(MANY)])
        later = {"starts_at": service.now + 3 * DAY, "ends_at": service.now + 3 * DAY + DAY / 24}
        rows.insert_one(waiting(service, "need_suits", tags=("any",), score=1, watch_at=service.now, **later))
        yield service


def query_of(service: Service, *booked: timedelta, **fields: Any) -> WaitingForVolunteer:
    held = tuple(hold_of(f"dsp_{n}", service.now + day, service.now + day + DAY) for n, day in enumerate(booked))
    volunteer = Volunteer(
        id="vol_1", area=COMMUNITY, home=(PLACE.lon, PLACE.lat), bookings=held, **{"tags": ("any",), **fields}
    )
    return WaitingForVolunteer(freed_from(volunteer, ZoneInfo("Asia/Shanghai"), service.now))


def test_the_one_that_suits_is_found_behind_twenty_thousand(crowded: Service) -> None:
    (found,) = WaitingForVolunteer.fetch(crowded.database, [query_of(crowded, DAY)])
    assert [row["_id"] for row in found] == ["need_suits"]


@pytest.fixture
def quiet(mongo_uri: str) -> Iterator[Service]:
    """A city of the test's own."""
    yield from make(mongo_uri)


def test_who_has_waited_long_with_few_points_comes_before_those_who_have_just_come_with_more(quiet: Service) -> None:
    """Of 1,500 needs that suit: a find by points would end after the 200 with the most, all of them new."""
    query = query_of(quiet)
    rows = [
        waiting(
            quiet, f"need_{n:05}", score=n % 101, tags=("any",), waiting_since=query.freed.at - (1_500 - n) * DAY / 900
        )
        for n in range(1_500)
    ]
    quiet.database["staffings"].insert_many(rows)
    (found,) = WaitingForVolunteer.fetch(quiet.database, [query])
    expected = sorted(
        rows, key=lambda row: query.freed.rank(row["score"], row["waiting_since"], row["place"], row["_id"])
    )
    assert [row["_id"] for row in found] == [row["_id"] for row in expected[:50]]
    assert min(row["score"] for row in found) < 20 < find_band(0, rows[0]["waiting_since"], quiet.now) * 20


def examined(service: Service, rule: dict[str, Any], sort: dict[str, int]) -> tuple[int, int]:
    """Return the index keys and documents that MongoDB reads for the rule, without a hint."""
    asked = {"find": "staffings", "filter": rule, "sort": sort, "limit": 10}
    stats = service.database.command("explain", asked, verbosity="executionStats")["executionStats"]
    return stats["totalKeysExamined"], stats["totalDocsExamined"]


def test_needs_for_other_skills_are_not_even_looked_at(crowded: Service) -> None:
    query = query_of(crowded, tags=("driving", "lecture"))
    asked = {"find": "staffings", "filter": query.rule, "sort": {"score": -1, "_id": 1}, "hint": "waiting_by_tag"}
    stats = crowded.database.command("explain", asked, verbosity="executionStats")["executionStats"]
    assert stats["totalDocsExamined"] == 0
    assert stats["totalKeysExamined"] < 10


@pytest.mark.parametrize("after", [None, (-DAY, "x")], ids=["the first page", "a later page"])
def test_the_patrol_reads_none_of_the_staffings_that_are_not_due(
    crowded: Service, after: tuple[timedelta, str] | None
) -> None:
    seen = None if after is None else (crowded.now + after[0], after[1])
    assert examined(crowded, OverdueStaffings(crowded.now, seen).rule, {"watch_at": 1, "_id": 1}) == (1, 1)


@pytest.mark.parametrize("booked", [(), (DAY,)], ids=["all suit", "all but one overlap"])
def test_it_stays_quick(crowded: Service, booked: tuple[timedelta, ...], record_property: Any) -> None:
    query, took = query_of(crowded, *booked), []
    for _ in range(20):
        start = time.perf_counter()
        WaitingForVolunteer.fetch(crowded.database, [query])
        took.append((time.perf_counter() - start) * 1000)
    took.sort()
    record_property("median_ms", round(took[10], 1))
    assert took[10] < 500, took  # a busy machine costs more, a scan of the whole list for each far more
