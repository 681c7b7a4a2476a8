"""Care plans without servers, and short calls for their commands."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from stations_in_memory import COMMUNITY, StationsInMemory

from services.stations.needs.domain.need import Need
from services.stations.plans.domain.home import HomeDue, PlanCursor, PlanHome
from services.stations.plans.domain.occurrence import Occurrence
from services.stations.plans.domain.plan import Plan
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.plan_homes import AddHome, HomeShape
from shared.contracts.stations.plans import EditPlan, PlanShape, RegisterPlan

WORKER = Actor(kind="person", id="account_worker", roles=("station_worker",), area=COMMUNITY)
CITY = COMMUNITY[:4]
CIVIL_AFFAIRS = Actor(kind="person", id="account_civil_affairs", roles=("supervisor",), area=CITY)
SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


class Planned:
    """A station, and calls for the commands about its plans. City time begins on Monday, 2026-03-02, at 09:00."""

    def __init__(self) -> None:
        self.stations = StationsInMemory()
        self.engine = self.stations.engine
        self.engine.command(ImportAreas(rows=(AreaRow(code=CITY, name="City"),)))

    def send(self, command: Any, actor: Actor = WORKER) -> Any:
        return self.engine.command(command, actor=actor)

    def refusal(self, command: Any, actor: Actor = WORKER) -> str:
        with pytest.raises(Refused) as refused:
            self.send(command, actor)
        return refused.value.rule

    def asked(self, **changes: Any) -> RegisterPlan:
        """A plan as a station worker would post it: a visit each Tuesday at 09:30, on working days."""
        posted = {
            "station_id": self.stations.station_id, "theme": "elderly_care", "starts_on": "2026-03-02",
            "ends_on": "2026-12-31", "recurrence": "FREQ=WEEKLY;BYDAY=TU", "visit_time": "09:30", "minutes": 60,
            "visitors": {"headcount": 1}, **changes,
        }  # fmt: skip
        return RegisterPlan.model_validate(posted)

    def register(self, **changes: Any) -> PlanShape:
        plan: PlanShape = self.send(self.asked(**changes))
        return plan

    def add_home(self, plan_id: str, title: str = "Visit to Grandmother Yu") -> HomeShape:
        """Add the home of a draft to the plan, and let its first visits be made."""
        need = self.stations.register(title=title, publish=False)
        home: HomeShape = self.send(AddHome(plan_id=plan_id, need_id=need.id))
        self.engine.advance(MINUTE)
        return home

    def start(self, **changes: Any) -> tuple[str, str]:
        """Register a plan with one home; gives the ids of both."""
        plan = self.register(**changes)
        return plan.id, self.add_home(plan.id).id

    def edit(self, plan_id: str, **changes: Any) -> PlanShape:
        edit = EditPlan(id=plan_id, expected_version=self.plan(plan_id).version, **changes)
        edited: PlanShape = self.send(edit)
        self.engine.advance(MINUTE)
        return edited

    def look(self, plan_id: str, home_id: str) -> None:
        """Have the timer of a home come once more, a minute later."""
        due = HomeDue(home_id=home_id, plan_id=plan_id)
        self.engine.timers["visits:again"] = (self.engine.now + MINUTE, due)
        self.engine.advance(MINUTE)

    def plan(self, plan_id: str) -> Plan:
        return self.engine.one(Plan, plan_id)

    def home(self, home_id: str) -> PlanHome:
        return self.engine.one(PlanHome, home_id)

    def cursor(self, home_id: str) -> PlanCursor:
        return self.engine.one(PlanCursor, home_id)

    def visits(self, home_id: str | None = None) -> dict[date, Occurrence]:
        """The visits of a home, or of the only one, by their day of the rule."""
        found = [one for one in self.engine.all(Occurrence) if home_id in (None, one.home_id)]
        return {one.on: one for one in found}

    def times(self, *states: str) -> list[str]:
        """The times of the visits in these states, in the city's zone."""
        found = [one.starts_at for one in self.engine.all(Occurrence) if not states or one.state in states]
        return [at.astimezone(SHANGHAI).strftime("%m-%d %H:%M") for at in sorted(found)]

    def need_of(self, visit: Occurrence) -> Need:
        assert visit.need_id is not None
        return self.stations.need(visit.need_id)

    def needs(self) -> list[Need]:
        """The needs that were made for visits."""
        return [need for need in self.engine.all(Need) if need.series is not None]

    def advance_to(self, month: int, day: int, hour: int = 9, year: int = 2026) -> None:
        at = datetime(year, month, day, hour, 1, tzinfo=SHANGHAI).astimezone(UTC)
        self.engine.advance(at - self.engine.now)
