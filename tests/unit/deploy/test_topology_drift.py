"""The differences of a broker from the plan, in words that name the remedy."""

from typing import Any

import pytest

from deploy.lianshan.topology.drift import Drift, find_drift, list_unseen
from deploy.lianshan.topology.state import BrokerState, Policy
from shared.engine.amqp.former_topology import EXCHANGES_BESIDE_FORMER, FORMER_MARK, plan_beside_former
from shared.engine.amqp.topology import EXCHANGES, MARK_TYPE, MAX_LENGTH, UNLIMITED, mark, plan

QUEUE = "charity.events"


def standing(**changes: Any) -> BrokerState:
    """A broker as planned, except for the given parts."""
    as_planned = {
        "exchanges": {**EXCHANGES, mark(): MARK_TYPE},
        "queues": {queue.name: dict(queue.arguments) for queue in plan()},
        "bindings": frozenset((e, key, queue.name) for queue in plan() for e, key in queue.bindings),
        "policies": (),
    }
    return BrokerState(**(as_planned | changes))


def beside_former() -> dict[str, Any]:
    """The broker during an upgrade from 0.2.0."""
    queues = plan_beside_former()
    return {
        "exchanges": {**EXCHANGES_BESIDE_FORMER, FORMER_MARK: MARK_TYPE, mark(): MARK_TYPE},
        "queues": {queue.name: dict(queue.arguments) for queue in queues},
        "bindings": frozenset((e, key, queue.name) for queue in queues for e, key in queue.bindings),
    }


def drift(**changes: Any) -> list[Drift]:
    return find_drift(standing(**changes))


def one(**changes: Any) -> Drift:
    (found,) = drift(**changes)
    return found


def test_a_broker_as_planned_shows_no_drift() -> None:
    assert drift() == []
    assert list_unseen(standing()) == []
    assert drift(**beside_former()) == []


def test_during_an_upgrade_the_queues_of_the_former_release_must_stand_and_afterwards_they_are_left_over() -> None:
    former = beside_former()
    del former["queues"]["charity.events.dead"]
    assert {(d.kind, d.name) for d in drift(**former)} == {("missing queue", "charity.events.dead")}
    left = {**standing().queues, "charity.events.retry.1s": {}}
    found = one(queues=left)
    assert (found.kind, found.name) == ("left-over queue", "charity.events.retry.1s")
    assert "lianshan topology retire" in found.next


def test_a_missing_exchange_and_one_of_another_type_are_told_apart() -> None:
    without = {name: kind for name, kind in EXCHANGES.items() if name != "lianshan.commands"}
    assert one(exchanges=without).kind == "missing exchange"
    found = one(exchanges={**EXCHANGES, "lianshan.events": "fanout"})
    assert (found.kind, found.wanted, found.found) == ("different exchange", "topic", "fanout")
    assert "delete the exchange" in found.next


def test_a_plan_that_was_not_applied_to_its_end_is_told_because_no_service_would_start() -> None:
    found = one(exchanges=dict(EXCHANGES))
    assert (found.kind, found.name) == ("missing mark", mark())


def test_a_missing_queue_is_named() -> None:
    queues = dict(standing().queues)
    del queues[QUEUE]
    found = one(queues=queues)
    assert (found.kind, found.name) == ("missing queue", QUEUE)


@pytest.mark.parametrize(
    ("change", "argument", "was"),
    [
        ({"x-max-length": 10}, "x-max-length", 10),
        ({"x-max-length": None}, "x-max-length", None),
        ({"x-single-active-consumer": True}, "x-single-active-consumer", True),
    ],
)
def test_each_argument_that_differs_is_told_with_both_values(change: dict[str, Any], argument: str, was: Any) -> None:
    arguments = {k: v for k, v in ({**standing().queues[QUEUE], **change}).items() if v is not None}
    found = one(queues={**standing().queues, QUEUE: arguments})
    assert (found.kind, found.name, found.found) == ("different queue", QUEUE, was)
    assert argument in found.detail


def test_bindings_too_few_and_too_many_are_told_but_not_those_of_others() -> None:
    wanted = standing().bindings or frozenset()
    stale, missing = (
        ("lianshan.events", "stations.need.old.#", QUEUE),
        ("lianshan.commands", "charity", "charity.commands"),
    )
    of_an_agency = ("lianshan.events", "#", "agency.events")
    found = drift(bindings=(wanted - {missing}) | {stale, of_an_agency, ("", QUEUE, QUEUE)})
    assert {(d.kind, d.name) for d in found} == {("missing binding", "charity.commands"), ("stale binding", QUEUE)}


def test_what_cannot_be_seen_is_said_and_not_called_well() -> None:
    hidden = standing(bindings=None, policies=None)
    assert find_drift(hidden) == []
    assert list_unseen(hidden) == ["bindings", "policies"]


@pytest.mark.parametrize(
    ("definition", "harmful"),
    [
        ({"max-length": 5}, True),
        ({"max-length": MAX_LENGTH + 1}, False),
        ({"expires": 1000}, True),
        ({"message-ttl": 1000}, True),
        ({"overflow": "drop-head"}, False),
        ({"ha-mode": "all"}, False),
    ],
)
def test_a_policy_counts_where_it_changes_what_the_plan_says(definition: dict[str, Any], harmful: bool) -> None:
    found = drift(policies=(Policy("own", "^charity[.]events$", definition),))
    assert [d.kind for d in found] == ["policy"] * harmful
    assert drift(policies=(Policy("own", "^agency", definition),)) == []


def test_a_policy_that_would_let_dead_letters_be_dropped_is_found() -> None:
    assert UNLIMITED > 20
    found = one(**beside_former(), policies=(Policy("four", "^charity[.]events[.]dead$", {"delivery-limit": 20}),))
    assert (found.name, found.found) == ("charity.events.dead", 20)
    assert "clear_policy four" in found.next


def test_queues_of_an_older_plan_and_unfinished_moves_are_told_but_not_those_of_agencies() -> None:
    extra = {"charity.events.retry.9s": {}, "charity.events.moving": {}, "agency.events": {}, "gateway.replies.1": {}}
    found = drift(queues={**standing().queues, **extra})
    assert {(d.kind, d.name) for d in found} == {
        ("left-over queue", "charity.events.retry.9s"), ("unfinished move", QUEUE),
    }  # fmt: skip


@pytest.mark.parametrize("overflow", ["reject-publish", "reject-publish-dlx"])
def test_an_agencys_queue_that_refuses_events_is_named_as_long_as_it_is_bound(overflow: str) -> None:
    queues = {**standing().queues, "observer.full": {"x-overflow": overflow}, "observer.well": {"x-max-length": 5}}
    bound = {("lianshan.events", "#", name) for name in ("observer.full", "observer.well")}
    found = one(queues=queues, bindings=standing().bindings | bound | {("", "observer.full", "observer.full")})
    assert (found.kind, found.name, found.found) == ("refusing queue", "observer.full", overflow)
    assert "lianshan topology apply unbinds it" in found.next
    assert drift(queues=queues) == [], "unbound it does no harm"
    queues["observer.full"] = {**queues["observer.full"], "x-queue-type": "quorum"}
    policies = (Policy("lianshan-observers", r"^(observer\..*)$", {"overflow": "drop-head"}),)
    assert drift(queues=queues, bindings=standing().bindings | bound, policies=policies) == [], (
        "the policy overrides it"
    )
