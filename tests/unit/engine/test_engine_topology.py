"""Every queue is bounded, survives a restart and loses nothing by itself."""

import pytest

from shared.contracts.envelope import MAX_EVENT_BYTES
from shared.contracts.messages import MAX_COMMAND_BYTES
from shared.contracts.subscriptions import ARCHIVE_STREAM, COMMANDED, COMMANDS_EXCHANGE, EVENTS_EXCHANGE, SUBSCRIPTIONS
from shared.engine.amqp import topology
from shared.engine.amqp.former_topology import (
    EXCHANGES_BESIDE_FORMER,
    FORMER_EXCHANGES,
    RETRY_DELAYS,
    former_plan,
    plan_beside_former,
)
from shared.engine.amqp.topology import (
    EXCHANGES,
    MAX_EVENTS_BYTES,
    MAX_LENGTH,
    UNLIMITED,
    QueuePlan,
    apart_exchange,
    bound_prefetch,
    plan,
    readers_of,
)

QUEUES = {queue.name: queue for queue in plan()}
BESIDE = {queue.name: queue for queue in plan_beside_former()}
QUORUM = [queue for queue in BESIDE.values() if queue.name != ARCHIVE_STREAM]
NAMES = {f"{service}.events" for service in SUBSCRIPTIONS}
WORK = [QUEUES[f"{service}.events"] for service in SUBSCRIPTIONS]


def test_no_queue_is_planned_twice():
    assert len(QUEUES) == len(plan())
    assert len(BESIDE) == len(plan()) + len(former_plan())


@pytest.mark.parametrize("queue", QUORUM, ids=lambda q: q.name)
def test_every_queue_is_replicated_and_bounded_and_only_events_are_dropped_rather_than_refused(queue: QueuePlan):
    assert queue.arguments["x-queue-type"] == "quorum"
    assert queue.arguments["x-max-length"] > 0
    assert queue.arguments["x-overflow"] == ("drop-head" if queue.name in NAMES else "reject-publish")


@pytest.mark.parametrize("queue", WORK, ids=lambda q: q.name)
def test_a_queue_of_events_is_bounded_in_bytes_and_drops_nothing_into_a_queue_of_dead_letters(queue: QueuePlan):
    assert queue.arguments["x-max-length-bytes"] == MAX_EVENTS_BYTES
    assert "x-dead-letter-exchange" not in queue.arguments
    assert queue.arguments["x-delivery-limit"] == UNLIMITED


@pytest.mark.parametrize("queue", WORK, ids=lambda q: q.name)
def test_each_retry_delay_has_a_queue_that_gives_back(queue: QueuePlan):
    for delay in RETRY_DELAYS:
        retry = BESIDE[f"{queue.name}.retry.{delay}s"].arguments
        assert retry["x-message-ttl"] == delay * 1000
        assert retry["x-dead-letter-routing-key"] == queue.name
        assert retry["x-dead-letter-strategy"] == "at-least-once"


def test_every_dead_letter_target_is_a_planned_queue():
    targets = {q.arguments.get("x-dead-letter-routing-key", q.name) for q in BESIDE.values()}
    assert targets <= BESIDE.keys()


@pytest.mark.parametrize("name", [q.name for q in plan() if q.name != ARCHIVE_STREAM])
def test_no_queue_drops_what_was_delivered_too_often(name: str):
    """RabbitMQ drops a message beyond the limit, unanswered; who dies with it is found by its service."""
    assert QUEUES[name].arguments["x-delivery-limit"] == UNLIMITED


def test_todays_plan_has_nothing_that_only_a_former_release_needs():
    assert not FORMER_EXCHANGES.keys() & EXCHANGES.keys()
    assert not {exchange for queue in plan() for exchange, _ in queue.bindings} & FORMER_EXCHANGES.keys()
    assert all(queue.kind == "main" for queue in plan())


def test_the_archive_hears_every_event_and_is_bounded():
    archive = QUEUES[ARCHIVE_STREAM]
    assert archive.arguments["x-queue-type"] == "stream"
    assert archive.arguments["x-max-length-bytes"] > 0
    assert (EVENTS_EXCHANGE, "#") in archive.bindings


@pytest.mark.parametrize("service", sorted(SUBSCRIPTIONS))
def test_a_service_hears_what_it_subscribed_to(service: str):
    heard = [(exchange, key) for exchange, key in QUEUES[f"{service}.events"].bindings if exchange == EVENTS_EXCHANGE]
    assert heard == [(EVENTS_EXCHANGE, key) for key in SUBSCRIPTIONS[service]]


