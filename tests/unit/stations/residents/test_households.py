"""Residents live in one household at a time; carers, contacts and guardians are known, and sealed where outside."""

from datetime import date, timedelta
from typing import Any

import pytest
from residents_in_memory import CENTRE, COMMUNITY, ELM, NEXT_DOOR, OAK, PHONE, ResidentsInMemory, audited, worker

from services.stations.households.domain import Household
from services.stations.households.relations import Relation
from services.stations.residents.domain import Resident
from shared.contracts import Refused
from shared.contracts.persons import PersonReference
from shared.contracts.stations.consents import GiveResidentConsent
from shared.contracts.stations.erasures import RequestErasure
from shared.contracts.stations.households import (
    MOST_MEMBERS,
    FormHousehold,
    HouseholdChanged,
    HouseholdShape,
    MoveIn,
    MoveOut,
    RelateMembers,
    TransferHousehold,
)
from shared.contracts.stations.relations import (
    MOST_RELATIONS,
    ChangeRelation,
    EndRelation,
    ReadContacts,
    RecordRelation,
    RelationShape,
)
from shared.contracts.stations.residents import EndResident, TransferResident
from shared.contracts.stations.succession import MergeStation
from shared.engine.decide.memory import START

SINCE = date(2001, 5, 1)
DAUGHTER = {"name": "Ma Daughter", "phone": "13900139000"}


class Homes(ResidentsInMemory):
    """Mrs Ma and her husband, in the care of one station."""

    def __init__(self) -> None:
        super().__init__()
        self.ma = self.resident().id
        self.wu = self.resident(name="Wu Invented", phones=()).id

    def form(self, head: str, actor: Any = ELM) -> HouseholdShape:
        household: HouseholdShape = self.engine.command(FormHousehold(head_id=head, since=SINCE), actor=actor)
        return household

    def couple(self) -> HouseholdShape:
        home = self.form(self.ma)
        shape: HouseholdShape = self.act(MoveIn, home.id, resident_id=self.wu, relation="spouse", since=SINCE)
        return shape

    def relate(self, actor: Any = ELM, **changes: Any) -> RelationShape:
        posted = {"resident_id": self.ma, "kind": "emergency_contact", "tie": "child", "since": SINCE, **changes}
        if "related_id" not in posted:
            posted["contact"] = DAUGHTER
        shape: RelationShape = self.engine.command(RecordRelation.model_validate(posted), actor=actor)
        return shape


@pytest.fixture
def city() -> Homes:
    return Homes()


def members(household: HouseholdShape) -> list[tuple[str, str]]:
    return [(one.resident_id, one.relation) for one in household.members]


def test_residents_and_their_household_go_on_at_the_successor_of_their_station(city: Homes) -> None:
    home, relation = city.couple(), city.relate()
    city.engine.command(MergeStation(id=city.station_id, into_id=city.next_door))
    city.engine.advance(timedelta(hours=1))
    for thing in (
        *(city.engine.one(Resident, one) for one in (city.ma, city.wu)),
        city.engine.one(Household, home.id),
        city.engine.one(Relation, relation.id),
    ):
        assert (thing.station_id, thing.area) == (city.next_door, NEXT_DOOR)
    assert city.read(city.ma, OAK) is not None
    assert city.read(city.ma) is None


def test_a_couple_lives_together_and_each_record_says_so(city: Homes) -> None:
    home = city.couple()
    assert members(home) == [(city.ma, "head"), (city.wu, "spouse")]
    assert {one.household_id for one in city.engine.all(Resident)} == {home.id}
    assert "Invented" not in repr(city.engine.emitted(HouseholdChanged))


def test_nobody_lives_in_two_households(city: Homes) -> None:
    home = city.couple()
    with pytest.raises(Refused, match="in_household"):
        city.form(city.wu)
    with pytest.raises(Refused, match="in_household"):
        city.act(MoveIn, home.id, resident_id=city.wu, relation="other_relative", since=SINCE)


