"""Working-day calendars: a city uploads a year, the country's days count otherwise, a missing year is reminded of."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from stations_in_memory import COMMUNITY, StationsInMemory

from services.stations.calendars import domain
from services.stations.calendars.domain import Calendar
from services.stations.calendars.working_days import WorkingDays, working_days_of
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.calendars import (
    AmendCalendar,
    CalendarOverdue,
    CalendarShape,
    CalendarSucceeded,
    UploadCalendar,
    WithdrawCalendar,
)
from shared.engine.decide.batch import Decisions, decide
from shared.engine.decide.limits import Conflict

CITY = COMMUNITY[:4]
DISTRICT = COMMUNITY[:6]
CIVIL_AFFAIRS = Actor(kind="person", id="account_civil_affairs", roles=("supervisor",), area=CITY)


class Town:
    """The service with the areas of a city, and calls for the commands of its calendars."""

    def __init__(self) -> None:
        self.engine = StationsInMemory().engine
        self.engine.command(ImportAreas(rows=(AreaRow(code=CITY, name="City"), AreaRow(code=DISTRICT, name="West"))))

    def send(self, command: Any, actor: Actor = CIVIL_AFFAIRS) -> CalendarShape:
        answer: CalendarShape = self.engine.command(command, actor=actor)
        return answer

    def upload(self, year: int = 2027, **changes: Any) -> CalendarShape:
        posted = {"area": CITY, "year": year, "holidays": [f"{year}-02-08"], "made_up": [f"{year}-02-20"], **changes}
        return self.send(UploadCalendar.model_validate(posted))

    def refusal(self, command: Any) -> tuple[str, str | None]:
        with pytest.raises(Refused) as refused:
            self.send(command)
        return refused.value.rule, refused.value.field

    def days(self) -> WorkingDays:
        return working_days_of(COMMUNITY, self.engine.all(Calendar))

    def show(self, year: int) -> CalendarShape:
        return next(one for one in self.engine.all(Calendar) if one.year == year)


@pytest.fixture
def town() -> Town:
    return Town()


def decide_at_once(town: Town, *commands: Any) -> list[bool]:
    """Decide the commands on the same state; return which of them the store keeps, in turn."""
    engine = town.engine
    sent = [
        engine.incoming("command", each, each.type, f"key_{nth}", actor=CIVIL_AFFAIRS)
        for nth, each in enumerate(commands)
    ]
    decided = [decide([(each, engine.handlers.find(each.realm, each.type))], engine.fetch, engine.now) for each in sent]
    return [is_kept(town, each) for each in decided]


def is_kept(town: Town, decided: Decisions) -> bool:
    try:
        town.engine.keep(decided)
    except Conflict:
        return False
    return True


def test_without_an_upload_the_holidays_and_make_up_days_of_the_country_count() -> None:
    country = WorkingDays()
    assert not country.is_working(date(2026, 2, 17)), "the Spring Festival, a Tuesday"
    assert country.is_working(date(2026, 2, 14)), "a Saturday that is worked for it"
    assert country.find_next(date(2026, 2, 17)) == date(2026, 2, 24)
    assert country.knows(date(2026, 12, 31)), "the year is known"


def test_a_year_without_any_calendar_goes_from_monday_to_friday_and_is_not_known() -> None:
    assert not WorkingDays().knows(date(2040, 1, 2))
    assert WorkingDays().is_working(date(2040, 1, 2))
    assert not WorkingDays().is_working(date(2040, 1, 1))


def test_an_uploaded_calendar_counts_in_its_city_in_place_of_the_country_s(town: Town) -> None:
    town.upload(2026, holidays=["2026-03-03"], made_up=["2026-03-07"])
    assert not town.days().is_working(date(2026, 3, 3))
    assert town.days().is_working(date(2026, 3, 7))
    assert town.days().is_working(date(2026, 2, 17)), "the country's days of that year do not count besides"
    elsewhere = working_days_of("222405001001", town.engine.all(Calendar))
    assert elsewhere.is_working(date(2026, 3, 3))


def test_the_calendar_of_the_smallest_area_counts(town: Town) -> None:
    town.upload(2027, area=DISTRICT, holidays=["2027-03-03"], made_up=[])
    town.upload(2027, holidays=["2027-03-04"], made_up=[])
    assert not town.days().is_working(date(2027, 3, 3))
    assert town.days().is_working(date(2027, 3, 4))


def test_the_next_working_day_is_not_looked_for_without_end() -> None:
    off = [date(2030, 1, 1) + timedelta(days=nth) for nth in range(100)]
    assert WorkingDays({2030: (off, ())}).find_next(date(2030, 1, 1)) is None
    assert WorkingDays().find_next(date.max) == date.max, "a Friday, the last day of all"


def test_days_are_kept_in_order_and_once(town: Town) -> None:
    uploaded = town.upload(holidays=["2027-05-03", "2027-01-01", "2027-05-03"])
    assert uploaded.holidays == (date(2027, 1, 1), date(2027, 5, 3))


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"holidays": ["2027-01-01", "2026-12-31"]}, "day_of_another_year", "holidays.1"),
        ({"holidays": ["2027-02-20"]}, "day_off_and_worked", "made_up.0"),
        ({"area": COMMUNITY}, "calendar_area_too_small", "area"),
        ({"area": CITY + "99"}, "unknown_area", "area"),
    ],
)
def test_a_calendar_that_cannot_count_is_refused_by_name(
    town: Town, changes: dict[str, Any], rule: str, field: str
) -> None:
    posted = {"area": CITY, "year": 2027, "holidays": [], "made_up": ["2027-02-20"], **changes}
    assert town.refusal(UploadCalendar.model_validate(posted)) == (rule, field)
    assert not town.engine.all(Calendar)


def test_an_area_has_one_calendar_a_year_until_it_is_withdrawn(town: Town) -> None:
    first = town.upload()
    again = UploadCalendar(area=CITY, year=2027, holidays=(date(2027, 1, 4),))
    assert town.refusal(again) == ("calendar_known", "year")
    town.send(WithdrawCalendar(id=first.id, expected_version=1))
    assert town.days().is_working(date(2027, 2, 8)), "a withdrawn calendar does not count"
    assert town.refusal(AmendCalendar(id=first.id, holidays=())) == ("calendar_withdrawn", "id")
    assert town.refusal(WithdrawCalendar(id=first.id)) == ("calendar_withdrawn", "id")
    assert town.send(again).version == 3


def test_an_amendment_replaces_all_days_and_one_that_changes_nothing_is_no_news(town: Town) -> None:
    calendar = town.upload()
    amended = town.send(AmendCalendar(id=calendar.id, holidays=(date(2027, 2, 9),)))
    assert (amended.holidays, amended.made_up, amended.version) == ((date(2027, 2, 9),), (), 2)
    assert town.send(AmendCalendar(id=calendar.id, holidays=(date(2027, 2, 9),))).version == 2


def test_the_calendar_of_the_next_year_is_asked_for_until_it_is_here(town: Town) -> None:
    calendar = town.upload(2027)
    step = calendar.next_step
    assert step is not None
    assert (step.code, step.args, step.due) == ("upload_calendar", {"year": 2028}, datetime(2027, 12, 15, tzinfo=UTC))
    town.engine.advance(datetime(2027, 12, 15, 0, 1, tzinfo=UTC) - town.engine.now)
    reminded = town.engine.events[-1].data
    assert isinstance(reminded, CalendarOverdue)
    assert reminded.reminder is not None
    assert reminded.reminder.area == CITY, "the city itself is reminded: no station can upload one"
    town.upload(2028)
    assert town.show(2027).succeeded
    assert town.show(2027).reminder is None
    town.send(WithdrawCalendar(id=town.show(2028).id))
    assert not town.show(2027).succeeded, "without it, it is asked for again"


def test_a_year_that_the_country_s_list_has_is_not_asked_for(town: Town) -> None:
    assert town.upload(2025).next_step is None


def test_a_calendar_before_an_uploaded_one_has_its_successor_at_once(town: Town) -> None:
    town.upload(2028)
    assert town.upload(2027).next_step is None


def test_calendars_of_two_years_uploaded_at_once_know_each_other(town: Town) -> None:
    kept = decide_at_once(
        town, *(UploadCalendar(area=CITY, year=year, holidays=(date(year, 2, 8),)) for year in (2027, 2028))
    )  # fmt: skip
    assert kept == [True, False], "the second is decided again"
    town.upload(2028)
    assert (town.show(2027).succeeded, town.show(2027).reminder) == (True, None)


def test_a_withdrawal_and_an_upload_of_the_year_before_at_once_leave_no_calendar_unasked_for(town: Town) -> None:
    following = town.upload(2028)
    upload = UploadCalendar(area=CITY, year=2027, holidays=(date(2027, 2, 8),))
    assert decide_at_once(town, WithdrawCalendar(id=following.id), upload) == [True, False]
    assert town.send(upload).next_step is not None


def test_a_withdrawn_calendar_is_uploaded_again_under_its_own_name(town: Town) -> None:
    first = town.upload(external_id="calendar-2027")
    town.send(WithdrawCalendar(id=first.id))
    again = town.upload(external_id="calendar-2027")
    assert (again.id, again.state) == (first.id, "in_force")
    assert town.refusal(
        UploadCalendar(area=CITY, year=2029, holidays=(), external_id="calendar-2027")
    ) == ("external_id_taken", "external_id")  # fmt: skip


def test_a_newer_list_of_the_country_ends_the_step_with_one_event(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.upload(2027)
    monkeypatch.setattr(domain, "is_known_year", lambda year: year <= 2028)
    town.engine.advance(timedelta(days=800))
    (told,) = town.engine.emitted(CalendarSucceeded)
    assert (told.succeeded, told.next_step) == (True, None)
    assert not town.engine.emitted(CalendarOverdue)
