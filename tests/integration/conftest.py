"""What the integration tests share."""

from collections.abc import Iterator

import pytest
from engine_support import Room, Stranger, room
from stacks import Isolated


@pytest.fixture
def here(isolated: Isolated) -> Iterator[Room]:
    """A room of one's own on the shared servers, for one service."""
    with room(isolated) as made:
        yield made


@pytest.fixture
def stranger(here: Room) -> Iterator[Stranger]:
    """Someone who speaks AMQP to it and knows nothing else of it."""
    made = Stranger(here.isolated.amqp_uri)
    yield made
    made.close()
