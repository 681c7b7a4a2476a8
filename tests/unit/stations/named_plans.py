"""Calendars, plans and homes to be made under a caller's own name."""

from collections.abc import Callable
from typing import Final

from services.stations.calendars.domain import Calendar
from services.stations.needs.domain.need import Need
from services.stations.network.domain import Station
from services.stations.plans.domain.plan import Plan
from shared.contracts.messages import Command
from shared.contracts.stations.calendars import UploadCalendar
from shared.contracts.stations.plan_homes import AddHome
from shared.contracts.stations.plans import RegisterPlan
from shared.engine.decide.memory import MemoryEngine

DISTRICT: Final = "110102"


def another_calendar(engine: MemoryEngine, external_id: str) -> UploadCalendar:
    year = 2027 + len(engine.all(Calendar))
    return UploadCalendar(area=DISTRICT, year=year, holidays=(), external_id=external_id)


def plan(engine: MemoryEngine, external_id: str | None) -> RegisterPlan:
    posted = {
        "station_id": engine.all(Station)[0].id, "theme": "elderly_care", "starts_on": "2026-03-02",
        "ends_on": "2026-12-31", "recurrence": "FREQ=WEEKLY", "visit_time": "09:30", "minutes": 60,
        "visitors": {"headcount": 1}, "external_id": external_id,
    }  # fmt: skip
    return RegisterPlan.model_validate(posted)


def home(engine: MemoryEngine, external_id: str, need: Callable[[MemoryEngine, str | None], Command]) -> AddHome:
    """The home of a draft; the first call registers a plan and three drafts."""
    if not engine.all(Plan):
        engine.command(plan(engine, None))
        for _ in range(3):
            engine.command(need(engine, None))
    draft = next(one for one in engine.all(Need) if one.state == "draft")
    return AddHome(plan_id=engine.all(Plan)[0].id, need_id=draft.id, external_id=external_id)
