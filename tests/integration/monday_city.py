"""A city of its own on a Monday at 09:00: at any hour of the tests, volunteers get offers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway_stack import EVERYONE, RunningGateway, import_areas, running_gateway
from stacks import Servers

from deploy.lianshan.clock.movement import read_city_clock
from deploy.lianshan.clock.story import Story, play
from deploy.lianshan.stores import open_stores


@dataclass(frozen=True)
class City:
    """All services, and the story that moves their clock."""

    gateway: RunningGateway
    story: Story

    def now(self) -> datetime:
        """Return the city's time."""
        return read_city_clock(self.story.stores).city()


@contextmanager
def city_on_monday(servers: Servers, folder: Path, **settings: str) -> Iterator[City]:
    """Run all services with these settings and a small register of areas, from a Monday at 09:00 on."""
    with running_gateway(servers, folder, EVERYONE, movable_clock="true", **settings) as gateway:
        with gateway.client() as admin:
            import_areas(admin)
        room = gateway.room
        with open_stores(room.mongo_uri, room.database_prefix) as stores, play(stores, "clients") as story:
            story.to_next_monday()
            yield City(gateway, story)
