"""`python -m shared.engine.amqp.topology`: everything is declared, its mark last; an obstacle is named."""

from typing import Any

import pytest
from amqp.exceptions import NotFound, PreconditionFailed

from shared.engine.amqp import broker, topology
from shared.engine.amqp.former_topology import FORMER_MARK, former_plan
from shared.engine.amqp.topology import EXCHANGES, MARK_TYPE, apply, main, mark, plan

URI = "amqp://somebody:secret@broker.test/"


class Channel:
    """A channel to a broker that has the exchanges `standing`; a queue in `other` has other arguments there."""

    def __init__(self, standing: tuple[str, ...] = (), other: str = "") -> None:
        self.connection: Any = self
        self.closed = 0
        self.declared: list[str] = []
        self.queues: dict[str, dict[str, Any]] = {}
        self.bindings: set[tuple[str, str, str]] = set()
        self.kept: dict[str, tuple[str, bool, bool]] = {}
        """Of each thing its type, whether it survives a restart, and whether it goes with its last user."""
        self._standing, self._other = standing, other

    def channel(self) -> "Channel":
        return self

    def close(self) -> None:
        self.closed += 1

    def exchange_declare(self, name: str, kind: str, *, passive: bool = False, **how: bool) -> None:
        if passive:
            if name not in self._standing:
                raise NotFound(f"no exchange {name}")
            return
        self.declared.append(name)
        self.kept[name] = (kind, how["durable"], how["auto_delete"])

    def queue_declare(self, name: str, *, durable: bool, auto_delete: bool, arguments: dict[str, Any]) -> None:
        if name == self._other:
            raise PreconditionFailed(f"inequivalent arg for queue {name}")
        self.declared.append(name)
        self.queues[name] = arguments
        self.kept[name] = ("queue", durable, auto_delete)

    def queue_bind(self, name: str, exchange: str, key: str) -> None:
        self.bindings.add((name, exchange, key))


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Channel:
    made = Channel()
    monkeypatch.setenv("LIANSHAN_AMQP_URI", URI)
    monkeypatch.setattr(broker, "connect", lambda uri, name: made if (uri, name) == (URI, "topology") else None)
    return made


def wanted_bindings() -> set[tuple[str, str, str]]:
    return {(queue.name, exchange, key) for queue in plan() for exchange, key in queue.bindings}


def test_every_exchange_queue_and_binding_is_declared_and_survives_a_restart() -> None:
    channel = Channel()
    assert apply(channel) == plan()  # type: ignore[arg-type]
    assert channel.queues == {queue.name: queue.arguments for queue in plan()}
    assert channel.bindings == wanted_bindings()
    assert {name: kept[0] for name, kept in channel.kept.items() if kept[0] != "queue"} == {
        **EXCHANGES, mark(): MARK_TYPE
    }  # fmt: skip
    assert {kept[1:] for kept in channel.kept.values()} == {(True, False)}


def test_exchanges_come_before_the_queues_bound_to_them_and_the_mark_is_last() -> None:
    channel = Channel()
    apply(channel)  # type: ignore[arg-type]
    assert channel.declared[: len(EXCHANGES)] == list(EXCHANGES)
    assert channel.declared[-1] == mark()
    assert channel.declared.count(mark()) == 1


def test_the_queues_of_0_2_are_kept_as_long_as_they_are_not_retired() -> None:
    channel = Channel(standing=(FORMER_MARK,))
    apply(channel)  # type: ignore[arg-type]
    assert {queue.name for queue in former_plan()} <= channel.queues.keys()
    assert not {queue.name for queue in former_plan()} & Channel().queues.keys()


def test_where_a_queue_stands_otherwise_the_plan_has_no_mark() -> None:
    channel = Channel(other=plan()[-1].name)
    with pytest.raises(PreconditionFailed):
        apply(channel)  # type: ignore[arg-type]
    assert mark() not in channel.declared


def test_the_command_applies_the_plan_and_ends_its_connection(here: Channel) -> None:
    assert main(["apply"]) == 0
    assert mark() in here.declared
    assert here.closed >= 1


def test_the_command_shows_the_plan_without_a_broker(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(plan())
    for line, queue in zip(lines, plan(), strict=True):
        assert line == f"{queue.name} {queue.arguments} {queue.bindings}"


@pytest.mark.parametrize("arguments", [[], ["retire"], ["apply", "twice"]])
def test_anything_else_is_answered_with_the_usage(
    here: Channel, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(arguments) == 2
    assert "LIANSHAN_AMQP_URI=amqp://… python -m shared.engine.amqp.topology apply|show" in capsys.readouterr().err
    assert here.declared == []


def test_without_an_address_nothing_is_applied(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LIANSHAN_AMQP_URI", raising=False)
    assert main(["apply"]) == 2
    assert "usage: " in capsys.readouterr().err


def test_a_queue_with_other_arguments_is_named_with_the_repair(
    here: Channel, capsys: pytest.CaptureFixture[str]
) -> None:
    here._other = "charity.events"
    assert main(["apply"]) == 1
    error = capsys.readouterr().err
    assert "run `lianshan topology apply`" in error
    assert "charity.events" in error


@pytest.mark.parametrize("trouble", [broker.BrokerUnreachableError("refuses the login"), OSError("no route")])
def test_a_broker_that_is_away_is_named_by_its_setting_without_its_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], trouble: Exception
) -> None:
    def fail(*_: str) -> None:
        raise trouble

    monkeypatch.setenv("LIANSHAN_AMQP_URI", URI)
    monkeypatch.setattr(broker, "connect", fail)
    assert main(["apply"]) == 1
    error = capsys.readouterr().err
    assert error == f"LIANSHAN_AMQP_URI: {trouble}\n"
    assert "secret" not in error


def test_the_mark_changes_with_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    before = mark()
    assert before.startswith("lianshan.topology.")
    assert before == mark()
    monkeypatch.setattr(topology, "MAX_LENGTH", topology.MAX_LENGTH + 1)
    assert mark() != before
