"""A command that is given up is answered for good; only the retry of its dead letter may put an outcome in that place.

Played on the store in memory and on MongoDB, by the real processor and with the operator's own repair.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from actors import ANYBODY
from amqp_stranger import fill
from boxes import INDEXES, SERVICE, put

from deploy.lianshan.dead_letters.later import find_later
from deploy.lianshan.dead_letters.letter import DeadLetter
from deploy.lianshan.dead_letters.stored import ReturnFailedError, send_back, to_dead_letter
from shared.contracts.access import Actor
from shared.contracts.stations.needs import EvaluateNeed
from shared.contracts.subscriptions import ACTOR
from shared.engine.amqp.broker import Delivery, Outgoing
from shared.engine.amqp.topology import commands_queue
from shared.engine.decide.handlers import Handlers, Handling
from shared.engine.decide.incoming import Incoming
from shared.engine.run import processor as engine_processor
from shared.engine.run.service import ServiceSpec
from shared.engine.run.suspects import DEATHS, DELIVERY_COUNT, Suspects
from shared.engine.store import letters
from shared.runtime.clock import Clock, MachineTime
from shared.runtime.vault import Vault
from tests.city.kept import Kept, in_memory, in_mongodb
from tests.city.process import NOTHING, build_processor

VAULT = Vault(bytes(32))
QUEUE = commands_queue(SERVICE)
Body = dict[str, Any]


class Publisher:
    """Keeps the answers that callers would get."""

    def __init__(self) -> None:
        self.answers: list[Body] = []

    def reply(self, outgoing: list[Outgoing]) -> None:
        self.answers += [json.loads(one.body) for one in outgoing]


class Desk:
    """A service that fills boxes, and fails while it is broken; `replicas` share its store."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self.broken = True
        self.spec = ServiceSpec(SERVICE, Handlers(SERVICE, {EvaluateNeed: self._put}), INDEXES, vault=VAULT)
        self.replicas = [self._start(kept.database) for _ in range(2)]

    def _put(self, message: Incoming[EvaluateNeed]) -> Handling:
        if self.broken:
            raise RuntimeError("the box fell down")
        answer = yield from put(message)
        return answer

    def _start(self, database: Any) -> engine_processor.Processor:
        made = build_processor(self.spec, database, Clock(), lambda _: None)
        made.publisher = Publisher()  # type: ignore[assignment]
        made.outbox = NOTHING  # type: ignore[assignment]
        return made

    def ask(self, amount: int = 1, *, key: str = "same", actor: Actor = ANYBODY, comment: str = "") -> Body:
        """The answer to a command about the red box."""
        return self.take(self.delivery(amount, key=key, actor=actor, comment=comment))[-1]

    def take(self, *deliveries: Delivery, replica: int = 0) -> list[Body]:
        """The answers to the deliveries of one batch."""
        processor = self.replicas[replica]
        processor.process(deliveries, [])
        answers: list[Body] = processor.publisher.answers  # type: ignore[union-attr]
        processor.publisher = Publisher()  # type: ignore[assignment]
        return answers

    def delivery(
        self, amount: int = 1, *, key: str = "same", actor: Actor = ANYBODY, comment: str = "", times: int = 0
    ) -> Delivery:
        headers = {ACTOR: actor.model_dump_json(), **({DELIVERY_COUNT: times} if times else {})}
        properties = {
            "content_type": "application/json", "type": "EvaluateNeed", "message_id": key, "reply_to": "caller",
            "correlation_id": key, "application_headers": headers,
        }  # fmt: skip
        body = fill("red", amount, comment).model_dump_json().encode()
        return Delivery(QUEUE, 1, body, properties, SERVICE, redelivered=times > 0)

    # ---- the operator --------------------------------------------------------------------------------------

    def dead(self, key: str = "same") -> DeadLetter:
        row = self.kept.database["letters"].find_one({"_id": f"{QUEUE}/command:{key}"})
        return to_dead_letter(row).opened(VAULT)

    def send_back(self, key: str = "same") -> None:
        send_back(self.kept.database, self.dead(key), [], VAULT)

    def retry_due(self, replica: int = 0) -> None:
        """The retries that are due are done."""
        processor = self.replicas[replica]
        processor.process(processor.letters.claim_due(MachineTime(datetime.now(UTC) + timedelta(seconds=1))), [])

    @property
    def amount(self) -> int:
        """The amount in the box."""
        box = self.kept.database["boxes"].find_one({"_id": "red"})
        return 0 if box is None else int(box["amount"])

    @property
    def letters(self) -> int:
        return int(self.kept.database["letters"].count_documents({}))


