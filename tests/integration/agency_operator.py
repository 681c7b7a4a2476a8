"""An operator who lets agencies in, and an agency that reads its queue."""

import json
from collections.abc import Sequence
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import amqp
from lianshan_command import lianshan
from pydantic_core import to_json
from stacks import Isolated

from deploy.lianshan.access.broker import Management
from deploy.lianshan.agencies.agency import check_agency
from deploy.lianshan.agencies.standing import Place, add_agency
from shared.contracts.envelope import routing_key
from shared.contracts.registry import load_contracts
from shared.contracts.subscriptions import EVENTS_EXCHANGE
from shared.engine.amqp.broker import Outgoing, Publisher, connect
from shared.runtime.addresses import ClientTls

load_contracts()


class Operator:
    """Makes agencies in a room of its own."""

    def __init__(self, room: Isolated) -> None:
        self.room = room
        self.management = Management.of(room.amqp_uri, room.management_url, ClientTls())
        self.place = Place(room.amqp_uri.rpartition("/")[2], room.database_prefix, self.management)

    def add(self, name: str, area: str = "", types: Sequence[str] = (), *, mib: int = 1) -> tuple[str, str]:
        """Return the address with which the agency connects, and its queue."""
        agency = check_agency(name, area, types)
        with closing(connect(self.room.amqp_uri, "operator")) as connection:
            password = add_agency(self.place, connection, agency, mib=mib, days=1)
        return self.url(name, password), agency.queue

    def url(self, name: str, password: str) -> str:
        """Return the address with which the agency of that name connects."""
        parts = urlsplit(self.room.amqp_uri)
        return parts._replace(netloc=f"{self.place.user(name)}:{password}@{parts.hostname}:{parts.port}").geturl()

    def run(self, *arguments: str) -> Any:
        """Return the JSON that `lianshan agency` prints."""
        environment = {**self.room.environment, "LIANSHAN_MANAGEMENT_URL": self.room.management_url}
        done = lianshan(environment, "agency", *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def remove_users(self) -> None:
        """Remove the users of this room's agencies: users are of the whole broker."""
        for each in self.management.read()["users"]:
            if str(each["name"]).startswith(self.place.user("")):
                self.management.remove_user(str(each["name"]))

    def waiting(self, queue: str) -> int:
        """Return the events that wait in the queue."""
        with closing(connect(self.room.amqp_uri, "operator")) as connection:
            return int(connection.channel().queue_declare(queue, passive=True).message_count)

    def publish(self, *events: tuple[str, str]) -> None:
        with closing(connect(self.room.amqp_uri, "a service")) as connection:
            bodies = [
                Outgoing(EVENTS_EXCHANGE, routing_key(kind, area), to_json(_event(kind, area)), {})
                for kind, area in events
            ]
            assert Publisher(connection).publish(bodies) == set()


def read(url: str, queue: str, count: int) -> list[dict[str, Any]]:
    """Return so many events of the queue, read as an agency does."""
    found: list[dict[str, Any]] = []
    with closing(connect(url, "agency")) as connection:
        channel = connection.channel()
        channel.basic_qos(0, 100, a_global=False)

        def receive(message: amqp.Message) -> None:
            found.append(json.loads(message.body))
            channel.basic_ack(message.delivery_tag)

        channel.basic_consume(queue, callback=receive)
        while len(found) < count:
            connection.drain_events(timeout=20)
    return found


def _event(kind: str, area: str) -> dict[str, str]:
    return {"source": "/test", "id": f"{kind}.0", "type": kind, "area": area}
