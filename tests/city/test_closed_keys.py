"""A command that is given up closes its key: the engine of the unit tests keeps to it as the processor does.

`test_given_up` has the cases that only the processor knows: other actors, other requests under the key, replicas,
processes.
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from amqp_stranger import fill
from boxes import SERVICE, Box, put

from deploy.lianshan.dead_letters.stored import ReturnFailedError, drop
from shared.contracts.refusals import Refused
from shared.contracts.stations.needs import EvaluateNeed
from shared.engine.decide.handlers import Handlers, Handling
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.limits import NotCommittableError
from shared.engine.decide.memory import TESTER, MemoryEngine
from tests.city.kept import in_memory as store_in_memory
from tests.city.kept import in_mongodb as store_in_mongodb
from tests.city.test_given_up import Body, Desk


class Keys(Protocol):
    """A service that fills boxes, and fails while it is `broken`."""

    broken: bool

    def ask(self, amount: int = 1, *, key: str = "same", comment: str = "") -> Body:
        """Return the answer to a command about the red box."""

    def ask_together(self, *keys: str) -> None:
        """Send commands that arrive in one batch."""

    def retry(self) -> None:
        """Have the operator's retry of the dead letter done."""

    @property
    def amount(self) -> int:
        """The amount in the box."""


class Engine:
    """The engine of the unit tests. A failure that it raises is shown as the caller's next try shows it."""

    def __init__(self) -> None:
        self.broken = True
        self.engine = MemoryEngine(Handlers(SERVICE, {EvaluateNeed: self._put}))

    def _put(self, message: Incoming[EvaluateNeed]) -> Handling:
        if self.broken:
            raise RuntimeError("the box fell down")
        answer = yield from put(message)
        return answer

    def ask(self, amount: int = 1, *, key: str = "same", comment: str = "") -> Body:
        for _ in range(2):
            try:
                return {"ok": self.engine.command(fill("red", amount, comment), key)}
            except Refused as refusal:
                return {"error": refusal.to_json()}
            except (RuntimeError, NotCommittableError):
                continue
        raise AssertionError("a key that is closed fails no more")

    def ask_together(self, *keys: str) -> None:
        self.engine.batch(
            [self.engine.incoming("command", fill("red"), "EvaluateNeed", key, actor=TESTER) for key in keys]
        )

    def retry(self) -> None:
        try:
            self.engine.retry("same")
        except RuntimeError:
            assert "same" in self.engine.failed

    @property
    def amount(self) -> int:
        box = self.engine.entities.get((Box, "red"))
        return box.amount if isinstance(box, Box) else 0


class Processor(Desk):
    """The real processor."""

    def ask_together(self, *keys: str) -> None:
        self.take(*(self.delivery(key=key) for key in keys))

    def retry(self) -> None:
        self.send_back()
        self.retry_due()


def in_engine(_: pytest.FixtureRequest) -> Iterator[Engine]:
    yield Engine()


def in_memory(request: pytest.FixtureRequest) -> Iterator[Processor]:
    yield from map(Processor, store_in_memory(request))


def in_mongodb(request: pytest.FixtureRequest) -> Iterator[Processor]:
    yield from map(Processor, store_in_mongodb(request))


@pytest.fixture(
    params=[in_engine, in_memory, pytest.param(in_mongodb, marks=pytest.mark.integration)], ids=lambda p: p.__name__
)
def keys(request: pytest.FixtureRequest) -> Iterator[Keys]:
    make: Callable[[pytest.FixtureRequest], Iterator[Keys]] = request.param
    yield from make(request)


@pytest.fixture(params=[in_memory, pytest.param(in_mongodb, marks=pytest.mark.integration)], ids=lambda p: p.__name__)
def desk(request: pytest.FixtureRequest) -> Iterator[Processor]:
    make: Callable[[pytest.FixtureRequest], Iterator[Processor]] = request.param
    yield from make(request)


def rule(answer: Body) -> str:
    return str(answer["error"]["rule"])


