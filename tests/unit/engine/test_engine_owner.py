"""The queries that every owner answers alike: its audit, the actors behind references, external ids, its public key."""

import base64
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.contracts.access import Actor
from shared.contracts.access.audit import AuditFilter
from shared.contracts.access.owners import (
    ActorAnswer,
    FindCharityNamed,
    NamedAnswer,
    NamesAnswer,
    ReadCharityNames,
    ReadStationsActor,
    ReadStationsAudit,
)
from shared.contracts.access.sealed import PublicKeyAnswer, ReadCharityKey
from shared.contracts.refusals import Refused
from shared.engine.decide.external_ids import name_key, name_place
from shared.engine.decide.memory import START
from shared.engine.owner import find_named, read_actor, read_audit, read_audit_blocks, read_public_key, records
from shared.engine.store.queries import Sealed
from shared.people import read_names
from shared.runtime.audit import record
from shared.runtime.vault import Vault
from tests.city.mongo import Database
from tests.city.store import Memory

VAULT = Vault(bytes(32))
AUDITOR = Actor(kind="key", id="key_1", roles=("administrator",))
PRINCIPAL, OTHER = "principal_a", "principal_b"


@pytest.fixture
def store() -> Any:
    return Database(Memory("stations"))


def name(store: Any, external_id: str, about: str, principal: str = PRINCIPAL) -> None:
    key = name_key(VAULT, principal, "need", external_id)
    sealed = VAULT.seal(external_id, *name_place(key))
    row = {"_id": key, "version": 1, "principal": principal, "kind": "need", "about": about, "sealed": sealed}
    store["external_ids"].insert_one(row)


def test_a_callers_name_is_sealed_to_its_place_as_in_stores_of_before() -> None:
    assert name_place("k") == ("external_ids", "k", "sealed")


@pytest.mark.parametrize("service", ["stations", "charity", "volunteering"])
def test_each_owner_answers_the_same_six_queries_about_its_own_things(service: str) -> None:
    made = records(service, read_names)
    assert made.name == "records"
    assert {query.to for query in made.queries} == {service}
    asked = {query.type: handler for query, handler in made.queries.items()}
    assert asked == {
        "ReadAudit": read_audit, "ReadActor": read_actor, "FindNamed": find_named, "ReadNames": read_names,
        "ReadPublicKey": read_public_key, "ReadAuditBlocks": read_audit_blocks,
    }  # fmt: skip
    assert set(made.indexes) >= {"audit", "external_ids", "actor_references"}


def test_the_audit_shows_an_auditor_the_rows_asked_for_newest_first(store: Any) -> None:
    for nth in range(3):
        at = START + timedelta(minutes=nth)
        record(store, "need_read", [f"need_{nth}"], actor=AUDITOR, why="a complaint", now=at, areas=["110102009017"])
    query = ReadStationsAudit(actor=AUDITOR, wanted=AuditFilter(limit=2))
    newest, before = read_audit(query, store).items
    assert (newest.what, newest.about, newest.why) == ("need_read", ("need_2",), "a complaint")
    assert (before.about, before.at) == (("need_1",), START + timedelta(minutes=1))


def test_the_audit_is_refused_to_one_without_the_permission(store: Any) -> None:
    nobody = AUDITOR.model_copy(update={"roles": ()})
    with pytest.raises(Refused) as refused:
        read_audit(ReadStationsAudit(actor=nobody, wanted=AuditFilter(limit=10)), store)
    assert refused.value.code == "not_allowed"


def test_a_reference_is_resolved_on_record_and_an_unknown_one_is_not(store: Any) -> None:
    reference = f"actor.stations.{VAULT.blind('somebody')}"
    row = {"_id": PRINCIPAL, "version": 1, "reference": reference, "kind": "key"}
    store["actor_references"].insert_one(row)
    found = read_actor(ReadStationsActor(reference=reference), store, AUDITOR)
    assert isinstance(found, Sealed)
    assert found.subjects == (reference,)
    assert found.open() == ActorAnswer(reference=reference, principal=PRINCIPAL, kind="key")
    unknown = f"actor.stations.{VAULT.blind('nobody')}"
    assert read_actor(ReadStationsActor(reference=unknown), store, AUDITOR) is None


def test_a_thing_is_found_by_the_name_that_its_principal_gave_it_and_by_nobody_elses(store: Any) -> None:
    name(store, "A-7", "need_1")
    name(store, "A-7", "need_2", OTHER)

    def find(principal: str, external_id: str, kind: str = "need") -> NamedAnswer:
        return find_named(FindCharityNamed(principal=principal, kind=kind, external_id=external_id), store, VAULT)

    assert (find(PRINCIPAL, "A-7").id, find(OTHER, "A-7").id) == ("need_1", "need_2")
    assert find(PRINCIPAL, "A-8").id is None
    assert find(PRINCIPAL, "A-7", kind="donation").id is None


def test_names_are_read_for_the_things_asked_for_and_for_their_principal_alone(store: Any) -> None:
    name(store, "A-7", "need_1")
    name(store, "A-8", "need_2")
    name(store, "B-1", "need_1", OTHER)

    def read(principal: str, *ids: str) -> NamesAnswer:
        return read_names(ReadCharityNames(principal=principal, ids=ids), store, VAULT)

    assert read(PRINCIPAL, "need_1", "need_9") == NamesAnswer(used=True, names={"need_1": "A-7"})
    assert read(PRINCIPAL, "need_9") == NamesAnswer(used=True, names={})
    assert read("principal_c", "need_1") == NamesAnswer(used=False, names={})


def test_the_public_key_is_given_once_every_replica_opens_sealed_messages(store: Any) -> None:
    key = SimpleNamespace(id="k1", public=bytes(range(32)))
    box: Any = SimpleNamespace(bound=True, wire_key=lambda: key)
    answer = read_public_key(ReadCharityKey(), store, box)
    assert answer == PublicKeyAnswer(key_id="k1", key=base64.urlsafe_b64encode(key.public).decode())
    box.bound = False
    assert read_public_key(ReadCharityKey(), store, box) is None
