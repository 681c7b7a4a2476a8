"""A process that starts names the setting, the fault and the remedy where a server is not as it needs it."""

import socket

import amqp
import pytest
from engine_starting import AMQP, QUEUES, Broker

from shared.contracts.subscriptions import ARCHIVE_STREAM, COMMANDS_EXCHANGE
from shared.engine.amqp.broker import BrokerUnreachableError
from shared.engine.amqp.topology import MARK_TYPE, mark
from shared.engine.run import startup
from shared.engine.run.startup import check_broker, check_port
from shared.runtime.errors import CannotStartError


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    made = Broker()
    monkeypatch.setattr(startup, "connect", made.connect)
    monkeypatch.setattr(startup, "Publisher", lambda connection: connection)
    monkeypatch.setattr(startup, "close_quietly", lambda _: made.log.append("closed"))
    return made


def refusal(queues: tuple[str, ...] = QUEUES) -> str:
    with pytest.raises(BrokerUnreachableError) as refused:
        check_broker(AMQP, "charity", queues)
    return str(refused.value)


# ---- the broker ------------------------------------------------------------------------------------------------


def test_each_queue_the_mark_a_publication_and_the_log_are_tried_and_nothing_stays(broker: Broker):
    check_broker(AMQP, "charity", QUEUES)
    assert broker.log == [
        ("connect", AMQP, "charity check"),
        "channel", ("queue", "charity.events", True),
        "channel", ("queue", "charity.commands", True),
        "channel", ("exchange", mark(), MARK_TYPE, True),
        ("publish", "charity.letters", "nobody", b""),
        "channel", ("qos", 0, 1, False), ("consume", ARCHIVE_STREAM, {"x-stream-offset": "next"}),
        "closed",
    ]  # fmt: skip
    assert broker.reader is not None
    broker.reader(amqp.Message(b""))  # an event that comes before the end has no effect


def test_a_process_without_queues_is_tried_by_a_command_and_reads_no_log(broker: Broker):
    check_broker(AMQP, "gateway", ())
    assert [call for call in broker.log if call[0] in {"publish", "consume", "queue"}] == [
        ("publish", COMMANDS_EXCHANGE, "nobody", b"")
    ]


@pytest.mark.parametrize("error", [amqp.NotFound("no queue"), TimeoutError("no answer")], ids=["gone", "silent"])
def test_a_queue_that_is_missing_is_named_with_the_command_that_makes_it(broker: Broker, error: Exception):
    broker.fails["queue charity.commands"] = error
    assert refusal() == f"the queue charity.commands is missing: run `lianshan topology apply` ({error})"
    assert broker.log[-1] == "closed"


def test_queues_of_another_release_are_told_by_the_mark(broker: Broker):
    broker.fails["exchange"] = amqp.NotFound("no exchange")
    assert refusal() == (
        f"the queues at amqp://charity:***@broker:5672/city are those of another release ({mark()} is missing): "
        "run `lianshan topology apply`"
    )
    assert broker.log[-1] == "closed"


def test_a_user_that_is_not_the_services_own_may_not_publish(broker: Broker):
    broker.fails["publish"] = amqp.AccessRefused("no right")
    assert refusal() == (
        "this user may not publish on charity.letters, so it is not the service's own: name "
        "that, or run `lianshan access apply`"
    )


def test_a_user_of_an_earlier_release_may_not_read_the_log(broker: Broker):
    broker.fails["consume"] = amqp.AccessRefused("no right")
    assert refusal() == (
        f"this user may not read the log of events, {ARCHIVE_STREAM}: run `lianshan access apply` of this release"
    )


@pytest.mark.parametrize("call", ["queue", "exchange", "publish", "consume"])
def test_a_broker_that_ends_the_connection_does_not_answer(broker: Broker, call: str):
    broker.fails[call] = ConnectionResetError("reset")
    assert refusal() == "amqp://charity:***@broker:5672/city does not answer: ConnectionResetError: try again"
    assert broker.log[-1] == "closed"


# ---- the port --------------------------------------------------------------------------------------------------


def test_a_port_that_is_taken_names_its_setting():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStartError) as refused:
            check_port("health_port", "127.0.0.1", port)
    assert str(refused.value) == (
        f"LIANSHAN_HEALTH_PORT: 127.0.0.1:{port} is not to be had (Address already in use): set another"
    )
    check_port("health_port", "127.0.0.1", 0)
