"""The creations of screening under a name of the caller, for the tests of external ids."""

from datetime import timedelta
from typing import Final

from services.stations.network.domain import Station
from services.stations.screening.domain.indicator import Indicator
from shared.contracts.stations.indicators import DefineIndicator
from shared.contracts.stations.screenings import PlanScreening
from shared.engine.decide.memory import MemoryEngine

DISTRICT_DIGITS: Final = 6


def screening_named(engine: MemoryEngine, external_id: str) -> PlanScreening:
    posted = {
        "station_id": engine.all(Station)[0].id, "indicators": ["lives_alone"], "expected": 10,
        "starts_at": engine.now + timedelta(days=1), "ends_at": engine.now + timedelta(days=2),
        "external_id": external_id,
    }  # fmt: skip
    return PlanScreening.model_validate(posted)


def indicator_named(engine: MemoryEngine, external_id: str) -> DefineIndicator:
    posted = {
        "area": engine.all(Station)[0].area[:DISTRICT_DIGITS], "code": f"mood_{len(engine.all(Indicator))}",
        "zh": "情绪", "en": "mood", "kind": "yes_no", "thresholds": [{"severity": "watch", "answers": ["no"]}],
        "theme": "health", "service": "counselling", "external_id": external_id,
    }  # fmt: skip
    return DefineIndicator.model_validate(posted)
