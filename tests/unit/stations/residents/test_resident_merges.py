"""Two records of one person become one resident: needs, household and consents follow, and go back again."""

from datetime import date, timedelta
from typing import Any

import pytest
from residents_in_memory import COMMUNITY, ELM, OAK, PHONE, ResidentsInMemory, audited

from services.stations.households.domain import Household
from services.stations.needs.domain.named import NeedResidents
from services.stations.residents.domain import Resident
from shared.contracts import Refused
from shared.contracts.persons import PersonReference
from shared.contracts.stations.erasures import RequestErasure
from shared.contracts.stations.households import FormHousehold, MoveIn
from shared.contracts.stations.merges import MergeResidents, UnmergeResidents
from shared.contracts.stations.need_residents import ListResidentNeeds, NameResidents, ReadNeedResidents
from shared.contracts.stations.needs import NeedPublished
from shared.contracts.stations.relations import ReadContacts, RecordRelation
from shared.contracts.stations.resident_queries import FindDuplicateResidents
from shared.contracts.stations.residents import ChangeResident, EndResident, TransferResident
from shared.people.identities import Identity

SINCE = date(2001, 5, 1)


class Twins(ResidentsInMemory):
    """Mrs Ma, whom her station and the hotline have both registered."""

    def __init__(self) -> None:
        super().__init__()
        self.own = self.resident().id
        self.hotline = self.resident(despite=(self.own,)).id

    def merge(self, actor: Any = ELM, **more: Any) -> None:
        self.engine.command(MergeResidents(resident_id=self.hotline, into_id=self.own, **more), actor=actor)

    def unmerge(self, resident: str = "") -> None:
        undo = UnmergeResidents(resident_id=resident or self.hotline, reason_code="different_people")
        self.engine.command(undo, actor=ELM)

    def needs_of(self, resident: str, actor: Any = ELM, **page: Any) -> list[str]:
        found = self.ask(ListResidentNeeds(resident_id=resident, **page), actor)
        return [] if found is None else list(found.needs)

    def house(self, head: str) -> str:
        home: str = self.engine.command(FormHousehold(head_id=head, since=SINCE), actor=ELM).id
        return home

    def living_in(self, home: str) -> list[tuple[str, str]]:
        return [(one.resident_id, one.relation) for one in self.engine.one(Household, home).members]

    def versions_agree(self) -> bool:
        """Whether the version of each resident is that of the identity, with which a merge compares If-Match."""
        found = self.engine.all(Identity)
        return all(self.engine.one(Resident, one.id).version == one.public_version for one in found)


@pytest.fixture
def city() -> Twins:
    return Twins()


def test_the_hotlines_record_is_found_and_stands_for_the_stations(city: Twins) -> None:
    likely = city.ask(FindDuplicateResidents(person_id=city.own)).items
    assert [one.id for one in likely] == [city.hotline]
    city.merge()
    merged = city.engine.one(Resident, city.hotline)
    assert (merged.state, merged.merged_into) == ("merged", city.own)
    assert city.look_up(phone=PHONE) == [city.own]
    found = city.read(city.hotline)
    assert found is not None
    assert (found.id, found.merged_ids) == (city.own, (city.hotline,))
    assert city.ask(FindDuplicateResidents(person_id=city.own)).items == ()
    with pytest.raises(Refused, match="merged_already"):
        city.act(ChangeResident, city.hotline, name="Li Invented")
    assert city.versions_agree()


def test_needs_follow_a_merge_and_go_back_with_its_undoing(city: Twins) -> None:
    first = city.register(residents=(city.own,)).id
    second = city.register(residents=(city.hotline,)).id
    city.merge()
    assert city.needs_of(city.own) == city.needs_of(city.hotline) == sorted((first, second), reverse=True)
    assert city.ask(ReadNeedResidents(need_id=second)).residents == (city.own,)
    city.unmerge()
    assert (city.needs_of(city.own), city.needs_of(city.hotline)) == ([first], [second])
    assert city.engine.one(Resident, city.hotline).state == "active"
    assert city.versions_agree()


def test_the_place_in_a_household_goes_over_and_comes_back(city: Twins) -> None:
    home = city.house(city.hotline)
    city.merge()
    assert city.living_in(home) == [(city.own, "head")]
    assert city.engine.one(Resident, city.own).household_id == home
    city.unmerge()
    assert city.living_in(home) == [(city.hotline, "head")]
    homes = [city.engine.one(Resident, one).household_id for one in (city.own, city.hotline)]
    assert homes == [None, home]


@pytest.mark.parametrize("head", ["own", "hotline"])
def test_one_person_has_one_place_in_a_household(city: Twins, head: str) -> None:
    first, second = (city.own, city.hotline) if head == "own" else (city.hotline, city.own)
    home = city.house(first)
    city.act(MoveIn, home, resident_id=second, relation="sibling", since=SINCE)
    before = city.living_in(home)
    city.merge()
    assert city.living_in(home) == [(city.own, "head")]
    city.unmerge()
    assert city.living_in(home) == before


def test_two_households_are_not_joined_by_a_merge(city: Twins) -> None:
    city.house(city.own)
    city.house(city.hotline)
    with pytest.raises(Refused, match="in_two_households"):
        city.merge()