def test_two_moves_of_one_resident_decided_together_end_in_one_household(city: Homes) -> None:
    first = city.form(city.ma)
    second = city.form(city.resident(name="Li Invented", phones=()).id)
    moves = [MoveIn(id=one.id, resident_id=city.wu, relation="unstated", since=SINCE) for one in (first, second)]
    asked = [city.engine.incoming("command", one, one.type, f"key-{nth}", actor=ELM) for nth, one in enumerate(moves)]
    outcomes = city.engine.batch(asked)
    assert [outcome.refusal is None for outcome in outcomes] == [True, False]


def test_the_head_goes_last_or_names_another_head(city: Homes) -> None:
    home = city.couple()
    with pytest.raises(Refused, match="head_lives_with_others"):
        city.act(MoveOut, home.id, resident_id=city.ma, on=date(2026, 1, 1))
    relations = ({"resident_id": city.ma, "relation": "spouse"}, {"resident_id": city.wu, "relation": "head"})
    city.act(RelateMembers, home.id, members=relations)
    city.act(MoveOut, home.id, resident_id=city.ma, on=date(2026, 1, 1))
    left = city.act(MoveOut, home.id, resident_id=city.wu, on=date(2026, 1, 2))
    assert (left.state, left.members, left.dissolved_on) == ("dissolved", (), date(2026, 1, 2))
    assert {one.household_id for one in city.engine.all(Resident)} == {None}


@pytest.mark.parametrize("relation", ["head", "spouse"])
def test_relations_name_every_member_once_and_one_head(city: Homes, relation: str) -> None:
    home = city.couple()
    both = tuple({"resident_id": one, "relation": relation} for one in (city.ma, city.wu))
    with pytest.raises(Refused, match="one_head"):
        city.act(RelateMembers, home.id, members=both)
    with pytest.raises(Refused, match="members_not_named_once"):
        city.act(RelateMembers, home.id, members=both[:1])


def test_days_lie_in_the_past_and_in_order(city: Homes) -> None:
    home = city.couple()
    with pytest.raises(Refused, match="moved_out_before_in"):
        city.act(MoveOut, home.id, resident_id=city.wu, on=date(2001, 4, 30))
    with pytest.raises(Refused, match="day_in_future"):
        city.act(MoveOut, home.id, resident_id=city.wu, on=date(START.year + 1, 1, 1))


def test_a_household_is_bounded(city: Homes) -> None:
    home = city.form(city.ma)
    for nth in range(MOST_MEMBERS - 1):
        other = city.resident(name=f"Lodger {nth}", phones=(), birth_year=None).id
        city.act(MoveIn, home.id, resident_id=other, relation="not_related", since=SINCE)
    with pytest.raises(Refused, match="household_full"):
        city.act(MoveIn, home.id, resident_id=city.wu, relation="spouse", since=SINCE)


def test_a_household_goes_to_another_station_with_members_relations_and_consents(city: Homes) -> None:
    home, relation = city.couple(), city.relate()
    consent = GiveResidentConsent.model_validate(
        {"person_id": city.ma, "scopes": ["contact"], "purpose": "insurance", "expires_at": "2026-06-01T00:00:00Z"}
    )
    city.engine.command(consent, actor=ELM)
    with pytest.raises(Refused, match="in_household"):
        city.act(TransferResident, city.ma, CENTRE, station_id=city.next_door)
    city.act(TransferHousehold, home.id, CENTRE, station_id=city.next_door)
    everything = [*city.engine.all(Resident), *city.engine.all(Relation), *city.engine.all(Household), *city.consents()]
    assert {one.area for one in everything} == {NEXT_DOOR}
    assert city.ask(ReadContacts(resident_id=city.ma), ELM) is None
    assert city.ask(ReadContacts(resident_id=city.ma), OAK).items[0].id == relation.id


def test_somebody_outside_is_sealed_and_read_on_record(city: Homes) -> None:
    city.relate()
    city.relate(kind="carer", related_id=city.wu, tie="spouse")
    assert "13900139000" not in repr(city.engine.entities)
    store = city.store
    found = city.ask(ReadContacts(resident_id=city.ma), ELM, store)
    assert [(one.kind, one.name, one.phones) for one in found.items] == [
        ("emergency_contact", "Ma Daughter", ("+8613900139000",)),
        ("carer", "Wu Invented", ()),
    ]
    assert audited(store) == [("resident_contacts", [city.ma, city.wu])]
    with pytest.raises(Refused, match="permission_missing"):
        city.ask(ReadContacts(resident_id=city.ma), worker("platform", "", "platform"))


