"""The copy of all that a service holds on a person (PIPL, art. 45): whole, in pages, and about this person alone."""

import json
from datetime import timedelta
from typing import Any

import pytest
from asking import ask
from owners_in_memory import AREA, Owner
from volunteering_in_memory import VolunteeringInMemory

from services.charity.declaration import DECLARATION as CHARITY
from services.stations.declaration import DECLARATION as STATIONS
from services.volunteering.declaration import CAPABILITIES, DECLARATION
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.charity.donations import Donate
from shared.contracts.charity.donors import RegisterDonor
from shared.contracts.charity.funds import OpenFund
from shared.contracts.copies import CopyCharityPeople, CopyPage, CopyStationsPeople, CopyVolunteeringPeople
from shared.contracts.persons import PersonReference
from shared.contracts.stations.needs import CancelNeed
from shared.contracts.volunteering.merges import MergeVolunteers, UnmergeVolunteers
from shared.engine import Holding
from shared.people import copies
from shared.people.copies import Step, read_page, to_plain
from shared.people.keys import DataKey
from shared.runtime.audit import AUDIT
from shared.runtime.vault import Vault
from tests.city.mongo import Database
from tests.city.store import Memory

CLERK = Actor(kind="key", id="key_1", roles=("volunteer_coordinator",))
CLERK_OF_CHARITY = Actor(kind="key", id="key_2", roles=("charity_officer",))
SUPERVISOR = Actor(kind="key", id="key_3", roles=("supervisor",))


def store_of(service: VolunteeringInMemory) -> Any:
    store: Any = Database(Memory("volunteering"))
    for (model, _), entity in service.engine.entities.items():
        store[model.collection].insert_one(entity.to_document())
    return store


def read_one(
    store: Any, vault: Vault, person: str, after: str | None, *, actor: Actor = CLERK, kind: Any = "volunteer"
) -> CopyPage:
    query = CopyVolunteeringPeople(people=(PersonReference(kind=kind, id=person),), after=after)
    now = VolunteeringInMemory().engine.now
    page: CopyPage = ask(DECLARATION, store, query, now, actor=actor, why="asked_by_person", vault=vault)
    return page


def copy(store: Any, vault: Vault, person: str, actor: Actor = CLERK, kind: Any = "volunteer") -> CopyPage:
    """All pages as one."""
    found: list[CopyPage] = []
    after = None
    while True:
        page = read_one(store, vault, person, after, actor=actor, kind=kind)
        found.append(page)
        after = page.next
        if after is None:
            return found[0].model_copy(update={"items": tuple(item for each in found for item in each.items)})


def content(page: CopyPage, collection: str) -> list[dict[str, Any]]:
    return [json.loads(item.content) for item in page.items if item.collection == collection]


@pytest.fixture
def served() -> tuple[VolunteeringInMemory, str, str]:
    """Two volunteers have served one need."""
    service = VolunteeringInMemory()
    first, second = (service.volunteer(standing=True) for _ in range(2))
    service.publish("need_1", 2)
    service.serve("need_1")
    service.confirm("need_1", 2)
    return service, first, second


def test_it_holds_the_person_in_clear_the_matching_data_the_dispatches_and_the_hours(served: Any) -> None:
    service, person, other = served
    page = copy(store_of(service), service.vault, person)
    assert page.known == (person,)
    (registered,) = content(page, "volunteer_people")
    assert registered["name"]
    assert registered["phone"].startswith("+86")
    assert registered["location"]["lon"]
    (matching,) = content(page, "volunteers")
    assert matching["kept"] == 1
    (staffing,) = content(page, "staffings")
    assert [part["volunteer_id"] for part in staffing["dispatches"]] == [person]
    assert [row["amount"] for row in content(page, "transfers")] == [60]
    assert len(content(page, "accounts")) == 1
    assert other not in page.model_dump_json()


def test_a_copy_shows_the_person_the_e_mail_address_in_clear() -> None:
    service = VolunteeringInMemory()
    person = service.volunteer(email="文丽@例子.中国")
    (registered,) = content(copy(store_of(service), service.vault, person), "volunteer_people")
    assert registered["email"] == "文丽@例子.中国"


def test_it_says_why_the_law_keeps_a_part_and_which_collections_it_leaves_out(served: Any) -> None:
    service, person, _ = served
    page = copy(store_of(service), service.vault, person)
    kept = {item.collection: item.kept.code for item in page.items if item.kept is not None}
    assert kept["transfers"] == "kept_for_hours"
    assert "volunteer_people" not in kept
    assert {"inbox", "data_keys", "letters"} <= {part.collection for part in page.left_out}


