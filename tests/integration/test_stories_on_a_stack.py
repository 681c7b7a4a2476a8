"""Every story holds on real processes, one after another on one stack with a movable clock."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from gateway_stack import RunningGateway, running_gateway
from lianshan_command import lianshan
from stacks import Servers
from thousand import PEOPLE, Crowd

from deploy.lianshan.clock.story import play
from deploy.lianshan.stores import Stores, open_stores
from services.volunteering.dispatch.domain.decision import MAX_CHANGES
from shared.contracts.envelope import MAX_EVENT_BYTES
from shared.contracts.volunteering.dispatch import AcceptOffer
from shared.engine.amqp.broker import close_quietly, connect
from tests.stories.every import OVER_TIME, TIMELESS, Story
from tests.stories.on_a_stack import OnAStack

pytestmark = pytest.mark.integration
SERVICES = ("stations", "stations.worker", "charity", "volunteering", "gateway.projector")


@pytest.fixture(scope="module")
def running(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("stories")
    night = {"quiet_from": "21:30", "quiet_until": "07:30", "standing_from": "07:00", "standing_until": "21:00"}
    hours = {"standing_day_hours": "6", "standing_week_hours": "20"}
    with running_gateway(servers, folder, (*SERVICES, "gateway"), movable_clock="true", **night, **hours) as started:
        yield started


@pytest.fixture(scope="module")
def stores(running: RunningGateway) -> Iterator[Stores]:
    with open_stores(running.room.mongo_uri, running.room.database_prefix) as opened:
        with play(opened, "start") as first:
            first.to_next_monday()
        yield opened


@pytest.fixture
def connection(running: RunningGateway) -> Iterator[Any]:
    """A connection for one story: while a story waits it is silent, which the broker bears for so many seconds."""
    opened = connect(running.room.amqp_uri, "stories", 600)
    yield opened
    close_quietly(opened)


@pytest.mark.parametrize("told", [*TIMELESS, *OVER_TIME], ids=lambda told: told.__name__)
def test_a_story_on_a_stack(told: Story, stores: Stores, connection: Any) -> None:
    with play(stores, told.__name__) as played:
        told(OnAStack(connection, played))


@pytest.mark.faults
@pytest.mark.timeout(1200)
def test_a_need_for_a_thousand_people_is_staffed_in_parts_while_the_stack_is_well(
    running: RunningGateway, stores: Stores, connection: Any, tmp_path: Path
) -> None:
    with play(stores, "a thousand people") as played:
        city = Crowd(connection, played)
        (station,) = city.open_stations(city.home)
        city.settle_in(4 * PEOPLE)
        city.to_morning()
        begins = city.now() + timedelta(hours=24)
        slot = {"headcount": PEOPLE, "starts_at": begins, "ends_at": begins + timedelta(hours=1)}
        need = city.ask(station, volunteers=slot, due=begins + timedelta(hours=2))
        city.step("first wave", lambda: city.counts(need) == {"offered": 2 * PEOPLE})
        city.wait(timedelta(hours=3, minutes=2))
        city.step("second wave", lambda: city.counts(need) == {"expired": 2 * PEOPLE, "offered": 2 * PEOPLE})
        assert "waiting" not in city.need(need) or not city.need(need)["waiting"]
        accepting = city.offers_of(need)[:PEOPLE]
        city.post_all([AcceptOffer(dispatch_id=offer) for offer in accepting])
        filled = {"expired": 2 * PEOPLE, "accepted": PEOPLE, "cancelled": PEOPLE}
        city.step("filled", lambda: city.counts(need) == filled)
        city.reaches(need, "ready")
        print(f"seconds: {city.took}")
        sizes = city.event_bytes(need)
        assert len(sizes) > 2 * PEOPLE * 3 / MAX_CHANGES
        assert max(sizes) <= MAX_EVENT_BYTES
        people = stores.collection("volunteering", "volunteers")
        mine = {"area": city.home}
        assert people.count_documents({**mine, "bookings.0": {"$exists": True}}) == PEOPLE
        assert people.count_documents({**mine, "offers.0": {"$exists": True}}) == 0
        assert stores.collection("volunteering", "letters").count_documents({}) == 0
        here = {**running.room.environment, "LIANSHAN_VAR": str(tmp_path)}
        done = lianshan(here, "status", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        findings = json.loads(lianshan(here, "doctor", "--json").stdout)["findings"]
        # Deadlines of other stories have passed with the time of this one.
        assert [f for f in findings if f["level"] == "failed" and f["check"] != "deadlines"] == []
