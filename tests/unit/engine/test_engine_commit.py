"""The writes of a commit, their order, and the consequences of MongoDB's errors for a batch."""

import json
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

import pytest
from engine_boxes import Box, Fill, batch, build, event
from pymongo.errors import (
    AutoReconnect,
    ConfigurationError,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from shared.contracts.envelope import MAX_EVENT_BYTES
from shared.contracts.refusals import Refused
from shared.engine.decide.batch import Decisions, Outcome
from shared.engine.decide.entity import Entity, stored_with
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.memory import START, MemoryEngine
from shared.engine.decide.unit_of_work import IdentityMap
from shared.engine.run.answers import build_answer
from shared.engine.store import commands, outbox
from shared.engine.store.commands import CHUNK, check_written, split, split_outbox
from shared.engine.store.commit import _by_collection
from shared.engine.store.errors import (
    MESSAGE_FAULTS,
    STORE_TROUBLE,
    Conflict,
    NotCommittableError,
    StoreUnreachableError,
    UnlistedError,
    classify_error,
)

MESSAGE: Incoming[Any] = Incoming("command", "k", "k", "Fill", Fill(box_id="red"), START, "c", "")


class Attic(Entity):
    collection = "attics"


def decided_on(*pairs: tuple[Entity | None, Entity]) -> Decisions:
    decisions = Decisions(IdentityMap())
    for original, now in pairs:
        decisions.identities.originals[type(now), now.id] = original
        decisions.identities.entities[type(now), now.id] = now
        decisions.identities.changed_ids.setdefault(type(now), set()).add(now.id)
    return decisions


def test_a_new_entity_is_inserted_a_known_one_changed_where_nobody_else_did():
    writes = _by_collection(
        decided_on(
            (None, Box(id="new", version=1)),
            (Box(id="old", version=4), Box(id="old", version=6, amount=2)),
        )
    )
    ((collection, inserts, updates),) = writes
    assert collection == "boxes"
    assert inserts == [{"_id": "new", "version": 1, "amount": 0}]
    guard = {"_id": "old", "version": 4, "schema": None}
    assert updates == [{"q": guard, "u": {"$set": {"version": 6, "amount": 2}}}]


def test_what_another_release_has_stored_is_written_as_a_whole():
    """Its fields have their meaning together: a mixture of two forms would be neither."""
    decisions = decided_on((Box(id="theirs", version=4, amount=1), Box(id="theirs", version=5, amount=1)))
    decisions.identities.other_form.add((Box, "theirs"))
    ((_, _, updates),) = _by_collection(decisions)
    whole = {"_id": "theirs", "version": 5, "amount": 1}
    assert updates == [{"q": {"_id": "theirs", "version": 4}, "u": whole}]


class Shelved(Box):
    """With a field that is stored only while it says something."""

    def to_document(self, only: AbstractSet[str] | None = None) -> dict[str, Any]:
        document = super().to_document(only)
        return document | {"wants": "more"} if self.amount < 3 else document


def test_a_storage_module_adds_derived_fields_to_the_documents_of_its_model():
    class Crate(Entity):
        collection = "crates"
        amount: int = 0
        label: str = ""

    @stored_with(Crate)
    def derive_plenty(crate: Crate) -> dict[str, Any]:
        return {"plenty": True} if crate.amount > 2 else {}

    few, many = Crate(id="c", version=1, amount=1), Crate(id="c", version=2, amount=3)
    assert many.to_document() == {"_id": "c", "version": 2, "amount": 3, "label": "", "plenty": True}
    assert derive_plenty(few) == {}
    assert many.changes_since(few) == {"$set": {"version": 2, "amount": 3, "plenty": True}}
    assert few.changes_since(many) == {"$set": {"version": 1, "amount": 1}, "$unset": {"plenty": ""}}
    relabelled = many.model_copy(update={"label": "rice"})
    assert relabelled.changes_since(many) == {"$set": {"label": "rice"}}, "what stays as it is costs no index anything"
    assert Crate.from_document(many.to_document()) == many
    assert Entity.derive is None, "of this model alone"


def test_a_derived_field_comes_and_goes_with_what_it_is_derived_from():
    few, many = Shelved(id="s", version=1, amount=1), Shelved(id="s", version=2, amount=3)
    assert many.changes_since(few) == {"$set": {"version": 2, "amount": 3}, "$unset": {"wants": ""}}
    assert few.changes_since(many) == {"$set": {"version": 1, "amount": 1, "wants": "more"}}


def test_collections_are_written_in_one_order_so_that_replicas_do_not_wait_in_a_circle():
    box, attic = (None, Box(id="b", version=1)), (None, Attic(id="a", version=1))
    for pairs in ([box, attic], [attic, box]):
        assert [c for c, _, _ in _by_collection(decided_on(*pairs))] == ["attics", "boxes"]


def test_what_was_only_read_is_not_written():
    engine = MemoryEngine(build())
    batch(engine, Fill(box_id="red"))
    decisions = Decisions(IdentityMap())
    decisions.identities.remember(Box, "red", engine.one(Box, "red"))
    assert decisions.writes == []


@pytest.mark.parametrize("count", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_long_lists_are_cut_into_bounded_pieces_and_none_is_lost(count: int):
    documents = [{"_id": n} for n in range(count)]
    parts = list(split(documents))
    assert all(0 < len(part) <= CHUNK for part in parts)
    assert [d for part in parts for d in part] == documents


@pytest.mark.parametrize(("count", "size", "rows"), [(0, 1, []), (CHUNK + 1, 1, [CHUNK, 1]), (5, 400, [2, 2, 1])])
def test_events_are_stored_in_documents_that_stay_far_below_the_largest(
    monkeypatch: pytest.MonkeyPatch, count: int, size: int, rows: list[int]
):
    monkeypatch.setattr(commands, "OUTBOX_BYTES", 1_000)
    events = [{"b": bytes(size), "n": n} for n in range(count)]
    parts = list(split_outbox(events))
    assert [len(part) for part in parts] == rows
    assert [row for part in parts for row in part] == events


class TestWhatMongoSays:
    @pytest.mark.parametrize("code", [11000, 112])
    def test_a_duplicate_or_a_write_conflict_means_decide_anew(self, code: int):
        assert isinstance(classify_error(OperationFailure("x", code)), Conflict)
        with pytest.raises(Conflict):
            check_written({"n": 0, "writeErrors": [{"code": code}]}, 1)

    def test_a_document_that_has_changed_since_means_decide_anew(self):
        with pytest.raises(Conflict, match="1 of 2 documents have changed"):
            check_written({"n": 1}, 2)

    def test_a_transient_error_means_decide_anew(self):
        error = OperationFailure("x", 251, {"errorLabels": ["TransientTransactionError"]})
        assert isinstance(classify_error(error), Conflict)

    @pytest.mark.parametrize(
        "error",
        [
            AutoReconnect("gone"),
            NetworkTimeout("slow"),
            ServerSelectionTimeoutError("nobody"),
            OperationFailure("x", 64, {"errorLabels": ["UnknownTransactionCommitResult"]}),
            OperationFailure("out of disk space", 14031),
            OperationFailure("not authorised", 13),
            OperationFailure("authentication failed", 18),
            OperationFailure("operation exceeded time limit", 50),
            OperationFailure("the code of tomorrow", 54321),
            ConfigurationError("of the driver"),
        ],
        ids=str,
    )
    def test_a_store_in_trouble_is_waited_for_and_no_message_is_blamed(self, error: PyMongoError):
        assert isinstance(classify_error(error), StoreUnreachableError)

    @pytest.mark.parametrize("code", MESSAGE_FAULTS)
    def test_a_batch_that_cannot_be_written_is_split(self, code: int):
        assert isinstance(classify_error(OperationFailure("x", code)), NotCommittableError)
        with pytest.raises(NotCommittableError):
            check_written({"n": 0, "writeErrors": [{"code": code}]}, 1)

    def test_no_code_is_on_both_lists(self):
        assert not MESSAGE_FAULTS.keys() & (STORE_TROUBLE | {11000, 112})

    @pytest.mark.parametrize("code", [8, 54321])
    def test_an_error_that_no_list_names_tells_its_code(self, code: int):
        error = classify_error(OperationFailure("x", code))
        assert isinstance(error, UnlistedError)
        assert error.code == code
        assert str(error).startswith(f"code {code}: ")


class TestAnAnswer:
    def test_a_result_is_stored_as_json_with_the_key_and_the_fingerprint(self):
        message = replace(MESSAGE, fingerprint="f")
        answer = build_answer(message, Outcome(message, answer=Fill(box_id="red")))
        assert (answer.key, answer.fingerprint) == ("k", "f")
        assert json.loads(answer.body) == {"ok": {"box_id": "red", "amount": 1, "then": ""}}

    def test_a_refusal_is_stored_in_its_place(self):
        answer = build_answer(MESSAGE, Outcome(MESSAGE, refusal=Refused("not_found", "no_box", field="box_id", size=3)))
        expected = {"code": "not_found", "rule": "no_box", "field": "box_id", "args": {"size": 3}}
        assert json.loads(answer.body) == {"error": expected}

    def test_a_result_that_is_no_json_fails_its_own_command_and_nobody_else(self):
        """It must not be an error that the loop does not know: that would end the process, at each delivery again."""
        with pytest.raises(NotCommittableError, match="the answer to Fill is no JSON"):
            build_answer(MESSAGE, Outcome(MESSAGE, answer=object()))


class TestTheOutbox:
    def test_an_event_that_nobody_may_have_to_carry_is_the_speakers_mistake(self):
        with pytest.raises(NotCommittableError, match="at most"):
            outbox.to_rows([event(data={"much": "x" * MAX_EVENT_BYTES})])

    def test_an_event_that_is_no_json_is_the_speakers_mistake_too(self):
        with pytest.raises(NotCommittableError, match=r"boxes\.box\.filled holds a value that is no JSON"):
            outbox.to_rows([event(data={"odd": object()})])

    def test_a_row_becomes_the_message_that_was_meant(self):
        outgoing = outbox.to_outgoing(outbox.to_rows([event()])[0])
        assert outgoing.exchange == "lianshan.events"
        assert outgoing.routing_key == "boxes.box.filled.11.01.02.009.017"
        assert outgoing.properties["correlation_id"] == "the-correlation"

    @pytest.mark.parametrize("long", ["x" * 1000, "善" * 200])
    def test_words_longer_than_amqp_can_carry_are_cut_not_stuck(self, long: str):
        outgoing = outbox.to_outgoing(outbox.to_rows([event(correlationid=long)])[0])
        assert 0 < len(outgoing.properties["correlation_id"].encode()) <= 255