@pytest.mark.parametrize("service", COMMANDED)
def test_a_service_is_commanded_by_its_name(service: str):
    assert (COMMANDS_EXCHANGE, service) in QUEUES[f"{service}.commands"].bindings
    assert f"{service}.commands.dead" in BESIDE


@pytest.mark.parametrize("queue", QUORUM, ids=lambda q: q.name)
def test_a_service_reaches_its_own_queues_without_the_default_exchange_and_nobody_elses(queue: QueuePlan):
    service = queue.name.partition(".")[0]
    others = [exchange for exchange, _ in queue.bindings if exchange.endswith(".letters")]
    assert others == [f"{service}.letters"]
    assert (f"{service}.letters", queue.name) in queue.bindings


def test_every_bound_exchange_is_planned():
    assert {exchange for queue in QUEUES.values() for exchange, _ in queue.bindings} <= EXCHANGES.keys()
    assert {exchange for queue in BESIDE.values() for exchange, _ in queue.bindings} <= EXCHANGES_BESIDE_FORMER.keys()


def test_another_plan_has_another_mark(monkeypatch: pytest.MonkeyPatch):
    before = topology.mark()
    assert before == topology.mark()
    monkeypatch.setattr(topology, "MAX_LENGTH", MAX_LENGTH + 1)
    assert topology.mark() != before


@pytest.mark.parametrize(
    ("queue", "largest"), [("stations.events", MAX_EVENT_BYTES), ("stations.commands", MAX_COMMAND_BYTES)]
)
def test_what_a_process_holds_ahead_fits_into_its_budget_however_large_each_message_is(queue: str, largest: int):
    assert bound_prefetch(queue, 20) == 20
    assert bound_prefetch(queue, 100_000) * largest <= 128 * 1024**2


@pytest.mark.parametrize("name", [ARCHIVE_STREAM, *(queue.name for queue in WORK)])
def test_each_reader_of_events_can_be_reached_alone(name: str):
    (bound,) = [q.name for q in plan() for exchange, _ in q.bindings if exchange == apart_exchange(name)]
    assert bound == name


def test_the_readers_of_an_event_are_the_queues_that_its_bindings_lead_to():
    everybody = {ARCHIVE_STREAM, "gateway.events", "charity.events", "volunteering.events"}
    assert set(readers_of("stations.need.end_undone")) == everybody
    assert set(readers_of("stations.need.confirmation_undone")) == everybody
    assert set(readers_of("stations.need.extended")) == {ARCHIVE_STREAM, "gateway.events", "charity.events"}
    assert set(readers_of("test.unknown")) == {ARCHIVE_STREAM, "gateway.events"}


def test_each_kind_of_queue_is_declared_with_the_arguments_that_rabbitmq_knows():
    made = {queue.name: queue.arguments for queue in plan()}
    assert made["charity.events"] == {
        "x-queue-type": "quorum", "x-delivery-limit": UNLIMITED, "x-max-length": MAX_LENGTH,
        "x-max-length-bytes": MAX_EVENTS_BYTES, "x-overflow": "drop-head",
    }  # fmt: skip
    assert made["charity.commands"] == {
        "x-queue-type": "quorum", "x-delivery-limit": UNLIMITED, "x-max-length": MAX_LENGTH,
        "x-overflow": "reject-publish",
    }  # fmt: skip
    assert made[ARCHIVE_STREAM].keys() == {
        "x-queue-type", "x-max-length-bytes", "x-stream-max-segment-size-bytes"
    }  # fmt: skip
    assert made[ARCHIVE_STREAM]["x-queue-type"] == "stream"


def test_each_queue_is_bound_to_what_its_service_reads_and_to_its_own_exchange():
    made = {queue.name: set(queue.bindings) for queue in plan()}
    for service, keys in SUBSCRIPTIONS.items():
        name = f"{service}.events"
        assert made[name] == {*((EVENTS_EXCHANGE, key) for key in keys), (apart_exchange(name), "#")}
    for service in COMMANDED:
        assert made[f"{service}.commands"] == {(COMMANDS_EXCHANGE, service)}
    assert made[ARCHIVE_STREAM] == {(EVENTS_EXCHANGE, "#"), (apart_exchange(ARCHIVE_STREAM), "#")}