@pytest.fixture(params=[in_memory, pytest.param(in_mongodb, marks=pytest.mark.integration)], ids=lambda p: p.__name__)
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    make: Callable[[pytest.FixtureRequest], Iterator[Kept]] = request.param
    yield from map(Desk, make(request))


def rule(answer: Body) -> str:
    return str(answer["error"]["rule"])


def test_who_repeats_a_failed_command_hears_the_same_final_answer_and_where_it_is_kept(desk: Desk) -> None:
    first = desk.ask()
    assert (first["error"]["code"], rule(first)) == ("failed", "kept_for_operator")
    assert first["error"]["args"] == {"letter": "same"} == {"letter": desk.dead().id}
    desk.broken = False
    assert [desk.ask() for _ in range(3)] == [first] * 3
    assert rule(desk.ask(2)) == "key_of_another_request"
    assert (desk.amount, desk.letters) == (0, 1)


def test_sent_again_under_a_new_key_it_is_done_and_the_operator_is_shown_that(desk: Desk) -> None:
    desk.ask()
    desk.broken = False
    assert desk.ask(key="another") == {"ok": {"amount": 1}}
    desk.ask(key="by somebody else", actor=Actor(kind="key", id="key_else", roles=("administrator",)))
    found = find_later(desk.kept.database, desk.dead())
    assert found.count == 1
    assert (found.latest[0].type, found.latest[0].ids) == ("EvaluateNeed", ("red",))
    assert found.latest[0].correlation == "another"


def test_the_outcome_of_a_retry_is_the_answer_of_its_key_from_then_on_and_happens_once(desk: Desk) -> None:
    desk.ask(2)
    desk.broken = False
    desk.send_back()
    waiting = desk.ask(2)
    assert (waiting["error"]["code"], rule(waiting)) == ("unavailable", "being_retried")
    assert desk.amount == 0, "the repetition did not overtake the retry"
    desk.retry_due()
    assert [desk.ask(2), desk.ask(2)] == [{"ok": {"amount": 2}}] * 2
    assert (desk.amount, desk.letters) == (2, 0)


def test_who_repeats_a_command_that_came_back_edited_gets_its_outcome(desk: Desk) -> None:
    desk.ask(2)
    desk.broken = False
    edited = desk.dead().with_body(fill("red", 5).model_dump_json().encode(), {})
    send_back(desk.kept.database, edited, [], VAULT)
    desk.retry_due()
    assert desk.ask(2) == {"ok": {"amount": 5}}
    assert rule(desk.ask(5)) == "key_of_another_request"
    assert desk.amount == 5


def test_a_retry_that_fails_too_leaves_the_final_answer_and_may_be_repeated(desk: Desk) -> None:
    first = desk.ask()
    for _ in range(2):
        desk.send_back()
        desk.retry_due()
        assert desk.ask() == first
        assert len(desk.dead().history) == 1
    desk.broken = False
    desk.send_back()
    desk.retry_due()
    assert desk.ask() == {"ok": {"amount": 1}}
    assert desk.amount == 1


def test_two_replicas_with_the_same_retry_do_it_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.engine.store.due_rows.ROW_LEASE_SECONDS", 0)
    desk.ask()
    desk.broken = False
    desk.send_back()
    soon = [MachineTime(datetime.now(UTC) + timedelta(seconds=n + 1)) for n in range(2)]
    held = [r.letters.claim_due(at) for r, at in zip(desk.replicas, soon, strict=True)]
    assert all(len(one) == 1 for one in held)
    for replica, deliveries in enumerate(held):
        desk.take(*deliveries, replica=replica)
    assert (desk.amount, desk.letters) == (1, 0)
    assert desk.ask() == {"ok": {"amount": 1}}


def test_one_that_was_retried_already_is_not_sent_back_once_more(desk: Desk) -> None:
    _, known = desk.ask(), desk.dead()
    desk.send_back()
    with pytest.raises(ReturnFailedError, match="somebody else"):
        send_back(desk.kept.database, known, [], VAULT)


