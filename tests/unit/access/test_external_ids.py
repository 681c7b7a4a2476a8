"""External ids: a caller's own name for a thing that it creates."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from named_plans import DISTRICT, another_calendar, home, plan
from named_staff import attendance, post, training, worker
from pydantic import TypeAdapter, ValidationError
from screening_creations import indicator_named, screening_named

from services.charity.declaration import DECLARATION as CHARITY
from services.charity.donors.domain import Donor
from services.stations.declaration import DECLARATION as STATIONS
from services.stations.needs.domain.need import Need
from services.stations.network.domain import Station
from services.stations.organisations.domain import Organisation
from services.stations.participants.domain import Participant
from services.stations.residents.domain import Resident
from services.stations.supervision.domain import Visit
from services.volunteering.declaration import DECLARATION as VOLUNTEERING
from shared.catalogue import NoOwner
from shared.contracts.access import Actor
from shared.contracts.charity.donations import Donate
from shared.contracts.charity.donors import RegisterDonor
from shared.contracts.charity.funds import OpenFund
from shared.contracts.messages import COMMANDS, Command, ExternalId
from shared.contracts.persons import PersonReference
from shared.contracts.refusals import Refused
from shared.contracts.registry import load_contracts
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.breaches import RecordBreach
from shared.contracts.stations.erasures import RequestErasure
from shared.contracts.stations.households import FormHousehold
from shared.contracts.stations.jobs import BeginStationsImport
from shared.contracts.stations.needs import RegisterNeed, RegisterNeeds
from shared.contracts.stations.network import OpenStation
from shared.contracts.stations.organisations import LinkageRole, RegisterOrganisation
from shared.contracts.stations.participants import LinkOrganisation
from shared.contracts.stations.referrals import Receiver, ReferNeed
from shared.contracts.stations.relations import RecordRelation
from shared.contracts.stations.residents import RegisterResident
from shared.contracts.stations.supervision import RecordFinding, RecordVisit
from shared.contracts.volunteering.people import RegisterVolunteer
from shared.engine.decide.external_ids import ExternalId as Name
from shared.engine.decide.external_ids import name_place
from shared.engine.decide.memory import TESTER, MemoryEngine
from shared.engine.store.replicas import Share
from shared.people import PERSON_KINDS, DataKey, OpenKeys
from shared.people.reading import by_id
from shared.runtime.vault import Vault, is_personal

load_contracts()
COMMUNITIES = [f"1101020090{number}" for number in range(17, 22)]
COMMUNITY = COMMUNITIES[0]
CREDIT_CODES = ["531100005000000018", "53110000500000002B", "53110000500000003E", "53110000500000004H"]
VAULT = Vault(bytes(range(32)))
OTHER = Actor(kind="key", id="key_2", roles=("administrator",), on_behalf_of="principal_2")
ROTATED = Actor(kind="key", id="key_3", roles=("administrator",), on_behalf_of=TESTER.on_behalf_of)
WHO = "case-of-13800138000"


def stations() -> MemoryEngine:
    engine = MemoryEngine(STATIONS.handlers(vault=VAULT))
    engine.command(ImportAreas(rows=tuple(AreaRow(code=code, name="Community") for code in (DISTRICT, *COMMUNITIES))))
    engine.command(OpenStation(area=COMMUNITY, name="Station", level="station"), key="first")
    return engine


def need(engine: MemoryEngine, external_id: str | None) -> RegisterNeed:
    from services.stations.network.domain import Station  # noqa: PLC0415 - only here

    posted = {
        "station_id": engine.all(Station)[0].id,
        "title": "Rice",
        "theme": "elderly_care",
        "urgency": "high",
        "due": "2026-03-03T08:00:00Z",
        "location": {"lon": 116.3, "lat": 39.9},
        "beneficiaries": {"count": 1},
        "lines": [{"kind": "money", "amount_fen": 100}],
        "external_id": external_id,
    }
    return RegisterNeed.model_validate(posted)


def charity() -> MemoryEngine:
    return MemoryEngine(CHARITY.handlers(vault=VAULT, catalogue_owner=NoOwner()))


def volunteering() -> MemoryEngine:
    return MemoryEngine(VOLUNTEERING.handlers(vault=VAULT, share=Share(), catalogue_owner=NoOwner()))


def gift(_: MemoryEngine, name: str) -> Donate:
    goods = [{"item": "quilt", "quantity": 1, "unit": "piece"}]
    return Donate.model_validate({"station_id": "st", "station_area": COMMUNITY, "goods": goods, "external_id": name})


def person(_: MemoryEngine, name: str) -> RegisterVolunteer:
    posted = {"name": "Wen", "phone": "138 0000 0000", "area": COMMUNITY, "location": {"lon": 116.3, "lat": 39.9}}
    return RegisterVolunteer.model_validate({**posted, "external_id": name})


Make = Callable[[MemoryEngine, str], Command]


def another_station(engine: MemoryEngine, external_id: str) -> OpenStation:
    """In an area that has none: the first of its name stands in the first one."""
    area = COMMUNITIES[len(engine.all(Station))]
    return OpenStation(area=area, name="Station", level="station", external_id=external_id)


def another_organisation(engine: MemoryEngine, external_id: str | None) -> RegisterOrganisation:
    code = CREDIT_CODES[len(engine.all(Organisation))]
    return RegisterOrganisation(
        name="Elm Aid", credit_code=code, kind="foundation", area=COMMUNITY, external_id=external_id
    )


def breach(engine: MemoryEngine, external_id: str) -> RecordBreach:
    posted = {
        "area": COMMUNITY, "kind": "lost", "found_at": engine.now, "categories": ["names"], "people_least": 1,
        "people_most": 2, "cause": "lost_device", "harms": ["unknown"], "external_id": external_id,
    }  # fmt: skip
    return RecordBreach.model_validate(posted)


def erasure(_: MemoryEngine, external_id: str) -> RequestErasure:
    people = (PersonReference(kind="donor", id="donor_1"),)
    return RequestErasure(people=people, ground="purpose_ended", area=COMMUNITY, external_id=external_id)


def resident(engine: MemoryEngine, external_id: str | None) -> RegisterResident:
    return RegisterResident(station_id=engine.all(Station)[0].id, name="Elm", external_id=external_id)


def household(engine: MemoryEngine, external_id: str | None) -> FormHousehold:
    if not engine.all(Resident):
        for name in ("Elm", "Oak", "Ash", "Yew"):
            engine.command(resident(engine, None).model_copy(update={"name": name}))
    head = next(one for one in engine.all(Resident) if one.household_id is None)
    return FormHousehold(head_id=head.id, since=date(2001, 5, 1), external_id=external_id)


def relation(engine: MemoryEngine, external_id: str | None) -> RecordRelation:
    known = engine.all(Resident)
    about = known[0].id if known else engine.command(resident(engine, None)).id
    contact = {"name": "Ash", "phone": "13900139000"}
    asked = {"resident_id": about, "kind": "carer", "tie": "child", "since": "2026-02-01", "contact": contact}
    return RecordRelation.model_validate({**asked, "external_id": external_id})


def visit(engine: MemoryEngine, external_id: str | None) -> RecordVisit:
    posted = {
        "station_id": engine.all(Station)[0].id, "kind": "support", "topics": ["training"],
        "began_at": engine.now - timedelta(hours=1), "minutes": 60, "external_id": external_id,
    }  # fmt: skip
    return RecordVisit.model_validate(posted)


def finding(engine: MemoryEngine, external_id: str) -> RecordFinding:
    visits = engine.all(Visit)
    posted = {
        "visit_id": visits[0].id if visits else engine.command(visit(engine, None)).id, "topic": "training",
        "severity": "minor", "action": "train_staff", "due": engine.now + timedelta(days=7), "external_id": external_id,
    }  # fmt: skip
    return RecordFinding.model_validate(posted)


def participant(engine: MemoryEngine, external_id: str) -> LinkOrganisation:
    roles: tuple[LinkageRole, ...] = ("community", "volunteering", "social_work", "charity_resources")
    if not engine.all(Organisation):
        engine.command(another_organisation(engine, WHO).model_copy(update={"roles": roles, "external_id": None}))
    return LinkOrganisation(
        station_id=engine.all(Station)[0].id, organisation_id=engine.all(Organisation)[0].id,
        role=roles[len(engine.all(Participant))], external_id=external_id,
    )  # fmt: skip


def referral(engine: MemoryEngine, external_id: str) -> ReferNeed:
    asked = (engine.all(Need) or [engine.command(need(engine, None))])[0].id
    to = (engine.all(Organisation) or [engine.command(another_organisation(engine, None))])[0].id
    return ReferNeed(need_id=asked, receiver=Receiver(kind="organisation", id=to), external_id=external_id)


WITH_SEALED = {
    "ReferNeed", "RegisterNeed", "RegisterResident", "RegisterWorker", "FormHousehold", "RecordRelation",
    "RegisterDonor", "RegisterVolunteer",
}  # fmt: skip
CREATIONS: dict[str, tuple[Callable[[], MemoryEngine], Make]] = {
    "RegisterNeed": (stations, need),
    "OpenStation": (stations, another_station),
    "RegisterOrganisation": (stations, another_organisation),
    "RecordBreach": (stations, breach),
    "RequestErasure": (stations, erasure),
    "UploadCalendar": (stations, another_calendar),
    "LinkOrganisation": (stations, participant),
    "BeginImport": (stations, lambda _, name: BeginStationsImport(kind="areas", area=COMMUNITY, external_id=name)),
    "RegisterPlan": (stations, plan),
    "AddHome": (stations, lambda engine, name: home(engine, name, need)),
    "RecordVisit": (stations, visit),
    "RecordFinding": (stations, finding),
    "PlanScreening": (stations, screening_named),
    "DefineIndicator": (stations, indicator_named),
    "RegisterResident": (stations, resident),
    "FormHousehold": (stations, household),
    "RecordRelation": (stations, relation),
    "RegisterWorker": (stations, worker),
    "OpenPost": (stations, post),
    "PlanTraining": (stations, training),
    "RecordAttendance": (stations, attendance),
    "ReferNeed": (stations, referral),
    "OpenFund": (charity, lambda _, name: OpenFund(area=COMMUNITY, name="Fund", external_id=name)),
    "RegisterDonor": (charity, lambda _, name: RegisterDonor(name="Elm", external_id=name)),
    "Donate": (charity, gift),
    "RegisterVolunteer": (volunteering, person),
}


def test_everything_that_is_created_may_be_named() -> None:
    assert {c.type for c in COMMANDS.values() if "external_id" in c.model_fields} == CREATIONS.keys()


@pytest.mark.parametrize("kind", CREATIONS)
def test_a_second_thing_of_the_same_name_is_refused_with_the_id_of_the_first(kind: str) -> None:
    service, make = CREATIONS[kind]
    engine = service()
    first = engine.command(make(engine, WHO))
    stored = dict(engine.entities)
    for actor in (TESTER, ROTATED):
        with pytest.raises(Refused) as refused:
            engine.command(make(engine, WHO), actor=actor)
        assert (refused.value.code, refused.value.rule) == ("conflict", "external_id_taken")
        assert refused.value.values["id"] == first.id
    assert engine.entities == stored
    assert engine.command(make(engine, "another")).id != first.id
    assert engine.command(make(engine, WHO), actor=OTHER).id != first.id


@pytest.mark.parametrize("kind", CREATIONS)
def test_a_name_is_in_no_event_and_stored_sealed(kind: str) -> None:
    service, make = CREATIONS[kind]
    engine = service()
    engine.command(make(engine, WHO))
    assert WHO not in str([event.model_dump_json() for event in engine.events])
    assert WHO not in str([entity.to_document() for entity in engine.entities.values()])
    name = engine.all(Name)[0]
    stored = [key.to_document() for key in engine.all(DataKey)]
    keys = OpenKeys(VAULT, by_id(stored, [donor.to_document() for donor in engine.all(Donor)]))
    assert keys.open(name.sealed, name.about, *name_place(name.id)) == WHO
    assert is_personal(name.sealed) == (name.kind in PERSON_KINDS), "the name of a person is forgotten with the person"


def test_of_several_needs_of_one_name_the_first_is_taken_in() -> None:
    engine = stations()
    answer: Any = engine.command(RegisterNeeds(needs=(need(engine, WHO), need(engine, WHO), need(engine, "other"))))
    taken = [item.ok is not None for item in answer.items]
    assert taken == [True, False, True]
    assert answer.items[1].error.args["id"] == answer.items[0].ok.id


@pytest.mark.parametrize("bad", ["", " ", "a b", "a\n", "张三", "a\u200b", "x" * 65])
def test_a_name_is_visible_ascii_without_spaces(bad: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(ExternalId).validate_python(bad)


@pytest.mark.parametrize("kind", CREATIONS)
def test_every_field_that_a_data_key_seals_is_declared_for_migration_and_rotation(kind: str) -> None:
    service, make = CREATIONS[kind]
    engine = service()
    engine.command(make(engine, WHO))
    sealed = {**STATIONS.sealed, **CHARITY.sealed, **VOLUNTEERING.sealed}
    found = {
        (entity.collection, name)
        for entity in engine.entities.values()
        for name, value in entity.to_document().items()
        if isinstance(value, str) and is_personal(value)
    }
    declared = {(collection, name) for collection, fields in sealed.items() for name in fields}
    assert found <= {*declared, (Name.collection, "sealed")}
    assert bool(found) == (kind in {*WITH_SEALED, "AddHome", "RecordAttendance"})
