"""Relations and consents of a resident go along to another station, and the former station does not change them."""

from datetime import date, timedelta
from typing import Any

import pytest
from residents_in_memory import CENTRE, COMMUNITY, ELM, NEXT_DOOR, OAK, ResidentsInMemory

from services.stations.erasures.domain import Erasure
from services.stations.households.relations import Relation
from services.stations.residents.domain import Resident, ResidentRecord
from shared.contracts import Refused
from shared.contracts.consents import ConsentShape
from shared.contracts.messages import Command
from shared.contracts.persons import PersonReference
from shared.contracts.stations.consents import GiveResidentConsent, RenewResidentConsent, WithdrawResidentConsent
from shared.contracts.stations.erasures import RequestErasure
from shared.contracts.stations.households import FormHousehold, TransferHousehold
from shared.contracts.stations.merges import MergeResidents, UnmergeResidents
from shared.contracts.stations.relations import MOST_RELATIONS, EndRelation, RecordRelation
from shared.contracts.stations.residents import (
    ChangeResident,
    EndResident,
    RegisterResident,
    ReopenResident,
    TransferResident,
)
from shared.engine.decide.limits import Conflict
from shared.people.consents.storage import MOST_GIVEN

DAY = timedelta(days=1)
SINCE = date(2001, 5, 1)
DAUGHTER = {"name": "Ma Daughter", "phone": "13900139000"}


