"""Needs and people as they are drawn, and the events about them in batches."""

import random
from typing import Any

from hypothesis import strategies as st
from volunteering_in_memory import (
    COMMUNITY,
    HOUR,
    NEIGHBOUR,
    OTHER_DISTRICT,
    OTHER_STREET,
    VolunteeringInMemory,
    need_event,
)

from shared.contracts.envelope import CloudEvent
from shared.contracts.stations.amending import NeedAmended
from shared.contracts.stations.reopening import EndUndone
from shared.engine.decide.incoming import Incoming

AREAS = (COMMUNITY, NEIGHBOUR, OTHER_STREET, OTHER_DISTRICT)
SKILLS = ((), ("driving",), ("driving", "first_aid"))
PEOPLE = st.lists(st.tuples(st.sampled_from(AREAS), st.booleans(), st.sampled_from(SKILLS)), min_size=1, max_size=12)
FEW_PEOPLE = st.lists(
    st.tuples(st.sampled_from(AREAS), st.booleans(), st.just(("driving", "first_aid"))), min_size=1, max_size=6
)
"""Few enough, and with every skill, so that several needs reach for the same one."""
NEED = st.tuples(
    st.sampled_from(AREAS), st.integers(1, 4), st.sampled_from(SKILLS), st.integers(1, 5), st.integers(1, 4)
)
MANY_NEEDS = st.lists(NEED, min_size=3, max_size=8)
Need = tuple[str, int, tuple[str, ...], int, int]
TOLD: dict[Any, dict[str, Any]] = {
    EndUndone: {"reopened_for": "still_needed"},
    NeedAmended: {"amended": ("headcount",), "amended_for": "entered_wrongly"},
}


def numbered_event(kind: Any, number: int, need: Need, version: int) -> CloudEvent:
    area, headcount, skills, starts, lasts = need
    return need_event(
        kind, f"need_{number}", headcount, area=area, skills=skills, starts=starts * HOUR, lasts=lasts * HOUR,
        version=version, score=number, **TOLD.get(kind, {}),
    )  # fmt: skip


def messages(service: VolunteeringInMemory, events: list[CloudEvent]) -> list[Incoming[Any]]:
    return [service.engine.incoming("event", e.data, e.type, e.key, e) for e in events]


def in_batches(service: VolunteeringInMemory, all_messages: list[Incoming[Any]], chance: random.Random) -> None:
    while all_messages:
        size = chance.randint(1, len(all_messages))
        batch, all_messages[:size] = all_messages[:size], []
        # Without its memory of seen messages, the handlers alone must bear the repetition.
        service.engine.seen.clear()
        for outcome in service.engine.batch(batch):
            assert outcome.failure is None, outcome.failure
        assert service.broken_laws() == []
