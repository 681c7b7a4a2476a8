"""Patrols that would find nothing are left out while days pass: each test would spend its time with thousands."""

from datetime import datetime, timedelta

from services.volunteering.dispatch.domain.patrol import PATROL, Patrol
from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.dispatch.handlers.recheck import PUNCTUAL
from shared.engine.decide.memory import MemoryEngine


def advance(engine: MemoryEngine, until: datetime, interval: timedelta) -> None:
    """Let time pass; before each instant at which anything is due, only the last patrol is made."""
    while PATROL in engine.timers and (due := engine.timers[PATROL][0]) <= until:
        if not engine.one(Patrol, PATROL).seen:
            spare = (min(_next_due(engine), until) - due) // interval
            engine.timers[PATROL] = (due + max(spare, 0) * interval, engine.timers[PATROL][1])
        engine.advance(engine.timers[PATROL][0] - engine.now)
    engine.advance(until - engine.now)


def _next_due(engine: MemoryEngine) -> datetime:
    """Return the first instant at which another timer fires or a patrol finds a staffing."""
    timers = (at for key, (at, _) in engine.timers.items() if key != PATROL)
    found = (staffing.watch_at + PUNCTUAL for staffing in engine.all(Staffing) if staffing.watch_at is not None)
    return min([*timers, *found], default=datetime.max.replace(tzinfo=engine.now.tzinfo))
