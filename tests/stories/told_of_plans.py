"""The stories of care plans: the weekly visits of Warm Sunset (情暖夕阳), with a festival, edits, one carer."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from deploy.lianshan.clock.calendar import CITY_ZONE
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.calendars import UploadCalendar
from shared.contracts.stations.needs import ConfirmNeed
from shared.contracts.stations.plan_homes import AddHome
from shared.contracts.stations.plan_previews import PreviewPlanEdit
from shared.contracts.stations.plans import EditPlan, RegisterPlan
from shared.contracts.volunteering.dispatch import CheckIn, CheckOut
from tests.stories.stage import HOUR, Document, Stage
from tests.stories.told import lets_time_pass

DAY = timedelta(days=1)
WEEK = 7 * DAY
MINUTE = timedelta(minutes=1)


class WarmSunset:
    """A station whose plan visits homes each week at 10:00, from the first weekday on: visits move from days off."""

    def __init__(self, city: Stage) -> None:
        self.city = city
        city.to_morning()
        (self.station,) = city.open_stations(city.home)
        city.send(ImportAreas(rows=(AreaRow(code=city.city, name="The city"),)))
        self.worker = Actor(kind="person", id=f"lu-{city.city}", roles=("station_worker",), area=city.home)
        self.office = Actor(kind="person", id=f"office-{city.city}", roles=("supervisor",), area=city.city)
        self.first = weekday_from(city.now().astimezone(CITY_ZONE).date())
        asked = RegisterPlan.model_validate(
            {
                "station_id": self.station, "theme": "elderly_care", "starts_on": self.first, "minutes": 60,
                "ends_on": self.first + 10 * WEEK, "recurrence": "FREQ=WEEKLY", "visit_time": "10:00",
                "days_off": "move", "visitors": {"headcount": 1},
            }
        )  # fmt: skip
        self.plan: str = city.send(asked, self.worker)["id"]

    def add_home(self) -> str:
        """Add the home of a draft, and go on until its first two visits are made."""
        draft = self.city.ask(self.station, people=1, publish=False)
        home: str = self.city.send(AddHome(plan_id=self.plan, need_id=draft), self.worker)["id"]
        self.city.until(lambda: len(self.visits(home, "made")) == 2, "the visits of two weeks are made")
        return home

    def visits(self, home: str, *states: str) -> dict[str, Document]:
        """The visits of the home as the gateway shows them, by their day of the rule."""
        shapes = (row["shape"] for row in self.city.shown("occurrences"))
        return {one["on"]: one for one in shapes if one["home_id"] == home and one["state"] in states}

    def visit(self, home: str, week: int, *states: str) -> Document:
        """The visit of the n-th week; empty while there is none in these states."""
        return self.visits(home, *(states or ("made",))).get(str(self.first + week * WEEK), {})

    def goes_to(self, home: str, week: int, at: datetime) -> None:
        """Go on until the visit of the n-th week, and its need with it, is at that instant."""

        def moved() -> bool:
            visit = self.visit(home, week)
            need = self.city.need(visit["need_id"]).get("need", {}) if visit else {}
            told = [visit["starts_at"], visit["ends_at"], need["volunteers"]["starts_at"], need["due"]] if need else []
            return [datetime.fromisoformat(one) for one in told] == [at, at + HOUR, at, at + HOUR]

        self.city.wait(MINUTE)
        self.city.until(moved, f"the visit of week {week} begins at {at}")

    def serve(self, home: str, week: int) -> str:
        """Have the visit of the n-th week served and confirmed; return its volunteer."""
        self.city.until(lambda: bool(self.visit(home, week)), f"the visit of week {week} is made")
        visit = self.visit(home, week)
        need = visit["need_id"]
        self.city.reaches(need, "ready")
        self.city.wait(max(datetime.fromisoformat(visit["starts_at"]) - self.city.now(), timedelta()))
        (dispatch,) = self.city.dispatches(need, "accepted")
        self.city.send(CheckIn(dispatch_id=dispatch["_id"]))
        self.city.wait(HOUR)
        self.city.send(CheckOut(dispatch_id=dispatch["_id"]))
        self.city.reaches(need, "served")
        self.city.send(ConfirmNeed(need_id=need))
        carer: str = dispatch["volunteer_id"]
        return carer

    def edit(self, **changes: Any) -> Document:
        """Preview an edit and make it; return the preview."""
        edit = {name: value for name, value in changes.items() if value is not None}
        asked = PreviewPlanEdit.model_validate({"plan_id": self.plan, "edit": edit, "at": self.city.now()})
        preview = self.city.read(asked, self.worker)
        assert preview is not None
        command = EditPlan.model_validate({"id": self.plan, "expected_version": preview["version"], **edit})
        self.city.send(command, self.worker)
        return preview


def weekday_from(day: date) -> date:
    """Return the day, or the Monday after a weekend."""
    return day + DAY * (7 - day.weekday()) if day.weekday() >= 5 else day


def at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=CITY_ZONE)


@lets_time_pass
def the_weekly_visits_keep_their_carer_move_with_a_festival_and_leave_the_past(city: Stage) -> None:
    plan = WarmSunset(city)
    city.volunteer(city.next_door, standing=True)
    home = plan.add_home()
    carer = plan.serve(home, 0)
    past = plan.visit(home, 0)
    city.volunteer(city.home, standing=True)
    assert plan.serve(home, 1) == carer, "the carer comes again, although somebody lives nearer"

    city.until(lambda: bool(plan.visit(home, 2)), "the visit of the festival week is made")
    festival = plan.first + 2 * WEEK
    off = [day for day in (festival, festival + DAY) if day.year == festival.year]
    city.send(UploadCalendar(area=city.city, year=festival.year, holidays=tuple(off)), plan.office)
    plan.goes_to(home, 2, at(weekday_from(festival + DAY * len(off)), 10))
    assert plan.visit(home, 2)["moved"]

    with pytest.raises(Refused):
        city.send(EditPlan(id=plan.plan, extent="all", visit_time="14:00"), plan.worker)
    one = plan.edit(extent="this", home_id=home, on=str(plan.first + 3 * WEEK), visit_time="14:00")
    assert (one["visits"], one["blocked"]) == (1, 0)
    rest = plan.edit(extent="following", on=str(plan.first + 3 * WEEK), visit_time="16:00")
    assert rest["visits"] == 7, "the weeks 4 to 10; the one that was edited on its own stays"
    assert plan.serve(home, 2) == carer
    plan.goes_to(home, 3, at(plan.first + 3 * WEEK, 14))
    city.wait(WEEK)
    plan.goes_to(home, 4, at(plan.first + 4 * WEEK, 16))
    (dispatch,) = city.dispatches(plan.visit(home, 4)["need_id"], "accepted")
    assert (dispatch["volunteer_id"], dispatch["part"]["why"]["code"]) == (carer, "chosen_as_carer")
    assert plan.visit(home, 0) == past, "the past stays"


@lets_time_pass
def two_homes_of_a_plan_have_a_carer_each(city: Stage) -> None:
    plan = WarmSunset(city)
    city.volunteers(city.home, 2, standing=True)
    homes = [plan.add_home() for _ in range(2)]
    needs = [[visit["need_id"] for visit in plan.visits(home, "made").values()] for home in homes]
    for need in (one for both in needs for one in both):
        city.reaches(need, "ready")
    carers = [{city.dispatches(need, "accepted")[0]["volunteer_id"] for need in both} for both in needs]
    assert [len(one) for one in carers] == [1, 1], "one carer a home"
    assert carers[0] != carers[1]
