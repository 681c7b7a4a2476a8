"""Failed messages in the store: claimed by one replica at a time, and deleted with the commit that handles them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from shared.engine.amqp.claim import Claim
from shared.engine.amqp.letter_content import Content
from shared.engine.decide.batch import Decisions
from shared.engine.decide.unit_of_work import IdentityMap
from shared.engine.store import due_rows, letters
from shared.engine.store.commit import Transaction, commit
from shared.engine.store.errors import Conflict
from shared.engine.store.letters import Head, Letters
from shared.runtime.clock import MachineTime
from shared.runtime.vault import Vault
from tests.city.kept import Kept, in_memory, in_mongodb

VAULT = Vault(bytes(32))
QUEUE = "charity.events"


@pytest.fixture(params=[in_memory, pytest.param(in_mongodb, marks=pytest.mark.integration)], ids=lambda p: p.__name__)
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    make: Callable[[pytest.FixtureRequest], Iterator[Kept]] = request.param
    yield from make(request)


def now() -> MachineTime:
    return MachineTime(datetime.now(UTC).replace(microsecond=0))


def store(kept: Kept, *statements: dict, keys: tuple[str, ...] = (), claims: tuple[Claim, ...] = ()) -> None:  # type: ignore[type-arg]
    commit(
        kept.database,
        Transaction(Decisions(IdentityMap()), keys, now(), letters=statements, claims=claims),
    )


def waiting(key: str, due: datetime, body: bytes = b"{}") -> dict:  # type: ignore[type-arg]
    head = Head(QUEUE, "event", key, key, "a.b.c")
    entry = letters.to_entry(now(), "handler_failed", "the box fell down")
    return letters.insert_waiting(letters.to_letter(head, Content(body, {"message_id": key}), VAULT, [entry], 1), due)


def test_a_message_is_claimed_by_one_replica_when_it_is_due(kept: Kept) -> None:
    ours, theirs = Letters(kept.database, VAULT), Letters(kept.database, VAULT)
    store(kept, waiting("late", now() - timedelta(seconds=9)), waiting("later", now() + timedelta(hours=1)))
    (delivery,) = ours.claim_due(now())
    assert (delivery.queue, delivery.body, delivery.properties["message_id"]) == (QUEUE, b"{}", "late")
    assert delivery.claim is not None
    assert (delivery.claim.tries, len(delivery.claim.history)) == (1, 1)
    assert theirs.claim_due(now()) == []


def test_a_lease_lapses_and_the_message_takes_effect_once(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due_rows, "ROW_LEASE_SECONDS", 0)
    ours, theirs = Letters(kept.database, VAULT), Letters(kept.database, VAULT)
    store(kept, waiting("k", now() - timedelta(seconds=9)))
    (first,) = ours.claim_due(now())
    (second,) = theirs.claim_due(MachineTime(now() + timedelta(seconds=2)))
    assert first.claim is not None
    assert second.claim is not None
    store(kept, keys=("k",), claims=(second.claim,))
    with pytest.raises(Conflict):
        store(kept, letters.give_up(first.claim, now(), letters.to_entry(now(), "handler_failed", "late")))
    with pytest.raises(Conflict):
        store(kept, keys=("k",), claims=(first.claim,))
    assert kept.reader.find_seen(["k"]) == {"k": None}
    assert ours.find_unchanged([second.claim]) == set()


def test_what_is_stored_twice_has_failed_once(kept: Kept) -> None:
    due = now() - timedelta(seconds=1)
    store(kept, waiting("k", due))
    store(kept, waiting("k", due + timedelta(hours=1), b"another"))
    (delivery,) = Letters(kept.database, VAULT).claim_due(now())
    assert delivery.body == b"{}"


def test_a_claimed_message_is_put_off_with_its_failure_or_without(kept: Kept) -> None:
    ours = Letters(kept.database, VAULT)
    store(kept, waiting("k", now() - timedelta(seconds=1)))
    (delivery,) = ours.claim_due(now())
    assert delivery.claim is not None
    store(kept, letters.postpone(delivery.claim, now() - timedelta(seconds=1), None))
    (delivery,) = ours.claim_due(now())
    assert delivery.claim is not None
    assert delivery.claim.tries == 1, "it was not the message's fault"
    store(kept, letters.postpone(delivery.claim, now() - timedelta(seconds=1), letters.to_entry(now(), "x", "again")))
    (delivery,) = ours.claim_due(now())
    assert delivery.claim is not None
    assert (delivery.claim.tries, delivery.claim.history[-1]["error"]) == (2, "again")
    store(kept, letters.give_up(delivery.claim, now(), letters.to_entry(now(), "x", "the last")))
    assert ours.claim_due(MachineTime(now() + timedelta(days=9))) == []
    assert ours.measure(QUEUE, "waiting") == (0, None)
    assert ours.measure(QUEUE, "dead")[0] == 1


def test_what_was_sealed_with_another_key_is_a_dead_letter_and_holds_no_other(kept: Kept) -> None:
    store(kept, waiting("k", now() - timedelta(seconds=1)))
    other = Letters(kept.database, Vault(bytes([1] * 32)))
    with capture_logs() as lines:
        assert other.claim_due(now()) == []
    assert [(line["event"], line["log_level"]) for line in lines] == [("letter_not_opened", "error")]
    assert "VaultError" in lines[0]["error"]
    assert other.measure(QUEUE, "dead")[0] == 1


def test_a_message_that_was_handled_before_is_deleted_by_whoever_claims_it(kept: Kept) -> None:
    ours = Letters(kept.database, VAULT)
    store(kept, waiting("k", now() - timedelta(seconds=1)))
    (delivery,) = ours.claim_due(now())
    assert delivery.claim is not None
    ours.delete(delivery.claim)
    assert ours.measure(QUEUE, "waiting") == (0, None)


def test_failed_commands_are_kept_until_too_many_failed_messages_lie_there(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "MOST_UNASKED", 2)
    store(kept, waiting("one", now()))
    assert Letters(kept.database).takes_unasked()
    store(kept, waiting("two", now()))
    assert not Letters(kept.database).takes_unasked()


@pytest.mark.integration
def test_the_room_for_failed_commands_is_known_without_reading_a_row(request: pytest.FixtureRequest) -> None:
    for kept in in_mongodb(request):
        kept.database["letters"].insert_many([{"_id": str(n), "dead": now()} for n in range(20_000)])
        kept.database.command("profile", 2)
        assert Letters(kept.database).takes_unasked()
        (seen,) = kept.database["system.profile"].find({"ns": f"{kept.database.name}.letters"})
        assert (seen.get("docsExamined", 0), seen.get("keysExamined", 0)) == (0, 0)
