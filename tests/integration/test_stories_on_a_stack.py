"""Every story holds on real processes, one after another on one stack with a movable clock."""

from collections.abc import Iterator
from typing import Any

import pytest
from gateway_stack import RunningGateway, running_gateway
from stacks import Servers

from deploy.lianshan.clock.story import play
from deploy.lianshan.stores import Stores, open_stores
from shared.engine.amqp.broker import close_quietly, connect
from tests.stories.on_a_stack import OnAStack
from tests.stories.told import OVER_TIME, TIMELESS, Story

pytestmark = pytest.mark.integration
SERVICES = ("stations", "charity", "volunteering", "gateway.projector")


@pytest.fixture(scope="module")
def running(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("stories")
    with running_gateway(servers, folder, (*SERVICES, "gateway"), movable_clock="true") as started:
        yield started


@pytest.fixture(scope="module")
def stores(running: RunningGateway) -> Iterator[Stores]:
    with open_stores(running.room.mongo_uri, running.room.database_prefix) as opened:
        with play(opened, "start") as first:
            first.to_next_monday()
        yield opened


@pytest.fixture(scope="module")
def connection(running: RunningGateway) -> Iterator[Any]:
    opened = connect(running.room.amqp_uri, "stories")
    yield opened
    close_quietly(opened)


@pytest.mark.parametrize("told", [*TIMELESS, *OVER_TIME], ids=lambda told: told.__name__)
def test_a_story_on_a_stack(told: Story, stores: Stores, connection: Any) -> None:
    with play(stores, told.__name__) as played:
        told(OnAStack(connection, played))
