"""What the integration tests share."""

from collections.abc import Iterator

import pytest
from engine_support import Room, Stranger, room
from stacks import Isolated

from shared.engine.run import loop
from shared.engine.store import outbox


@pytest.fixture
def here(furnished: Isolated) -> Iterator[Room]:
    """A room of one's own on the shared servers, for one service."""
    with room(furnished) as made:
        yield made


@pytest.fixture
def stranger(here: Room) -> Iterator[Stranger]:
    """Someone who speaks AMQP to it and knows nothing else of it."""
    made = Stranger(here.isolated.amqp_uri)
    yield made
    made.close()


@pytest.fixture
def swept_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a crash or a broken wire left in an outbox is published after half a second, not after two or three."""
    monkeypatch.setattr(loop, "SWEEP_SECONDS", 0.1)
    monkeypatch.setattr(outbox, "CRASHED_AFTER", 500)
