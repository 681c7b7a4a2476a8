"""The repair of a broker: missing parts are made, different ones are replaced or named, the mark comes last."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from broker_double import Broker

from deploy.lianshan.topology import BrokerState, find_drift, pausing, repair
from deploy.lianshan.topology.pausing import repair_with_pauses
from deploy.lianshan.topology.queue_move import CannotMoveError
from deploy.lianshan.topology.retirement import CannotRetireError, Step, retire
from shared.contracts.subscriptions import EVENTS_EXCHANGE
from shared.engine.amqp.former_topology import FORMER_EXCHANGES, FORMER_MARK, former_plan, plan_beside_former
from shared.engine.amqp.topology import EXCHANGES, MARK_TYPE, QueuePlan, mark, plan

REPAIR_MODULE = import_module("deploy.lianshan.topology.repair")
"""The module, whose name its package gives to the function."""
QUEUE = "charity.events"
OTHER = {"x-queue-type": "quorum", "x-max-length": 7}


@pytest.fixture
def broker() -> Any:
    return Broker()


@pytest.fixture
def well(broker: Any) -> Any:
    """As planned, with its mark."""
    broker.stand(plan(), EXCHANGES)
    broker.exchanges[mark()] = MARK_TYPE
    return broker


def state_of(broker: Any) -> BrokerState:
    return BrokerState(dict(broker.exchanges), dict(broker.queues), frozenset(broker.bindings), ())


def moves(monkeypatch: pytest.MonkeyPatch, broker: Any, error: str = "") -> list[str]:
    """Have queues replaced at once, with seven messages each; or have the move fail with those words."""
    moved: list[str] = []

    def move(_: Any, queue: QueuePlan) -> int:
        if error:
            raise CannotMoveError(error)
        moved.append(queue.name)
        broker.queues[queue.name] = dict(queue.arguments)
        broker.queues.pop(f"{queue.name}.moving", None)
        broker.bindings |= {(exchange, key, queue.name) for exchange, key in queue.bindings}
        return 7

    monkeypatch.setattr(REPAIR_MODULE, "move", move)
    return moved


# ---- apply -----------------------------------------------------------------------------------------------------


def test_on_an_empty_broker_everything_is_made_and_nothing_differs_afterwards(broker: Any) -> None:
    done = repair(broker)
    assert done.created == [queue.name for queue in plan()]
    assert (done.moved, done.unbound, done.left, done.busy) == ({}, [], [], set())
    assert find_drift(state_of(broker)) == []


def test_where_all_stands_as_planned_nothing_is_done(well: Any) -> None:
    before = state_of(well)
    done = repair(well, before)
    assert done.to_json() == {"created": [], "moved": {}, "unbound": [], "left": []}
    assert state_of(well) == before


def test_a_missing_binding_is_made_and_a_stale_one_removed_but_not_those_of_others(well: Any) -> None:
    missing, stale = (EVENTS_EXCHANGE, plan()[1].bindings[0][1], plan()[1].name), (EVENTS_EXCHANGE, "old.#", QUEUE)
    agency, default = (EVENTS_EXCHANGE, "old.#", "agency"), ("", QUEUE, QUEUE)
    well.bindings.discard(missing)
    well.bindings |= {stale, agency, default}
    done = repair(well, state_of(well))
    assert done.unbound == [list(stale)]
    assert missing in well.bindings
    assert {agency, default} <= well.bindings
    assert stale not in well.bindings


def test_where_bindings_are_not_seen_none_is_removed(well: Any) -> None:
    stale = (EVENTS_EXCHANGE, "old.#", QUEUE)
    well.bindings.add(stale)
    assert repair(well, BrokerState({}, {})).unbound == []
    assert repair(well).unbound == []
    assert stale in well.bindings


def test_a_queue_with_other_arguments_is_replaced_with_its_messages(well: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    well.queues[QUEUE] = OTHER
    moves(monkeypatch, well)
    told: list[str] = []
    done = repair(well, None, told.append)
    assert (done.created, done.moved, done.left) == ([], {QUEUE: 7}, [])
    assert told == [f"{QUEUE} is replaced"]
    assert find_drift(state_of(well)) == []


def test_a_move_that_was_cut_off_is_finished_though_the_queue_is_as_planned_again(
    well: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    well.queues[f"{QUEUE}.moving"] = {}
    assert moves(monkeypatch, well) == []
    assert repair(well).moved == {QUEUE: 7}


def test_a_queue_that_cannot_be_replaced_is_named_its_service_is_busy_and_the_mark_is_not_set(
    broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.queues[QUEUE] = OTHER
    moves(monkeypatch, broker, "somebody takes messages from it")
    done = repair(broker)
    assert (done.left, done.busy) == (["somebody takes messages from it"], {"charity"})
    assert QUEUE not in done.created
    assert mark() not in broker.exchanges
    assert broker.queues[QUEUE] == OTHER


def test_an_exchange_of_another_type_is_named_with_the_next_step_and_the_mark_is_not_set(broker: Any) -> None:
    name = list(EXCHANGES)[-1]
    broker.exchanges[name] = "fanout"
    done = repair(broker)
    (left,) = done.left
    assert left.startswith(
        f"the exchange {name} is not a durable {EXCHANGES[name]} exchange: stop the services, delete"
    )
    assert mark() not in broker.exchanges
    assert broker.exchanges[name] == "fanout"


def test_only_the_queues_of_one_service_are_repaired_where_one_is_named_and_the_mark_waits(broker: Any) -> None:
    done = repair(broker, only="charity")
    assert done.created == ["charity.events", "charity.commands"]
    assert set(broker.queues) == {"charity.events", "charity.commands"}
    assert mark() not in broker.exchanges


def test_the_queues_of_0_2_are_kept_until_they_are_retired(broker: Any) -> None:
    broker.exchanges[FORMER_MARK] = MARK_TYPE
    assert set(repair(broker).created) == {queue.name for queue in plan_beside_former()}
    assert broker.exchanges.items() >= FORMER_EXCHANGES.items()


def test_two_repairs_at_once_are_refused(well: Any) -> None:
    well.locked = True
    with pytest.raises(CannotMoveError, match="another `lianshan` repairs at this moment"):
        repair(well)


# ---- apply --pause ---------------------------------------------------------------------------------------------


class Pauses:
    """The pauses of services, by the name of who made them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **before: str) -> None:
        self.by = dict(before)
        self.resumed: list[str] = []
        self.waited: list[str] = []
        monkeypatch.setattr(pausing, "pause", self._pause)
        monkeypatch.setattr(pausing, "resume", self._resume)
        monkeypatch.setattr(pausing, "count_work", self._count)

    def _pause(self, _: Any, service: str, by: str, why: str) -> Any:
        assert why
        if service in self.by:
            return SimpleNamespace(service=service)
        self.by[service] = by
        return None

    def _resume(self, _: Any, service: str) -> bool:
        self.resumed.append(service)
        return self.by.pop(service, None) is not None

    def _count(self, _: Any, service: str) -> tuple[int, int]:
        self.waited.append(service)
        return (0, 0)


