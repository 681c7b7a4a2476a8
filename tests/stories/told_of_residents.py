"""The stories of residents: one found twice, merged, parted and helped; and the consent to tell an agency."""

from base64 import b64decode, b64encode
from datetime import date, timedelta
from typing import Any

import pytest

from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations.attachments import AddAttachmentPart, ListAttachments, ReadAttachment, RemoveAttachment
from shared.contracts.stations.consents import GiveResidentConsent, ReadSharedResident
from shared.contracts.stations.households import FormHousehold, MoveIn
from shared.contracts.stations.merges import MergeResidents, UnmergeResidents
from shared.contracts.stations.need_residents import ListResidentNeeds, ReadNeedResidents
from shared.contracts.stations.relations import ReadContacts, RecordRelation
from shared.contracts.stations.resident_queries import LookUpResidents, ReadResident
from shared.contracts.stations.residents import EndResident, RegisterResident, TransferResident
from tests.stories.stage import Document, Stage
from tests.stories.told import story

DAY = timedelta(days=1)
SINCE = date(2001, 5, 1)
DAUGHTER = {"name": "Wang Daughter", "phone": "13900139000"}


def worker(city: Stage, area: str) -> Actor:
    return Actor(kind="person", id=f"worker-{area}", roles=("station_worker",), area=area)


def found(city: Stage, actor: Actor, phone: str) -> list[str]:
    """Return the residents whom the actor finds by that telephone."""
    answer = city.read(LookUpResidents(phone=phone), actor) or {}
    return [one["id"] for one in answer["items"]]


def needs_of(city: Stage, resident: str, actor: Actor) -> list[str]:
    answer = city.read(ListResidentNeeds(resident_id=resident), actor)
    return [] if answer is None else list(answer["needs"])


def state_of(city: Stage, resident: str) -> str:
    return next((str(row["shape"]["state"]) for row in city.shown("residents") if row["_id"] == resident), "")


def registration(station: str, **more: Any) -> RegisterResident:
    posted = {"station_id": station, "name": "王秀英", "groups": ("living_alone", "elderly_80_plus")}
    return RegisterResident.model_validate({**posted, **more})


def relate(city: Stage, resident: str, actor: Actor) -> None:
    """Record the daughter as emergency contact and as carer."""
    for kind in ("emergency_contact", "carer"):
        relation = {"resident_id": resident, "kind": kind, "tie": "child", "since": SINCE, "contact": DAUGHTER}
        city.send(RecordRelation.model_validate(relation), actor)


def see_nothing(city: Stage, resident: str, need: str, phone: str, neighbour: Actor) -> None:
    """Have the worker of the neighbouring station try every way to the resident."""
    assert found(city, neighbour, phone) == []
    assert city.read(ReadResident(resident_id=resident), neighbour) is None
    assert city.read(ReadContacts(resident_id=resident), neighbour) is None
    assert city.read(ReadNeedResidents(need_id=need), neighbour) is None
    assert needs_of(city, resident, neighbour) == []
    terms: Document = {"scopes": ("contact",), "purpose": "insurance", "expires_at": city.now() + DAY}
    for command in (
        EndResident(id=resident, reason="died"),
        TransferResident(id=resident, station_id="station_of_nobody"),
        FormHousehold(head_id=resident, since=SINCE),
        GiveResidentConsent.model_validate({"person_id": resident, **terms}),
    ):
        with pytest.raises(Refused) as refused:
            city.send(command, neighbour)
        assert refused.value.rule == "unknown_id"


@story
def a_resident_whom_two_have_registered_is_one_person_and_two_again(city: Stage) -> None:
    station, _ = city.open_stations(city.home, city.next_door)
    own, neighbour = worker(city, city.home), worker(city, city.next_door)
    hotline = Actor(kind="key", id=f"hotline-{city.city}", roles=("platform",), area=city.city)
    phone, other = f"13{city.city}00001", f"13{city.city}00002"
    called = city.send(registration(station, phones=(phone,)), hotline)["id"]
    with pytest.raises(Refused) as refused:
        city.send(registration(station, phones=(phone,), birth_year=1944), own)
    assert refused.value.values["ids"] == called
    wang = city.send(registration(station, phones=(phone, other), birth_year=1944, despite=(called,)), own)["id"]
    assert set(found(city, own, phone)) == {called, wang}
    relate(city, wang, own)
    home = city.send(FormHousehold(head_id=called, since=SINCE), own)["id"]
    asked = city.ask(station, fen=100, residents=(called,))
    city.send(MergeResidents(resident_id=called, into_id=wang), own)
    city.until(lambda: state_of(city, called) == "merged", "the hotline's record stands for the station's")
    assert found(city, own, phone) == [wang]
    need = city.ask(station, fen=100, residents=(wang,))
    assert set(needs_of(city, called, own)) == {asked, need}
    city.send(UnmergeResidents(resident_id=called, reason_code="different_people"), own)
    city.until(lambda: state_of(city, called) == "active", "both are residents of their own again")
    assert (needs_of(city, called, own), needs_of(city, wang, own)) == ([asked], [need])
    with pytest.raises(Refused):  # the hotline's record has its household back, and Mrs Wang none
        city.send(FormHousehold(head_id=called, since=SINCE), own)
    city.send(MoveIn(id=home, resident_id=wang, relation="sibling", since=SINCE), own)
    see_nothing(city, wang, need, phone, neighbour)


