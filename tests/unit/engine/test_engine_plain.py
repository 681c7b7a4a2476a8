"""The plain form: one aggregate, one version and one event for each change, and fields as JSON."""

from typing import Any

import pytest

from services.stations.network.domain import Station, closed, find_next_step, list_exclusive, opened
from services.volunteering.misdirections.domain import (
    CHECK_WITHIN,
    Misdirection,
    MisdirectionDue,
    find_deadline,
    reminded,
    reported,
    resolved,
)
from services.volunteering.misdirections.domain import find_next_step as find_step
from shared.contracts.refusals import Refused
from shared.contracts.stations.network import CloseStation, OpenStation, StationClosed, StationOpened, StationShape
from shared.contracts.volunteering.misdirections import (
    MisdirectionReminded,
    MisdirectionResolved,
    MisdirectionShape,
    ResolveMisdirection,
)
from shared.engine import Handlers
from shared.engine.decide.handlers import bind
from shared.engine.decide.memory import START, MemoryEngine
from shared.engine.plain import Plain
from shared.runtime.vault import Vault

COMMUNITY = "110102009017"


@pytest.fixture
def engine() -> MemoryEngine:
    stations = Plain(Station, "station", StationShape, find_next_step, list_exclusive)
    create: Any = stations.create(opened, StationOpened)
    handlers = {
        OpenStation: bind(create, {"vault": Vault(bytes(32))}),
        CloseStation: stations.change(closed, StationClosed),
    }
    return MemoryEngine(Handlers("stations", handlers))


def test_an_aggregate_is_made_and_changed_each_time_with_one_version_and_one_event(engine: MemoryEngine) -> None:
    made = engine.command(OpenStation(area=COMMUNITY, name="Elm Hall station", level="station"))
    assert (made.version, made.state, made.opened_at) == (1, "open", START)
    ended = engine.command(CloseStation(id=made.id, expected_version=1))
    assert (ended.version, ended.state) == (2, "closed")
    assert [event.type for event in engine.events] == [StationOpened.type, StationClosed.type]
    assert engine.one(Station, made.id).state == "closed"


def test_a_change_is_refused_for_an_unknown_id_and_for_another_version(engine: MemoryEngine) -> None:
    made = engine.command(OpenStation(area=COMMUNITY, name="Elm Hall station", level="station"))
    for command, code in (
        (CloseStation(id="station_nowhere"), "not_found"),
        (CloseStation(id=made.id, expected_version=2), "version_mismatch"),
    ):
        with pytest.raises(Refused) as refused:
            engine.command(command)
        assert refused.value.code == code
    assert refused.value.values == {"kind": "station", "current": 1, "expected": 2}


def test_an_aggregate_that_ends_has_no_deadline_any_more() -> None:
    misdirections = Plain(Misdirection, "misdirection", MisdirectionShape, find_step, deadline=find_deadline)
    handlers = Handlers(
        "volunteering",
        {
            MisdirectionDue: misdirections.expire(reminded, MisdirectionReminded),
            ResolveMisdirection: misdirections.change(resolved, MisdirectionResolved),
        },
    )
    engine = MemoryEngine(handlers)
    engine.entities[Misdirection, "m"] = reported("m", ("vol_1", COMMUNITY), "dsp_need_1.0", START).model_copy(
        update={"version": 1}
    )
    engine.now = START + CHECK_WITHIN
    engine.batch([engine.incoming("timer", MisdirectionDue(id="m"), MisdirectionDue.type, "once")])
    assert [at for at, _ in engine.timers.values()] == [START + 2 * CHECK_WITHIN]
    engine.command(ResolveMisdirection(id="m", outcome="contact_corrected"))
    assert engine.timers == {}


def test_a_deadline_that_fires_twice_changes_the_aggregate_once_by_one_event() -> None:
    misdirections = Plain(Misdirection, "misdirection", MisdirectionShape, find_step, deadline=find_deadline)
    handler = misdirections.expire(reminded, MisdirectionReminded)
    engine = MemoryEngine(Handlers("volunteering", {MisdirectionDue: handler}))
    engine.entities[Misdirection, "m"] = reported("m", ("vol_1", COMMUNITY), "dsp_need_1.0", START).model_copy(
        update={"version": 1}
    )
    engine.now = START + CHECK_WITHIN
    for key in ("once", "twice"):
        engine.batch([engine.incoming("timer", MisdirectionDue(id="m"), MisdirectionDue.type, key)])
    assert [event.type for event in engine.events] == [MisdirectionReminded.type]
    assert (engine.one(Misdirection, "m").version, engine.one(Misdirection, "m").reminded) == (2, 1)


def test_an_update_writes_only_the_fields_that_changed() -> None:
    station = Station(id="s", version=1, area=COMMUNITY, name="Elm", level="station", state="open", opened_at=START)
    assert station.stored_fields(frozenset({"state"})) == {"state": "open"}
    assert "next_step" not in station.stored_fields(None)