def test_a_volunteers_copy_names_who_read_what_when_and_why(served: Any) -> None:
    service, person, other = served
    store = store_of(service)
    row = {
        "_id": f"{1:013d}.{'a' * 24}",
        "by": ["key_2"],
        "kind": "key",
        "what": "volunteer",
        "why": "GET /v1/volunteers",
    }
    store[AUDIT].insert_one({**row, "about": [person, other], "areas": ["110102009017"], "at": service.engine.now})
    page = copy(store, service.vault, person)
    rows = content(page, AUDIT)
    assert {(row["by"][0], row["what"], row["why"]) for row in rows} >= {("key_2", "volunteer", "GET /v1/volunteers")}
    assert other not in page.model_dump_json()


def test_the_copy_itself_is_on_record_before_it_is_opened(served: Any) -> None:
    service, person, _ = served
    store = store_of(service)
    copy(store, service.vault, person)
    (row,) = store[AUDIT].find({"what": "copy"})
    assert (row["about"], row["by"], row["why"]) == ([person], ["key_1"], "asked_by_person")


def test_a_person_elsewhere_or_unknown_has_no_part_and_leaves_no_row(served: Any) -> None:
    service, person, _ = served
    store = store_of(service)
    elsewhere = CLERK.model_copy(update={"area": "3101"})
    for page in (copy(store, service.vault, person, elsewhere), copy(store, service.vault, "vol_unknown")):
        assert (page.known, page.items) == ((), ())
    assert list(store[AUDIT].find()) == []


def test_the_person_of_a_need_is_shown_its_staffing_without_the_volunteers(served: Any) -> None:
    service, person, other = served
    page = copy(store_of(service), service.vault, "need_1", kind="need")
    (staffing,) = content(page, "staffings")
    assert staffing["dispatches"] == 2
    assert person not in page.model_dump_json()
    assert other not in page.model_dump_json()


def test_a_person_who_was_registered_twice_is_copied_under_both_ids_whichever_is_asked_for(served: Any) -> None:
    service, person, other = served
    service.engine.command(MergeVolunteers(volunteer_id=other, into_id=person))
    for asked in (person, other):
        store = store_of(service)
        page = copy(store, service.vault, asked)
        assert set(page.known) == {person, other}
        assert {row["_id"] for row in content(page, "volunteer_people")} == {person, other}
        (row,) = store[AUDIT].find({"what": "copy"})
        assert set(row["about"]) == {person, other}


def test_charitys_copy_has_the_name_the_gifts_and_the_reason_for_which_they_are_kept() -> None:
    owner = Owner(CHARITY)
    donor = owner.do(RegisterDonor(name="Wu Invented", area=AREA, phone="+8613800000001")).id
    fund = owner.do(OpenFund(area=AREA, name="Neighbours' fund")).id
    for nth in range(3):
        owner.do(Donate(fund_id=fund, amount_fen=100 + nth, donor_id=donor))
    page: CopyPage = owner.ask(CopyCharityPeople(people=(PersonReference(kind="donor", id=donor),)), CLERK_OF_CHARITY)
    (registered,) = content(page, "donors")
    assert (registered["name"], registered["phone"]) == ("Wu Invented", "+8613800000001")
    assert sorted(gift["amount_fen"] for gift in content(page, "donations")) == [100, 101, 102]
    kept = {item.collection: item.kept.code for item in page.items if item.kept is not None}
    assert kept["donations"] == "kept_for_accounts"


def test_stations_copy_has_the_words_of_the_need() -> None:
    owner = Owner(STATIONS)
    need = owner.do(owner.need("Rice for Grandmother Invented")).id
    page: CopyPage = owner.ask(CopyStationsPeople(people=(PersonReference(kind="need", id=need),)), SUPERVISOR)
    (words,) = content(page, "need_texts")
    assert words["asked"]["title"] == "Rice for Grandmother Invented"
    assert len(content(page, "needs")) == 1


