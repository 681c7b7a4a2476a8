"""Registration: personal data is sealed, and a volunteer must be able to serve."""

import pytest
from identity_numbers import invented_number
from opened import opened
from volunteering_in_memory import COMMUNITY, VolunteeringInMemory

from services.volunteering.people.domain import VolunteerPerson
from shared.contracts.need_parts import Place
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.people import VolunteerRegistered
from shared.people import Marker


def test_name_phone_and_exact_place_are_sealed_and_never_said(service: VolunteeringInMemory) -> None:
    service.volunteer(name="Wang Invented", phone="13911112222", location=Place(lon=116.3412345, lat=39.9398765))
    (person,) = service.engine.all(VolunteerPerson)
    stored = f"{person} {[e.model_dump_json() for e in service.engine.events]} {list(service.engine.entities.values())}"
    for secret in ("Wang", "13911112222", "3412345", "9398765"):
        assert secret not in stored
    assert opened(service.engine, service.vault, person, "name") == "Wang Invented"
    assert service.person(person.id).home == (116.341, 39.94)
    (said,) = service.engine.emitted(VolunteerRegistered)
    assert set(said.model_dump()) == {
        "volunteer_id", "version", "area", "skills", "languages", "standing_acceptance", "state",
    }  # fmt: skip


def test_an_identity_number_is_sealed_never_said_and_gives_the_year_of_birth(service: VolunteeringInMemory) -> None:
    number = invented_number("19620704")
    service.volunteer(name="Wang Invented", identity_number=number.lower())
    (person,) = service.engine.all(VolunteerPerson)
    stored = f"{person} {[e.model_dump_json() for e in service.engine.events]} {list(service.engine.entities.values())}"
    assert number not in stored
    assert opened(service.engine, service.vault, person, "identity_number") == number
    assert service.person(person.id).birth_year == 1962


def test_an_e_mail_address_is_sealed_never_said_and_nobody_is_found_by_it(service: VolunteeringInMemory) -> None:
    service.volunteer(name="Wang Invented")
    service.volunteer(name="Wen Invented", email="文丽@例子.中国")
    without, person = service.engine.all(VolunteerPerson)
    stored = f"{person} {[e.model_dump_json() for e in service.engine.events]} {list(service.engine.entities.values())}"
    assert "文丽" not in stored
    assert opened(service.engine, service.vault, person, "email") == "文丽@例子.中国"
    assert without.email is None
    assert len(person.marks or ()) == len(without.marks or ())


def test_a_volunteer_is_found_by_marks_within_the_area(service: VolunteeringInMemory) -> None:
    service.volunteer(name="Wang Invented", phone="13911112222", identity_number=invented_number("19620704"))
    (person,) = service.engine.all(VolunteerPerson)
    marker = Marker(service.vault)
    assert person.area == COMMUNITY
    assert marker.of_phone("+8613911112222") in (person.marks or ())
    assert marker.of_identity_number(invented_number("19620704")) in (person.marks or ())
    assert marker.of_name("WANG invented", 1962) in (person.marks or ())


def test_a_volunteer_with_a_number_of_tomorrow_is_refused(service: VolunteeringInMemory) -> None:
    with pytest.raises(Refused) as refused:
        service.volunteer(identity_number=invented_number("20900101"))
    assert (refused.value.rule, refused.value.field) == ("birth_date_in_future", "identity_number")
    assert service.engine.entities == {}


def test_a_volunteer_who_is_not_born_yet_or_lives_in_a_province_is_refused(service: VolunteeringInMemory) -> None:
    for field, more in (("birth_year", {"birth_year": 2090}), ("area", {"area": "11"})):
        with pytest.raises(Refused) as refused:
            service.volunteer(**more)
        assert (refused.value.code, refused.value.field) == ("invalid", field)
    assert service.engine.entities == {}