def test_relations_are_read_under_every_id(city: Twins) -> None:
    contact = {"name": "Ma Daughter", "phone": "13900139000"}
    relation = {"kind": "carer", "tie": "child", "since": SINCE, "contact": contact}
    city.engine.command(RecordRelation.model_validate({"resident_id": city.hotline, **relation}), actor=ELM)
    city.merge()
    assert [one.name for one in city.ask(ReadContacts(resident_id=city.own)).items] == ["Ma Daughter"]
    city.unmerge()
    assert city.ask(ReadContacts(resident_id=city.own)).items == ()


def test_a_chain_of_merges_is_flat_and_parted_step_by_step(city: Twins) -> None:
    third = city.resident(name="Ma Third", phones=(), despite=(city.own,)).id
    city.merge()
    city.engine.command(MergeResidents(resident_id=city.own, into_id=third), actor=ELM)
    assert {city.engine.one(Resident, one).merged_into for one in (city.own, city.hotline)} == {third}
    with pytest.raises(Refused, match="merge_followed_by_another"):
        city.unmerge()
    city.unmerge(city.own)
    assert city.engine.one(Resident, city.hotline).merged_into == city.own
    city.unmerge()
    assert {one.state for one in city.engine.all(Resident)} == {"active"}
    assert city.versions_agree()


def test_the_state_of_before_comes_back(city: Twins) -> None:
    city.act(EndResident, city.hotline, reason="moved_away")
    city.merge(expected_version=2)
    city.unmerge()
    ended = city.engine.one(Resident, city.hotline)
    assert (ended.state, ended.reason) == ("ended", "moved_away")


def test_a_neighbouring_worker_merges_nobody_and_sees_no_needs(city: Twins) -> None:
    need = city.register(residents=(city.own,)).id
    with pytest.raises(Refused, match="unknown_id"):
        city.merge(OAK)
    store = city.store
    assert city.ask(ListResidentNeeds(resident_id=city.own), OAK, store) is None
    assert city.ask(ReadNeedResidents(need_id=need), OAK, store) is None
    assert audited(store) == []


# ---- the residents of a need ---------------------------------------------------------------------------


def test_a_need_names_residents_in_no_event_and_no_answer(city: Twins) -> None:
    answer = city.register(residents=(city.own, city.own))
    assert city.engine.one(NeedResidents, answer.id).residents == (city.own,)
    assert city.own not in answer.model_dump_json()
    assert city.own not in repr(city.engine.emitted(NeedPublished))


def test_a_resident_beyond_the_area_looks_like_one_who_does_not_exist(city: Twins) -> None:
    far = city.resident(OAK, station_id=city.next_door).id
    for unknown in (far, "resident_of_nobody"):
        with pytest.raises(Refused, match="unknown_id") as refused:
            city.engine.command(city.asked(residents=(city.own, unknown)), actor=ELM)
        assert refused.value.field == "residents.1"
    with pytest.raises(Refused, match="resident_of_other_station"):
        city.register(residents=(far,))


def test_who_is_no_longer_cared_for_is_named_by_no_need(city: Twins) -> None:
    city.act(EndResident, city.own, reason="died")
    with pytest.raises(Refused, match="resident_in_state"):
        city.register(residents=(city.own,))


def test_the_residents_of_a_need_are_named_again_or_removed(city: Twins) -> None:
    need = city.register().id
    for residents in ((city.own,), (city.own, city.hotline), ()):
        named = city.engine.command(NameResidents(need_id=need, residents=residents), actor=ELM)
        assert named.count == len(residents)
        assert city.ask(ReadNeedResidents(need_id=need)).residents == residents
    assert city.engine.all(NeedResidents) == []
    with pytest.raises(Refused, match="unknown_id"):
        city.engine.command(NameResidents(need_id=need, residents=(city.own,)), actor=OAK)


def test_the_needs_of_a_resident_come_in_pages_and_on_record(city: Twins) -> None:
    needs = sorted((city.register(residents=(city.own,)).id for _ in range(3)), reverse=True)
    store = city.store
    first = city.ask(ListResidentNeeds(resident_id=city.own, limit=2), ELM, store)
    assert (list(first.needs), first.next) == (needs[:2], needs[1])
    rest = city.ask(ListResidentNeeds(resident_id=city.own, limit=2, after=first.next), ELM, store)
    assert (list(rest.needs), rest.next) == (needs[2:], None)
    assert audited(store) == [("resident_needs", [city.own])] * 2


def test_an_erased_resident_leaves_needs_that_lead_to_nobody(city: Twins) -> None:
    need = city.register(residents=(city.own,)).id
    people = (PersonReference(kind="resident", id=city.own),)
    city.engine.command(RequestErasure(people=people, ground="purpose_ended", area=COMMUNITY))
    city.engine.advance(timedelta(minutes=1))
    assert city.engine.one(Resident, city.own).state == "erased"
    assert city.read(city.own) is None
    assert city.ask(ReadNeedResidents(need_id=need)).residents == (city.own,)
    with pytest.raises(Refused, match="person_erased"):
        city.merge()
    with pytest.raises(Refused, match="person_erased"):
        city.act(TransferResident, city.own, station_id=city.station_id)