@pytest.mark.parametrize("note", ["{not JSON at all", '{"a":' * 300])
def test_a_note_that_begins_with_a_brace_is_copied_as_it_is(note: str) -> None:
    owner = Owner(STATIONS)
    need = owner.do(owner.need("Rice for Grandmother Invented")).id
    owner.do(CancelNeed(need_id=need, reason=note))
    page: CopyPage = owner.ask(CopyStationsPeople(people=(PersonReference(kind="need", id=need),)), SUPERVISOR)
    (words,) = content(page, "need_texts")
    assert words["cancel_reason"] == note


def test_without_the_data_key_it_names_the_fields_that_nobody_can_open(served: Any) -> None:
    service, person, _ = served
    store = store_of(service)
    store[DataKey.collection].delete_one({"_id": f"person:{person}"})
    (registered,) = content(copy(store, service.vault, person), "volunteer_people")
    assert registered["not_opened"] == ["name", "phone", "location"]
    assert "name" not in registered


def test_pages_of_any_size_give_the_same_copy(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    service, person, _ = served
    store = store_of(service)
    whole = sorted((item.collection, item.id) for item in copy(store, service.vault, person).items)
    for name, most in (("MOST_ITEMS", 3), ("AT_ONCE", 1), ("MOST_BYTES", 1_500)):
        with monkeypatch.context() as narrow:
            narrow.setattr(copies, name, most)
            found = [(item.collection, item.id) for item in copy(store, service.vault, person).items]
        assert sorted(pair for pair in found if pair[0] != AUDIT) == [pair for pair in whole if pair[0] != AUDIT]


@pytest.mark.parametrize("undone", [False, True])
def test_a_merge_between_two_pages_skips_nothing_because_the_copy_begins_again(
    served: Any, monkeypatch: pytest.MonkeyPatch, undone: bool
) -> None:
    service, person, other = served
    merge, unmerge = (
        MergeVolunteers(volunteer_id=other, into_id=person),
        UnmergeVolunteers(volunteer_id=other, reason_code="different_people"),
    )
    if undone:
        service.engine.command(merge)
    monkeypatch.setattr(copies, "MOST_ITEMS", 2)
    first = read_one(store_of(service), service.vault, person, None)
    service.engine.command(unmerge if undone else merge)
    after = store_of(service)
    with pytest.raises(Refused) as refused:
        read_one(after, service.vault, person, first.next)
    assert (refused.value.code, refused.value.rule) == ("conflict", "copied_ids_changed")
    assert list(after[AUDIT].find({"what": "copy"})) == [], "nothing was opened"
    again = copy(after, service.vault, person)
    assert set(again.known) == ({person} if undone else {person, other})
    assert {row["_id"] for row in content(again, "volunteer_people")} == set(again.known)


@pytest.mark.parametrize("after", ["x", "0:", "7:vol_1", "0123456789abcdeX:0:"])
def test_a_text_that_no_page_has_given_is_no_cursor_of_a_copy(served: Any, after: str) -> None:
    service, person, _ = served
    with pytest.raises(Refused, match="not_a_cursor"):
        read_one(store_of(service), service.vault, person, after)


def test_a_collection_without_an_index_is_read_in_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "WINDOW", 3)
    store: Any = Database(Memory("toys"))
    for nth in range(10):
        store["boxes"].insert_one({"_id": f"b{nth}", "owner": "vol_1" if nth in {1, 8} else "vol_2"})
    step = Step(PersonReference(kind="volunteer", id="vol_1"), Holding("boxes", fields=("owner",), indexed=False))
    found, after, pages = [], None, 0
    while True:
        page = read_page(store, [step], {"vol_1"}, after)
        found += [document["_id"] for _, document in page.documents]
        pages, after = pages + 1, page.next
        if after is None:
            break
    assert (found, pages) == (["b1", "b8"], 4)


def test_a_cursor_that_no_page_has_given_is_refused() -> None:
    store: Any = Database(Memory("toys"))
    for cursor in ("x", "7:", "-1:", "1"):
        with pytest.raises(Refused, match="not_a_cursor"):
            read_page(store, [], set(), cursor)


def test_stored_values_become_json(served: Any) -> None:
    service, _, _ = served
    at = service.engine.now
    assert to_plain({"at": at, "of": (1, None, True, timedelta(1))}) == {
        "at": at.isoformat(), "of": [1, None, True, "1 day, 0:00:00"],
    }  # fmt: skip


def test_every_sealed_field_stands_in_a_collection_that_is_copied() -> None:
    copied = {h.collection for each in CAPABILITIES for h in each.holdings if h.left_out is None}
    assert {name for each in CAPABILITIES for name in each.sealed} <= copied