def test_a_failure_beside_a_replica_that_has_done_it_is_no_failure(desk: Desk) -> None:
    """Delivered to two, because an acknowledgement was late: one fails while the other commits."""
    slow = desk.replicas[1]
    keep, held = slow.keep, desk.delivery()

    def commit_first(*given: Any) -> None:
        desk.broken = False
        assert desk.ask() == {"ok": {"amount": 1}}
        keep(*given)

    slow.keep = commit_first  # type: ignore[method-assign, assignment]
    assert desk.take(held, replica=1) == [{"ok": {"amount": 1}}]
    assert (desk.amount, desk.letters) == (1, 0)


def test_one_that_release_0_2_gave_up_is_done_once_whoever_is_first(desk: Desk) -> None:
    """Its key stands in no inbox: a caller that repeats it waits until the retry is done."""
    desk.ask()
    desk.kept.database["inbox"].delete_many({})
    desk.broken = False
    desk.send_back()
    assert rule(desk.ask()) == "being_retried"
    desk.retry_due()
    assert desk.ask() == {"ok": {"amount": 1}}
    assert desk.amount == 1


def test_one_that_was_done_after_release_0_2_gave_it_up_is_not_done_again(desk: Desk) -> None:
    desk.ask()
    desk.kept.database["inbox"].delete_many({})
    desk.broken = False
    assert desk.ask() == {"ok": {"amount": 1}}
    desk.send_back()
    desk.retry_due()
    assert (desk.amount, desk.letters) == (1, 0)


def test_one_that_is_not_kept_is_answered_for_good_all_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "MOST_UNASKED", 1)
    desk.ask(key="the last that is kept")
    assert rule(desk.ask()) == "not_kept"
    desk.broken = False
    assert rule(desk.ask()) == "not_kept"
    assert (desk.amount, desk.letters) == (0, 1)


def test_one_that_ended_its_processes_is_answered_for_good_and_done_by_its_retry(desk: Desk) -> None:
    class DeathError(BaseException):
        """The process ends here."""

    def die(*_: object) -> None:
        raise DeathError

    def suspects() -> Suspects:
        return Suspects(desk.replicas[0], desk.kept.database, Clock(), 20)

    held = desk.delivery(times=9)
    for _ in range(DEATHS):
        with pytest.raises(DeathError):
            suspects().process(die, [held])
    suspects().process(die, [held])
    assert rule(desk.replicas[0].publisher.answers[0]) == "process_ended"  # type: ignore[union-attr]
    desk.broken = False
    assert rule(desk.ask()) == "process_ended"
    desk.send_back()
    desk.retry_due()
    assert desk.ask() == {"ok": {"amount": 1}}


def test_a_refusal_of_a_narrower_key_is_not_that_of_a_wider_one(desk: Desk) -> None:
    desk.broken = False
    narrow = ANYBODY.model_copy(update={"area": "31"})
    assert desk.ask(actor=narrow)["error"]["code"] == "not_found"
    assert rule(desk.ask()) == "refused_to_a_narrower_key"
    assert desk.ask(actor=narrow)["error"]["code"] == "not_found"
    assert desk.ask(key="new") == {"ok": {"amount": 1}}


def test_a_refusal_of_a_key_without_the_permission_is_not_that_of_one_which_has_it(desk: Desk) -> None:
    desk.broken = False
    lacking = ANYBODY.model_copy(update={"roles": ()})
    assert rule(desk.ask(actor=lacking)) == rule(desk.ask(actor=lacking)) == "permission_missing"
    assert rule(desk.ask()) == "refused_to_a_narrower_key"


def test_the_same_key_of_two_keys_in_one_batch_tells_neither_what_is_for_the_other(desk: Desk) -> None:
    desk.broken = False
    narrow = ANYBODY.model_copy(update={"area": "31"})
    answers = desk.take(desk.delivery(), desk.delivery(actor=narrow), desk.delivery())
    assert sorted(json.dumps(one) for one in answers if "ok" in one) == ['{"ok": {"amount": 1}}'] * 2
    (other,) = (one for one in answers if "error" in one)
    assert rule(other) == "being_changed"
    assert rule(desk.ask(actor=narrow)) == "key_of_another_request"
