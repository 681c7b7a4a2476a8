"""An erasure that names a resident or a social worker is told to the platform's own readers alone."""

from datetime import timedelta
from typing import Any

import pytest
from stations_in_memory import COMMUNITY, StationsInMemory

from services.stations.erasures.domain import ERASED_WITHIN
from shared.contracts.access import is_private
from shared.contracts.stations.erasures import ErasureShape, RequestErasure


def told(stations: StationsInMemory, *kinds: str) -> list[str]:
    """The types of the events of an erasure that nobody answers in time, in order."""
    people: list[dict[str, Any]] = [{"kind": kind, "id": f"{kind}_1"} for kind in kinds]
    asked = {"people": people, "ground": "consent_withdrawn", "area": COMMUNITY}
    stations.engine.command(RequestErasure.model_validate(asked))
    stations.engine.advance(ERASED_WITHIN + timedelta(days=2))
    return [str(event.type) for event in stations.engine.events if isinstance(event.data, ErasureShape)]


@pytest.mark.parametrize("kinds", [("resident",), ("worker",), ("volunteer", "donor", "resident")])
def test_every_event_of_it_is_private(stations: StationsInMemory, kinds: tuple[str, ...]) -> None:
    events = told(stations, *kinds)
    assert events[0] == "stations.private_erasure.requested"
    assert all(map(is_private, events))
    last = "overdue" if "donor" in kinds else "completed"
    assert events[-1] == f"stations.private_erasure.{last}"


def test_an_erasure_of_others_is_told_to_everybody(stations: StationsInMemory) -> None:
    events = told(stations, "volunteer", "donor", "need")
    assert {event.rpartition(".")[2] for event in events} >= {"requested", "overdue"}
    assert not any(map(is_private, events))