@story
def an_agency_reads_what_a_resident_consents_to_and_no_more(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    own = worker(city, city.home)
    agency = Actor(kind="agency", id=f"clinic-{city.city}", roles=("agency",), area=city.city)
    wang = city.send(registration(station, phones=(f"13{city.city}00003",), birth_year=1944), own)["id"]
    shared = ReadSharedResident(person_id=wang, scopes=("contact",), purpose="case_referral")
    assert city.read(shared, agency) is None
    terms = {"scopes": ("contact",), "purpose": "case_referral", "recipient": agency.principal}
    consent = GiveResidentConsent.model_validate({"person_id": wang, "expires_at": city.now() + DAY, **terms})
    given = city.send(consent, own)["id"]
    assert city.read(shared, agency) is not None
    city.until(lambda: any(row["_id"] == given for row in city.shown("consents")), "the consent is listed")


def task_of(city: Stage, thing: str) -> Document:
    return next((row for row in city.shown("tasks") if row["_id"] == thing and row["open"]), {})


@story
def the_ward_of_a_guardian_who_dies_is_given_another_one(city: Stage) -> None:
    city.to_morning()
    (station,) = city.open_stations(city.home)
    own = worker(city, city.home)
    grandmother = city.send(registration(station, birth_year=1944), own)["id"]
    ward = city.send(registration(station, name="王小宝", birth_year=2015, groups=()), own)["id"]
    guardian = {"resident_id": ward, "kind": "guardian", "since": SINCE}
    by_her = {**guardian, "tie": "grandparent", "related_id": grandmother}
    lost = city.send(RecordRelation.model_validate(by_her), own)["id"]
    terms: Document = {"scopes": ("contact",), "purpose": "case_referral", "recipient": "clinic"}
    consent = {"person_id": grandmother, "expires_at": city.now() + 90 * DAY, **terms}
    given = city.send(GiveResidentConsent.model_validate(consent), own)["id"]
    city.send(EndResident(id=grandmother, reason="died"), own)
    city.until(lambda: task_of(city, lost).get("code") == "replace_relation", "the station is to find another guardian")
    rows = {row["_id"]: row["shape"]["state"] for row in city.shown("consents")}
    assert rows[given] == "expired"
    with pytest.raises(Refused, match="resident_died"):
        city.send(RecordRelation.model_validate(by_her), own)
    by_a_daughter = {**guardian, "tie": "other_relative", "contact": DAUGHTER}
    city.send(RecordRelation.model_validate(by_a_daughter), own)
    city.until(lambda: task_of(city, lost) == {}, "the ward has a guardian again")


@story
def a_scan_stays_with_its_need_and_is_read_at_its_station_alone(city: Stage) -> None:
    city.to_morning()
    station, _ = city.open_stations(city.home, city.next_door)
    own, neighbour = worker(city, city.home), worker(city, city.next_door)
    about = city.ask(station, fen=100)
    pieces = (b"%PDF-1.7 ", b"about Mrs Wang")
    for number, content in enumerate(pieces):
        part = {
            "need_id": about,
            "kind": "consent_scan",
            "upload": f"scan-{about}",
            "number": number,
            "last": number == 1,
        }
        asked = AddAttachmentPart.model_validate({**part, "content": b64encode(content).decode()})
        added = city.send(asked, own)
    query = ReadAttachment(need_id=about, attachment_id=added["id"])
    piece = city.read(query, own)
    assert piece is not None
    assert (b64decode(piece["content"]), piece["media_type"]) == (b"".join(pieces), "application/pdf")
    assert city.read(query, neighbour) is None
    assert city.read(ListAttachments(need_id=about), neighbour) is None
    city.send(RemoveAttachment(need_id=about, attachment_id=added["id"], reason="consent_withdrawn"), own)
    assert city.read(query, own) is None