STORES: Any = object()


def busy_until_paused(monkeypatch: pytest.MonkeyPatch, broker: Any, pauses: Pauses) -> None:
    def move(_: Any, queue: QueuePlan) -> int:
        if queue.name.partition(".")[0] not in pauses.by:
            raise CannotMoveError(f"somebody takes messages from {queue.name}")
        broker.queues[queue.name] = dict(queue.arguments)
        return 3

    monkeypatch.setattr(REPAIR_MODULE, "move", move)


def test_each_service_whose_queue_is_replaced_pauses_for_that_moment(
    well: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    well.queues |= {QUEUE: OTHER, "stations.events": OTHER}
    pauses = Pauses(monkeypatch)
    busy_until_paused(monkeypatch, well, pauses)
    done = repair_with_pauses(well, STORES, state_of(well), lambda _: None)
    assert (done.moved, done.left) == ({QUEUE: 3, "stations.events": 3}, [])
    assert pauses.resumed == pauses.waited == ["charity", "stations"]
    assert pauses.by == {}
    assert find_drift(state_of(well)) == []


def test_a_pause_of_an_operator_is_not_ended(well: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    well.queues |= {QUEUE: OTHER, "stations.events": OTHER}
    pauses = Pauses(monkeypatch, stations="an operator")
    busy_until_paused(monkeypatch, well, pauses)
    assert repair_with_pauses(well, STORES, None, lambda _: None).moved == {QUEUE: 3, "stations.events": 3}
    assert (pauses.resumed, pauses.by) == (["charity"], {"stations": "an operator"})


def test_a_service_goes_on_where_its_queue_could_not_be_replaced_after_all(
    well: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    well.queues[QUEUE] = OTHER
    pauses = Pauses(monkeypatch)
    moves(monkeypatch, well, "it is written to again and again")
    done = repair_with_pauses(well, STORES, None, lambda _: None)
    assert done.left == ["it is written to again and again"]
    assert (pauses.resumed, pauses.by) == (["charity"], {})


def test_nobody_pauses_where_no_queue_is_replaced(well: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = Pauses(monkeypatch)
    del well.queues["stations.commands"]
    done = repair_with_pauses(well, STORES, None, lambda _: None)
    assert (done.created, pauses.waited, pauses.resumed) == (["stations.commands"], [], [])


# ---- retire ----------------------------------------------------------------------------------------------------


@pytest.fixture
def former(well: Any) -> Any:
    """As planned, beside the queues that 0.2.0 needs."""
    well.stand(former_plan(), FORMER_EXCHANGES)
    well.exchanges[FORMER_MARK] = MARK_TYPE
    return well


TODAY = {"product": "lianshan", "version": "0.3.0", "connection_name": "charity consumer"}
THEN = {"product": "lianshan", "connection_name": "charity consumer"}
AGENCY = {"product": "py-amqp", "connection_name": "an agency"}


def test_what_only_0_2_needs_is_deleted_once_none_of_its_processes_runs(former: Any) -> None:
    steps = retire(former, [TODAY, AGENCY], stopped=False)
    assert {step.outcome for step in steps} == {"deleted"}
    assert former.deleted[0] == FORMER_MARK, "first, so that none of them starts any more"
    assert set(former.deleted) == {FORMER_MARK, *FORMER_EXCHANGES, *(queue.name for queue in former_plan())}
    assert find_drift(state_of(former)) == []
    assert {step.outcome for step in retire(former, [TODAY], stopped=False)} == {"was_gone"}


def test_a_queue_with_messages_or_a_consumer_stays_and_is_named(former: Any) -> None:
    full, consumed = (queue.name for queue in former_plan()[:2])
    former.depths |= {full: (4, 1), consumed: (0, 1)}
    steps = [step for step in retire(former, [], stopped=False) if step.stays]
    assert steps == [Step("queue", full, "holds_messages", 4), Step("queue", consumed, "is_consumed")]
    assert {full, consumed} <= former.queues.keys()


def test_a_queue_whose_messages_are_not_counted_while_it_has_no_leader_stays(former: Any) -> None:
    name = former_plan()[0].name
    former.unseen.add(name)
    assert [step for step in retire(former, [], stopped=False) if step.stays] == [
        Step("queue", name, "holds_messages", 1)
    ]
    assert name in former.queues


def test_while_a_process_of_0_2_runs_nothing_is_deleted_and_it_is_named(former: Any) -> None:
    with pytest.raises(CannotRetireError, match=r"still connected \(charity consumer\): replace or stop them first"):
        retire(former, [TODAY, THEN], stopped=True)
    assert former.deleted == []


def test_where_connections_are_not_seen_the_operators_word_is_asked_for(former: Any) -> None:
    with pytest.raises(CannotRetireError, match="LIANSHAN_MANAGEMENT_URL, or give --former-stopped"):
        retire(former, None, stopped=False)
    assert former.deleted == []
    assert {step.outcome for step in retire(former, None, stopped=True)} == {"deleted"}


def test_before_todays_plan_is_applied_nothing_is_retired(former: Any) -> None:
    del former.exchanges[mark()]
    with pytest.raises(CannotRetireError, match="run `lianshan topology apply` first"):
        retire(former, [], stopped=True)
    assert former.deleted == []