class Handover(ResidentsInMemory):
    """Mrs Ma and Mr Wu at one station, and her hand-over to the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.ma = self.resident().id
        self.wu = self.resident(name="Wu Invented", phones=()).id

    def consent(self, **changes: Any) -> GiveResidentConsent:
        posted = {"person_id": self.ma, "scopes": ("contact",), "purpose": "insurance", "recipient": "agency_1"}
        return GiveResidentConsent.model_validate({**posted, "expires_at": self.engine.now + 30 * DAY, **changes})

    def relation(self, resident_id: str, **changes: Any) -> RecordRelation:
        posted = {"resident_id": resident_id, "kind": "guardian", "tie": "child", "since": SINCE, **changes}
        return RecordRelation.model_validate(posted if "related_id" in posted else {**posted, "contact": DAUGHTER})

    def hand_over(self, resident_id: str) -> TransferResident:
        return TransferResident(id=resident_id, station_id=self.next_door)


@pytest.fixture
def city() -> Handover:
    return Handover()


def test_a_consent_that_has_run_out_is_renewed_at_the_new_station_alone(city: Handover) -> None:
    consent: ConsentShape = city.engine.command(city.consent(), actor=ELM)
    city.engine.advance(31 * DAY)
    city.engine.command(city.hand_over(city.ma), actor=CENTRE)
    again = {"given_by": "self", "expires_at": city.engine.now + 30 * DAY}
    with pytest.raises(Refused, match="unknown_id"):
        city.act(RenewResidentConsent, consent.id, ELM, **again)
    renewed = city.act(RenewResidentConsent, consent.id, OAK, **again)
    assert (renewed.state, renewed.area) == ("given", NEXT_DOOR)


def test_consents_are_bounded_so_that_all_of_them_go_along(city: Handover) -> None:
    for nth in range(MOST_GIVEN):
        city.engine.command(city.consent(recipient=f"agency_{nth}"), actor=ELM)
    with pytest.raises(Refused, match="consents_full"):
        city.engine.command(city.consent(recipient="agency_more"), actor=ELM)
    city.engine.command(city.hand_over(city.ma), actor=CENTRE)
    assert {one.area for one in city.consents()} == {NEXT_DOOR}


def test_a_carer_of_many_has_relations_of_their_own_which_go_along(city: Handover) -> None:
    for nth in range(4 * MOST_RELATIONS + 1):
        cared_for = city.resident(name=f"Neighbour {nth}", phones=(), birth_year=None).id
        city.engine.command(city.relation(cared_for, kind="carer", tie="paid_carer", related_id=city.wu), actor=ELM)
    own = [city.engine.command(city.relation(city.wu), actor=ELM).id for _ in range(MOST_RELATIONS)]
    with pytest.raises(Refused, match="relations_full"):
        city.engine.command(city.relation(city.wu), actor=ELM)
    city.engine.command(city.hand_over(city.wu), actor=CENTRE)
    assert {city.engine.one(Relation, one).area for one in own} == {NEXT_DOOR}
    people = (PersonReference(kind="resident", id=city.wu),)
    city.engine.command(RequestErasure(people=people, ground="purpose_ended", area=NEXT_DOOR))
    city.engine.advance(timedelta(minutes=1))
    assert {one.state for one in city.engine.all(Relation)} == {"ended"}
    assert city.engine.one(Resident, city.wu).state == "erased"


def test_two_residents_are_not_made_alike_at_once(city: Handover) -> None:
    first, second = (ChangeResident(id=one, name="Li Invented", birth_year=1950) for one in (city.ma, city.wu))
    with pytest.raises(Conflict):
        city.at_once(first, second)


def test_two_stations_do_not_register_one_person_at_once(city: Handover) -> None:
    wang = {"name": "Wang Invented", "birth_year": 1950}
    first, second = (
        RegisterResident.model_validate({"station_id": one, **wang}) for one in (city.station_id, city.next_door)
    )
    with pytest.raises(Conflict):
        city.at_once(first, second)


def test_one_who_is_cared_for_again_is_not_registered_at_the_same_time(city: Handover) -> None:
    city.act(EndResident, city.ma, reason="moved_away")
    again = RegisterResident(station_id=city.next_door, name="Ma Invented", birth_year=1944, despite=(city.ma,))
    with pytest.raises(Conflict):
        city.at_once(ReopenResident(id=city.ma), again)


@pytest.mark.parametrize("first", [True, False])
def test_a_merge_and_a_new_relation_are_not_decided_past_each_other(city: Handover, *, first: bool) -> None:
    merge = MergeResidents(resident_id=city.ma, into_id=city.wu)
    relation = city.relation(city.ma if first else city.wu)
    with pytest.raises(Conflict):
        city.at_once(merge, relation)


def test_ended_relations_and_withdrawn_consents_go_along(city: Handover) -> None:
    relation = city.engine.command(city.relation(city.ma), actor=ELM).id
    city.act(EndRelation, relation, reason="no_longer")
    consent = city.engine.command(city.consent(), actor=ELM).id
    city.act(WithdrawResidentConsent, consent)
    city.engine.command(city.hand_over(city.ma), actor=CENTRE)
    moved = city.engine.one(Relation, relation)
    assert (moved.state, moved.area, moved.station_id) == ("ended", NEXT_DOOR, city.next_door)
    assert [(one.state, one.area) for one in city.consents()] == [("withdrawn", NEXT_DOOR)]


@pytest.mark.parametrize("at_home", [True, False])
def test_the_ids_of_one_person_go_along_and_may_be_parted_there(city: Handover, *, at_home: bool) -> None:
    relation = city.engine.command(city.relation(city.wu), actor=ELM).id
    city.engine.command(MergeResidents(resident_id=city.wu, into_id=city.ma), actor=ELM)
    if at_home:
        home = city.engine.command(FormHousehold(head_id=city.ma, since=SINCE), actor=ELM).id
        city.act(TransferHousehold, home, CENTRE, station_id=city.next_door)
    else:
        city.engine.command(city.hand_over(city.ma), actor=CENTRE)
    merged, record = city.engine.one(Resident, city.wu), city.engine.one(ResidentRecord, city.wu)
    assert (merged.state, merged.station_id, record.area) == ("merged", city.next_door, NEXT_DOOR)
    assert city.engine.one(Relation, relation).area == NEXT_DOOR
    assert city.look_up(ELM, name="Wu Invented", birth_year=1944) == []
    city.engine.command(UnmergeResidents(resident_id=city.wu, reason_code="different_people"), actor=OAK)
    assert city.engine.one(Resident, city.wu).station_id == city.next_door


def test_the_report_of_an_erasure_counts_no_data_of_others(city: Handover) -> None:
    for name in ("First", "Second"):
        cared_for = city.resident(name=f"{name} Neighbour", phones=(), birth_year=None).id
        city.engine.command(city.relation(cared_for, related_id=city.wu), actor=ELM)
    city.engine.command(city.relation(city.wu), actor=ELM)
    people = (PersonReference(kind="resident", id=city.wu),)
    city.engine.command(RequestErasure(people=people, ground="purpose_ended", area=COMMUNITY))
    city.engine.advance(timedelta(minutes=1))
    (outcome,) = city.engine.all(Erasure)[0].people
    assert {one.category: one.count for one in outcome.erased}["personal_record"] == 2, "the relation and the record"


@pytest.mark.parametrize("added", ["relation", "related", "consent"])
@pytest.mark.parametrize("change", ["hand_over", "end"])
def test_a_resident_is_not_handed_over_past_something_new(city: Handover, change: str, added: str) -> None:
    new: dict[str, Command] = {
        "relation": city.relation(city.ma),
        "related": city.relation(city.wu, related_id=city.ma),
        "consent": city.consent(),
    }
    gone = city.hand_over(city.ma) if change == "hand_over" else EndResident(id=city.ma, reason="moved_away")
    with pytest.raises(Conflict):
        city.at_once(gone, new[added])
