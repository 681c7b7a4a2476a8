"""The number of people screened: the sum over the screenings, in any order and with any repetition of events."""

from random import Random
from typing import Any

from gateway_events import event_of
from hypothesis import given, settings
from hypothesis import strategies as st
from report_views import views_after

from services.gateway.features.reports.people_screened import ScreenedCount, count_ids
from services.gateway.features.reports.periods import read_period
from services.gateway.following.memory import ViewsInMemory
from shared.contracts import CloudEvent
from shared.contracts.legal_days import periods_around
from shared.contracts.stations.screenings import (
    NewPeople,
    ScreeningBegun,
    ScreeningEnded,
    ScreeningHandedOver,
    ScreeningPlanned,
    ScreeningProgressed,
)
from shared.engine.decide.memory import START

HOME, STREET, AWAY = "110102009017", "110102009", "110105001002"


def screening(kind: type[Any], version: int, of: str = "screening_1", **changes: Any) -> CloudEvent:
    shape: dict[str, Any] = {
        "id": of, "version": version, "area": HOME, "station_id": "station_1", "indicators": ("systolic_pressure",),
        "expected": 50, "starts_at": START, "ends_at": START, "began_at": START, "state": "running", **changes,
    }  # fmt: skip
    return event_of(kind(**shape), version=version, subject=of, minutes=version)


def counts(number: int, year: int | None = None) -> NewPeople:
    """So many people in every place of the day and its periods; in the year another number."""
    whole = dict.fromkeys(NewPeople.model_fields, (number,) * 6)
    return NewPeople(**{**whole, "year": ((number if year is None else year),) * 6})


HELD = [
    screening(ScreeningPlanned, 1, began_at=None, state="planned"),
    screening(ScreeningBegun, 2),
    screening(ScreeningProgressed, 3, new_people=counts(1)),
    screening(ScreeningProgressed, 4, new_people=counts(2)),
    screening(ScreeningEnded, 5, new_people=counts(2), state="ended"),
    screening(ScreeningProgressed, 1, "screening_2", area=STREET, new_people=counts(3, 1)),
    screening(ScreeningProgressed, 2, "screening_2", area=STREET, new_people=counts(3, 0)),
]


def people(views: ViewsInMemory, area: str, key: str) -> int:
    ids = count_ids(area, key)
    return sum(one.people for one in views.entities.values() if isinstance(one, ScreenedCount) and one.id in ids)


def kept(views: ViewsInMemory) -> dict[str, int]:
    return {one.id: one.people for one in views.entities.values() if isinstance(one, ScreenedCount) and one.people}


def test_the_people_of_several_screenings_are_added_up_by_place_and_period() -> None:
    views = views_after(*HELD)
    assert [people(views, area, "2026-03") for area in ("", "11", "1101", "110102", STREET, HOME)] == [5, 5, 5, 5, 5, 2]
    assert [people(views, STREET, key) for key in ("2026-03-02", "2026-W10", "2026-Q1", "2026")] == [5, 5, 5, 2]
    assert people(views, AWAY, "2026") == 0


def test_a_screening_that_goes_to_another_district_takes_its_people_along() -> None:
    views = views_after(*HELD[:5], screening(ScreeningHandedOver, 6, area=AWAY, new_people=counts(2)))
    assert [people(views, area, "2026") for area in ("", "1101", "110102", HOME, "110105", AWAY)] == [2, 2, 0, 0, 2, 2]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_any_order_and_repetition_of_events_counts_the_same(seed: int, together: bool) -> None:
    draw = Random(seed)
    others = [*HELD, *draw.choices(HELD, k=3)]
    draw.shuffle(others)
    assert kept(views_after(*others, together=together)) == kept(views_after(*HELD))


def test_the_periods_of_a_day_have_the_names_that_reports_ask_for() -> None:
    around = periods_around("2027-01-02")
    assert list(around.values()) == ["2027-01-02", "2026-W53", "2027-01", "2027-Q1", "2027"]
    assert list(around) == list(NewPeople.model_fields)
    assert all(read_period(name).first.isoformat() <= "2027-01-02" for name in around.values())
