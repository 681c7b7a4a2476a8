"""The fixtures that the integration tests share."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from amqp_stranger import Stranger
from engine_support import Room, room
from following_town import Town, running_town
from gateway_stack import EVERYONE, RunningGateway, import_areas, running_gateway
from stacks import Isolated, Servers
from webhook_receiver import Receiver, receiving
from webhook_town import WEBHOOK_KEY, running_hooks

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
    """Events that a crash or a broken wire left in an outbox are published after half a second, not two or three."""
    monkeypatch.setattr(loop, "SWEEP_SECONDS", 0.1)
    monkeypatch.setattr(outbox, "CRASHED_AFTER", 500)


@pytest.fixture(scope="session")
def gateway(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """The gateway with every service and a small register of areas. Shared: tests leave each other's things alone."""
    starting = running_gateway(servers, tmp_path_factory.mktemp("gateway"), EVERYONE, webhook_key=WEBHOOK_KEY)
    with starting as running, running.client() as admin:
        import_areas(admin)
        yield running


@pytest.fixture
def api(gateway: RunningGateway) -> Iterator[httpx.Client]:
    """The administrator's client."""
    with gateway.client() as client:
        yield client


@pytest.fixture
def town(servers: Servers, tmp_path: Path) -> Iterator[Town]:
    """A town without projectors yet, for one test."""
    with running_town(servers, tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def hooked(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """The gateway with a webhook worker, whose feed the tests write."""
    with running_hooks(servers, tmp_path_factory.mktemp("hooked")) as running:
        yield running


@pytest.fixture
def caller(hooked: RunningGateway) -> Iterator[httpx.Client]:
    """A platform's client; its webhooks are removed at the end."""
    with hooked.client(hooked.key("platform")) as client:
        yield client
        for webhook in client.get("/v1/webhooks").json()["items"]:
            client.delete(f"/v1/webhooks/{webhook['id']}")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An endpoint on loopback."""
    with receiving() as one:
        yield one