def test_a_neighbouring_worker_reaches_neither_household_nor_relation(city: Homes) -> None:
    home, relation = city.couple(), city.relate()
    for act in (
        MoveOut(id=home.id, resident_id=city.wu, on=SINCE),
        EndRelation(id=relation.id, reason="no_longer"),
        ChangeRelation(id=relation.id, tie="friend"),
        FormHousehold(head_id=city.ma, since=SINCE),
    ):
        with pytest.raises(Refused, match="unknown_id"):
            city.engine.command(act, actor=OAK)
    with pytest.raises(Refused, match="unknown_id"):
        city.relate(OAK)
    assert city.ask(ReadContacts(resident_id=city.ma), OAK) is None


def test_a_relation_ends_without_its_contact_and_another_may_follow(city: Homes) -> None:
    relation = city.relate()
    city.act(ChangeRelation, relation.id, contact={"name": "Ma Son", "phone": PHONE})
    city.act(EndRelation, relation.id, reason="no_longer")
    assert city.engine.one(Relation, relation.id).contact_sealed == ""
    with pytest.raises(Refused, match="relation_ended"):
        city.act(EndRelation, relation.id, reason="no_longer")
    for _ in range(MOST_RELATIONS):
        city.relate()
    with pytest.raises(Refused, match="relations_full"):
        city.relate()


def test_nobody_is_their_own_carer_or_another_ones_twice(city: Homes) -> None:
    with pytest.raises(Refused, match="related_to_oneself"):
        city.relate(related_id=city.ma)
    city.relate(related_id=city.wu)
    with pytest.raises(Refused, match="relation_stands"):
        city.relate(related_id=city.wu)


def test_who_lacks_capacity_consents_by_the_guardian(city: Homes) -> None:
    child = city.resident(name="Ma Child", phones=(), birth_year=2020).id
    patient = city.resident(name="Ma Patient", phones=(), capacity="none").id
    asked = {"scopes": ["contact"], "purpose": "insurance", "expires_at": "2026-06-01T00:00:00Z"}
    guardian = {"given_by": "guardian", "guardian": DAUGHTER}
    for person, rule in ((child, "guardian_must_consent"), (patient, "guardian_must_decide")):
        with pytest.raises(Refused, match=rule):
            city.engine.command(GiveResidentConsent.model_validate({"person_id": person, **asked}), actor=ELM)
        city.engine.command(GiveResidentConsent.model_validate({"person_id": person, **asked, **guardian}), actor=ELM)


def test_care_does_not_end_for_somebody_who_lives_with_others(city: Homes) -> None:
    city.couple()
    with pytest.raises(Refused, match="in_household"):
        city.act(EndResident, city.wu, reason="died")


def test_an_erasure_takes_the_resident_out_of_everything(city: Homes) -> None:
    home = city.couple()
    city.relate()
    city.relate(resident_id=city.wu, related_id=city.ma)
    people = (PersonReference(kind="resident", id=city.ma),)
    city.engine.command(RequestErasure(people=people, ground="purpose_ended", area=COMMUNITY))
    city.engine.advance(timedelta(minutes=1))
    assert members(city.engine.one(Household, home.id)) == [(city.wu, "head")]
    assert {one.state for one in city.engine.all(Relation)} == {"ended"}
    assert city.engine.one(Resident, city.ma).state == "erased"
    assert city.look_up(phone=PHONE) == []
    assert city.read(city.ma) is None
    assert city.ask(ReadContacts(resident_id=city.ma)) is None
    assert "Ma Daughter" not in repr(city.engine.entities)
    with pytest.raises(Refused, match="person_erased"):
        city.relate()


def test_a_resident_who_lives_alone_is_erased_as_well(city: Homes) -> None:
    people = (PersonReference(kind="resident", id=city.wu),)
    city.engine.command(RequestErasure(people=people, ground="purpose_ended", area=COMMUNITY))
    city.engine.advance(timedelta(minutes=1))
    assert city.engine.one(Resident, city.wu).state == "erased"
