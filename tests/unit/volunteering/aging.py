"""Time passes over volunteers in memory, and the retention looks for those who are inactive."""

from datetime import timedelta
from typing import Any

from volunteering_in_memory import VolunteeringInMemory

from services.volunteering.people.domain import VolunteerPerson
from services.volunteering.people.inactive import InactiveWithHours, InactivityOver, VolunteerInactive
from services.volunteering.people.retention import EndedInactivities, InactiveVolunteers
from shared.people.retention import Retention, Rule
from shared.runtime.audit import AUDIT
from shared.runtime.clock import Clock
from tests.city.mongo import Database
from tests.city.store import Memory

DAY = timedelta(days=1)
KEPT_DAYS = 1096
TIMERS = {timer.type: timer for timer in (VolunteerInactive, InactiveWithHours, InactivityOver)}


def retire(service: VolunteeringInMemory, after: timedelta) -> list[str]:
    """Let time pass without a timer, look once for old data, and let the erasures run; return the volunteers begun."""
    service.engine.now += after
    store: Any = Database(Memory("volunteering"))
    for (model, _), entity in service.engine.entities.items():
        store[model.collection].insert_one(entity.to_document())
    clock = Clock(wall=service.engine.now.timestamp, monotonic=lambda: 0.0)
    rules: list[Rule] = [InactiveVolunteers(KEPT_DAYS), EndedInactivities(KEPT_DAYS)]
    Retention(store, clock, rules, rest_seconds=0.0).run_pass()
    for row in store["timers"].find():
        service.engine.timers[row["_id"]] = (row["due"], TIMERS[row["type"]].model_validate(row["data"]))
    service.wait(timedelta(minutes=1))
    return [one for row in store[AUDIT].find() if row["why"] == "inactive_volunteers" for one in row["about"]]


def registered(service: VolunteeringInMemory) -> list[str]:
    return [person.id for person in service.engine.all(VolunteerPerson)]
