"""A city of its own on a Monday at 09:00: at any hour of the tests, volunteers get offers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from gateway_stack import EVERYONE, RunningGateway, import_areas, running_gateway
from stacks import Servers

from deploy.lianshan.clock.story import play
from deploy.lianshan.stores import open_stores


@contextmanager
def city_on_monday(servers: Servers, folder: Path) -> Iterator[tuple[RunningGateway, datetime]]:
    """Run all services with a small register of areas; give them and the city's time."""
    with running_gateway(servers, folder, EVERYONE, movable_clock="true") as running, running.client() as admin:
        import_areas(admin)
        with (
            open_stores(running.room.mongo_uri, running.room.database_prefix) as stores,
            play(stores, "story") as story,
        ):
            monday = story.to_next_monday().city()
        yield running, monday