def test_a_repetition_of_a_failed_command_gets_the_same_final_answer_and_does_nothing(keys: Keys) -> None:
    first = keys.ask()
    assert (first["error"]["code"], rule(first)) == ("failed", "kept_for_operator")
    assert first["error"]["args"] == {"letter": "same"}
    keys.broken = False
    assert [keys.ask(), keys.ask()] == [first] * 2
    assert keys.amount == 0
    assert keys.ask(key="new") == {"ok": {"amount": 1}}


def test_the_outcome_of_the_operators_retry_is_the_answer_from_then_on(keys: Keys) -> None:
    first = keys.ask(2)
    keys.retry()
    assert keys.ask(2) == first, "the retry has failed, too"
    keys.broken = False
    keys.retry()
    assert [keys.ask(2), keys.ask(2)] == [{"ok": {"amount": 2}}] * 2
    assert keys.amount == 2


def test_a_refusal_for_now_closes_no_key(keys: Keys) -> None:
    keys.broken = False
    assert rule(keys.ask(comment="away")) == "catalogue_owner_away"
    keys.ask(key="another")
    assert keys.ask(comment="away") == {"ok": {"amount": 2}}


def test_a_refusal_by_a_rule_closes_its_key(keys: Keys) -> None:
    keys.broken = False
    first = keys.ask(comment="refuse")
    assert rule(first) == "closed_box"
    assert keys.ask(comment="refuse") == first
    assert keys.amount == 0


def test_commands_that_fail_together_are_closed_each_by_its_own_answer(keys: Keys) -> None:
    keys.ask_together("same", "other", "third")
    keys.broken = False
    assert [keys.ask(key=key)["error"]["args"] for key in ("same", "other", "third")] == [
        {"letter": "same"}, {"letter": "other"}, {"letter": "third"}
    ]  # fmt: skip
    assert keys.amount == 0


def test_one_that_cannot_be_committed_closes_its_key_and_its_neighbours_are_done(keys: Keys) -> None:
    keys.broken = False
    assert rule(keys.ask(comment="huge")) == "kept_for_operator"
    keys.ask_together("one", "two")
    assert keys.amount == 2
    assert rule(keys.ask(comment="huge")) == "kept_for_operator"


# ---- a dropped letter ------------------------------------------------------------------------------------------


def test_who_repeats_a_command_whose_letter_was_dropped_hears_that_it_was_dropped(desk: Processor) -> None:
    desk.ask()
    drop(desk.kept.database, desk.dead())
    desk.broken = False
    answer = desk.ask()
    assert (answer["error"]["code"], rule(answer)) == ("failed", "dropped_by_operator")
    assert desk.ask() == answer
    assert rule(desk.ask(2)) == "key_of_another_request"
    assert (desk.amount, desk.letters) == (0, 0)
    assert desk.ask(key="new") == {"ok": {"amount": 1}}


def test_one_whose_retry_has_failed_and_which_is_dropped_then_is_answered_so(desk: Processor) -> None:
    desk.ask()
    desk.retry()
    drop(desk.kept.database, desk.dead())
    assert rule(desk.ask()) == "dropped_by_operator"
    (row,) = desk.kept.database["inbox"].find({"keys": "command:same"})
    assert "final" not in row


def test_one_that_was_sent_back_is_not_dropped(desk: Processor) -> None:
    desk.ask()
    known = desk.dead()
    desk.send_back()
    with pytest.raises(ReturnFailedError, match="somebody else"):
        drop(desk.kept.database, known)
    assert rule(desk.ask()) == "being_retried"
    assert desk.letters == 1


def test_one_of_release_0_2_whose_key_was_never_closed_is_closed_when_it_is_dropped(desk: Processor) -> None:
    desk.ask()
    desk.kept.database["inbox"].delete_many({})
    drop(desk.kept.database, desk.dead())
    desk.broken = False
    assert rule(desk.ask()) == "dropped_by_operator"
    assert desk.amount == 0


def test_one_that_was_done_meanwhile_keeps_its_outcome_when_its_letter_is_dropped(desk: Processor) -> None:
    desk.ask()
    desk.kept.database["inbox"].delete_many({})
    desk.broken = False
    done: Any = desk.ask()
    drop(desk.kept.database, desk.dead())
    assert desk.ask() == done == {"ok": {"amount": 1}}
    assert desk.letters == 0
