"""An agency that binds a queue and stops reading costs the platform a bounded disk, and nothing else."""

from contextlib import closing
from typing import Any

import pytest
from engine_support import until
from pydantic_core import to_json
from stacks import Isolated

from deploy.lianshan.access import broker
from deploy.lianshan.access.broker import Management, bound_observers
from deploy.lianshan.topology import find_drift, repair
from deploy.lianshan.topology.state import read_by_management
from shared.contracts.subscriptions import EVENTS_EXCHANGE
from shared.engine.amqp.broker import Outgoing, Publisher, connect
from shared.runtime.addresses import ClientTls
from tests.performance import unread

pytestmark = pytest.mark.integration
BYTES = 100_000


@pytest.mark.parametrize("own", [{}, {"x-max-length-bytes": 10**12}])
def test_a_queue_that_nobody_reads_drops_its_oldest_events_and_refuses_none(
    furnished: Isolated, monkeypatch: pytest.MonkeyPatch, own: dict[str, Any]
) -> None:
    monkeypatch.setattr(broker, "OBSERVER_BYTES", BYTES)
    vhost = furnished.amqp_uri.rpartition("/")[2]
    management = Management.of(furnished.amqp_uri, furnished.management_url, ClientTls())
    management.add({"policies": [bound_observers(vhost)]})
    connection = connect(furnished.amqp_uri, "agency")
    try:
        channel = connection.channel()
        arguments = {"x-queue-type": "quorum", **own}
        channel.queue_declare("observer.asleep", durable=True, auto_delete=False, arguments=arguments)
        channel.queue_bind("observer.asleep", EVENTS_EXCHANGE, "#")
        body = to_json({"data": "x" * 1_000})
        events = [
            Outgoing(EVENTS_EXCHANGE, "stations.need.published.11", body, {"message_id": str(n)}) for n in range(500)
        ]
        assert Publisher(connection).publish(events) == set()
        until(lambda: channel.queue_declare("observer.asleep", passive=True).message_count < 110, "the oldest to go")
        until(
            lambda: channel.queue_declare("charity.events", passive=True).message_count == len(events),
            "the platform's own queue to hold all",
        )
        first = channel.basic_get("observer.asleep", no_ack=True)
        assert int(first.properties["message_id"]) > 350
    finally:
        connection.close()


def test_events_are_published_as_fast_beside_a_queue_with_20000_unread_messages(furnished: Isolated) -> None:
    with closing(connect(furnished.amqp_uri, "agency")) as connection:
        channel, publisher = connection.channel(), Publisher(connection)
        unread.declare(channel)
        unread.fill(publisher, 20_000)
        rates = unread.take_turns(channel, publisher, rounds=5, size=500)
    # Measured with a million unread: 1.11. The bound is wide, because the machine does other things as well.
    assert rates.bound_full > 0.5 * rates.without, rates


def test_a_queue_that_refuses_events_is_unbound_and_publishers_go_on(furnished: Isolated) -> None:
    vhost = furnished.amqp_uri.rpartition("/")[2]
    Management.of(furnished.amqp_uri, furnished.management_url, ClientTls()).add({"policies": [bound_observers(vhost)]})
    connection = connect(furnished.amqp_uri, "agency")
    try:
        channel, name = connection.channel(), "observer.refusing.classic"
        for kind in ("quorum", "classic"):
            arguments = {"x-queue-type": kind, "x-max-length": 1, "x-overflow": "reject-publish"}
            queue = f"observer.refusing.{kind}"
            channel.queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)
        publisher, event = Publisher(connection), Outgoing(EVENTS_EXCHANGE, "stations.need.published.11", b"{}", {})
        channel.queue_bind("observer.refusing.quorum", EVENTS_EXCHANGE, "#")
        for _ in range(20):
            assert publisher.publish([event] * 20) == set(), "the policy overrides a quorum queue's own argument"
        channel.queue_bind(name, EVENTS_EXCHANGE, "#")
        until(lambda: publisher.publish([event] * 5) != set(), "a classic queue to refuse, whatever the policy says")
        state = read_by_management(furnished.management_url, furnished.amqp_uri)
        assert [drift.name for drift in find_drift(state) if drift.kind == "refusing queue"] == [name]
        unbound = repair(connection, state).unbound
        assert unbound == [[EVENTS_EXCHANGE, "#", name]]
        assert publisher.publish([event] * 20) == set()
    finally:
        connection.close()
