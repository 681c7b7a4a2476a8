"""An agency reads its queue on the broker, and is refused all else."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import amqp
import httpx
import pytest
from agency_operator import Operator, read
from amqp.exceptions import AccessRefused, AMQPError, ConnectionForced, NotAllowed
from engine_support import until
from pydantic_core import to_json
from stacks import Isolated
from subscribers import find_code, read_line

from deploy.lianshan.agencies.example import SUBSCRIBER
from deploy.lianshan.agencies.standing import list_agencies, rotate_password
from shared.contracts.subscriptions import ARCHIVE_STREAM, COMMANDS_EXCHANGE, EVENTS_EXCHANGE
from shared.engine.amqp.broker import BrokerUnreachableError, Outgoing, Publisher, close_quietly, connect

pytestmark = pytest.mark.integration
DISTRICT, HERE, THERE = "110102", "110102009017", "110105001001"


@pytest.fixture
def operator(furnished: Isolated) -> Iterator[Operator]:
    made = Operator(furnished)
    yield made
    made.remove_users()


def test_an_agency_gets_the_events_of_its_area_and_types_and_no_other(operator: Operator) -> None:
    url, queue = operator.add("elm", DISTRICT, ["stations.need.published", "charity.link"])
    operator.publish(
        ("stations.need.published", THERE), ("stations.need.cancelled", HERE), ("stations.catalogue.entry_added", ""),
        ("charity.donor.registered", HERE), ("stations.need.published", HERE), ("charity.link.released", DISTRICT),
    )  # fmt: skip
    found = read(url, queue, 2)
    assert [(each["type"], each["area"]) for each in found] == [
        ("stations.need.published", HERE),
        ("charity.link.released", DISTRICT),
    ]


def test_an_agency_is_refused_everything_but_reading_its_queue(operator: Operator) -> None:
    (url, queue), (_, other) = operator.add("elm"), operator.add("oak")
    attempts: list[Callable[[amqp.Channel], object]] = [
        *(
            lambda channel, queue=queue: channel.basic_consume(queue)
            for queue in (other, "charity.events", "charity.commands", ARCHIVE_STREAM, "observer.asleep")
        ),
        lambda channel: channel.basic_get(other),
        lambda channel: channel.queue_purge(other),
        lambda channel: channel.queue_declare("agency.elm", durable=True, auto_delete=False),
        lambda channel: channel.queue_declare("", exclusive=True),
        lambda channel: channel.queue_bind(queue, EVENTS_EXCHANGE, "#"),
        lambda channel: channel.queue_unbind(queue, EVENTS_EXCHANGE, "#"),
        lambda channel: channel.queue_delete(queue),
        lambda channel: channel.exchange_declare("mine", "topic"),
        *(
            lambda channel, exchange=exchange: _publish(channel, exchange)
            for exchange in (EVENTS_EXCHANGE, COMMANDS_EXCHANGE, "", "nameko-rpc")
        ),
    ]
    for nth, attempt in enumerate(attempts):
        with closing(connect(url, "agency")) as connection, pytest.raises(AccessRefused):
            pytest.fail(f"attempt {nth} was let through: {attempt(connection.channel())}")


def _publish(channel: amqp.Channel, exchange: str) -> None:
    channel.confirm_select()
    channel.basic_publish_confirm(amqp.Message(b"{}"), exchange, "stations.need.published.11")


def test_an_agency_is_refused_other_virtual_hosts_and_the_management_api(operator: Operator) -> None:
    parts = urlsplit(operator.add("elm")[0])
    with pytest.raises((BrokerUnreachableError, NotAllowed, AccessRefused)):
        close_quietly(connect(parts._replace(path="/").geturl(), "agency"))
    answer = httpx.get(f"{operator.room.management_url}/api/queues", auth=(str(parts.username), str(parts.password)))
    assert answer.status_code == 401


def test_a_rotated_password_lets_in_and_the_one_before_does_not(operator: Operator) -> None:
    before, queue = operator.add("elm")
    reader = connect(before, "agency")
    _, password = rotate_password(operator.place, "elm", close=True)
    with pytest.raises(ConnectionForced):
        reader.drain_events(timeout=20)
    with pytest.raises(BrokerUnreachableError):
        close_quietly(connect(before, "agency"))
    operator.publish(("stations.need.published", HERE))
    assert read(operator.url("elm", password), queue, 1)


def test_an_agency_whose_queue_came_back_without_its_user_gets_one_with_the_next_password(operator: Operator) -> None:
    _, queue = operator.add("elm", DISTRICT)
    operator.publish(("stations.need.published", HERE))
    operator.management.remove_user(operator.place.user("elm"))  # a restore brings queues, and no users
    assert [each.has_user for each in list_agencies(operator.place)] == [False]
    agency, password = rotate_password(operator.place, "elm", close=False)
    assert agency.area == DISTRICT
    assert read(operator.url("elm", password), queue, 1)


def test_an_agency_that_does_not_read_costs_a_bounded_queue_and_its_oldest_events(operator: Operator) -> None:
    url, queue = operator.add("elm")
    with closing(connect(operator.room.amqp_uri, "a service")) as connection:
        bodies = [
            Outgoing(EVENTS_EXCHANGE, "stations.need.published", to_json({"nth": nth, "text": "x" * 50_000}), {})
            for nth in range(60)
        ]
        assert Publisher(connection).publish(bodies) == set()
    until(lambda: 0 < operator.waiting(queue) <= 21, "the oldest are gone")
    assert read(url, queue, 15)[0]["nth"] >= 39


def test_an_agency_has_one_reader_at_a_time_so_that_it_holds_no_more_than_one_prefetch(operator: Operator) -> None:
    url, queue = operator.add("elm")
    operator.publish(*[("stations.need.published", HERE)] * 30)
    with closing(connect(url, "agency")) as first, closing(connect(url, "agency")) as second:
        found: dict[str, int] = {"first": 0, "second": 0}
        for name, connection in (("first", first), ("second", second)):
            channel = connection.channel()
            channel.basic_qos(0, 10, a_global=False)
            channel.basic_consume(queue, callback=lambda _, name=name: found.update({name: found[name] + 1}))
        while found["first"] < 10:
            first.drain_events(timeout=20)
        with pytest.raises(AMQPError):
            second.channel().basic_get(queue)
    assert found == {"first": 10, "second": 0}


def test_an_agency_has_few_connections(operator: Operator) -> None:
    url, _ = operator.add("elm")
    opened = [connect(url, "agency") for _ in range(4)]
    with pytest.raises((BrokerUnreachableError, NotAllowed, OSError)):
        close_quietly(connect(url, "agency"))
    for connection in opened:
        close_quietly(connection)


def test_the_command_makes_lists_and_removes_an_agency(operator: Operator) -> None:
    made = operator.run("add", "elm", "--area", DISTRICT, "--types", "stations.need,charity.link.linked")
    assert made["events"] == ["charity.link.linked.11.01.02.#", "stations.need.*.11.01.02.#"]
    operator.publish(("stations.need.published", HERE))
    (listed,) = operator.run("list")
    assert listed == {
        "name": "elm", "area": DISTRICT, "types": ["charity.link.linked", "stations.need"], "queue": made["queue"],
        "has_user": True,
    }  # fmt: skip
    until(lambda: operator.waiting(made["queue"]) == 1, "the event waits")
    with closing(connect(made["url"], "agency")) as reader:
        assert operator.run("remove", "elm") == {"removed": "elm", "events": 1}
        with pytest.raises(ConnectionForced):
            reader.drain_events(timeout=20)
    assert operator.run("list") == []


def test_the_reader_in_python_prints_the_events_of_its_queue(operator: Operator, tmp_path: Path) -> None:
    assert find_code("python") == SUBSCRIBER, "the command prints another one than docs/agencies.md"
    url, queue = operator.add("elm", DISTRICT)
    operator.publish(("stations.need.published", THERE), ("stations.need.published", HERE))
    line = read_line([sys.executable, "-c", find_code("python")], url, queue, tmp_path)
    assert line.split() == ["/test", "stations.need.published.0", "stations.need.published", HERE]
