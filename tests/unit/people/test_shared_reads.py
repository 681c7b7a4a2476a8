"""An agency reads about a person the consented scope alone, from the consent to its end or withdrawal."""

from datetime import timedelta
from typing import Any, get_args

import pytest
import structlog
from metric_samples import read_sample
from owners_in_memory import INSURER, Owner

from services.charity.consents import CONSENTS as DONORS
from services.charity.declaration import DECLARATION as CHARITY
from services.stations.consents import CONSENTS as NEEDS
from services.stations.declaration import DECLARATION as STATIONS
from services.volunteering.consents import CONSENTS
from services.volunteering.declaration import DECLARATION as VOLUNTEERING
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.access.owners import ReadVolunteeringActor
from shared.contracts.charity.consents import GiveDonorConsent, ReadSharedDonor
from shared.contracts.charity.donors import ReadDonor, RegisterDonor
from shared.contracts.consents import ConsentScope, SharedAnswer
from shared.contracts.copies import CopyVolunteeringPeople
from shared.contracts.messages import Query
from shared.contracts.persons import PersonReference
from shared.contracts.stations.consents import GiveNeedConsent, ReadSharedNeed
from shared.contracts.stations.need_text import ReadNeedTexts
from shared.contracts.volunteering.consents import (
    GiveVolunteerConsent,
    ReadSharedVolunteer,
    WithdrawVolunteerConsent,
)
from shared.contracts.volunteering.people import ReadVolunteer, RegisterVolunteer
from shared.engine.decide.memory import START
from tests.city.mongo import Collection

AREA = "110102009017"
DAY = timedelta(days=1)
EVERYTHING = Actor(kind="agency", id="key_8", roles=("agency", "administrator"), on_behalf_of="principal_insurer")
VOLUNTEER = RegisterVolunteer.model_validate(
    {"name": "Lin Invented", "phone": "13800000000", "area": AREA, "location": {"lon": 116.3, "lat": 39.9}}
)


@pytest.fixture
def owner() -> Owner:
    return Owner(VOLUNTEERING)


def consent(person: str, **changes: Any) -> GiveVolunteerConsent:
    asked = {
        "person_id": person, "scopes": ("contact",), "purpose": "insurance", "recipient": INSURER.principal,
        "expires_at": START + 100 * DAY, **changes,
    }  # fmt: skip
    return GiveVolunteerConsent.model_validate(asked)


def refusals(cause: str) -> float:
    """Refused attempts of agencies at volunteering, by their cause."""
    labels = {"service": "volunteering", "permission": "shared:read", "reason": cause}
    return read_sample("lianshan_access_refused_total", **labels) or 0.0


def note_reads(monkeypatch: pytest.MonkeyPatch, reads: list[list[str]]) -> None:
    """Note the collections that are read, in the last of the lists."""
    find = Collection.find

    def noted(self: Collection, *arguments: Any, **options: Any) -> Any:
        reads[-1].append(self._name)
        return find(self, *arguments, **options)

    monkeypatch.setattr(Collection, "find", noted)


def contact_of(person: str, *scopes: Any, purpose: Any = "insurance") -> ReadSharedVolunteer:
    return ReadSharedVolunteer(person_id=person, scopes=scopes or ("contact",), purpose=purpose)


def test_an_agency_reads_the_consented_scope_from_the_consent_to_the_withdrawal_and_never_else(owner: Owner) -> None:
    person = owner.do(VOLUNTEER).id
    assert owner.ask(contact_of(person)) is None
    assert owner.audit == []
    given = owner.do(consent(person)).id
    answer: SharedAnswer = owner.ask(contact_of(person))
    assert answer.contact is not None
    assert answer.contact.phone == "+8613800000000"
    assert (answer.identity, answer.location, answer.service_record) == (None, None, None)
    (row,) = owner.audit
    assert (row["what"], row["about"], row["by"], row["kind"]) == (
        "shared",
        [person],
        ["key_9", "principal_insurer"],
        "agency",
    )
    owner.do(WithdrawVolunteerConsent(id=given))
    assert owner.ask(contact_of(person)) is None
    assert owner.audit == []


def test_an_agency_cannot_tell_an_unknown_id_from_a_person_who_has_not_consented(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = owner.do(VOLUNTEER).id
    counted = {cause: refusals(cause) for cause in ("no_consent", "unreached")}
    reads: list[list[str]] = []
    note_reads(monkeypatch, reads)
    with structlog.testing.capture_logs() as logged:
        for asked in (person, "vol_unknown"):
            reads.append([])
            assert owner.ask(contact_of(asked)) is None
    assert reads[0] == reads[1] == ["volunteers", "identities", "identities", "consents", "erasure_parts", "audit"], (
        "nor does the time tell"
    )
    assert owner.audit == []
    told = [(line["event"], line["reason"], line["about"]) for line in logged]
    assert told == [("access_refused", "no_consent", person), ("access_refused", "unreached", "vol_unknown")]
    assert {cause: refusals(cause) - before for cause, before in counted.items()} == {"no_consent": 1, "unreached": 1}


def test_a_scope_that_no_volunteer_has_is_refused_before_anybody_is_looked_up(owner: Owner) -> None:
    person = owner.do(VOLUNTEER).id
    for asked in (person, "vol_unknown"):
        with pytest.raises(Refused) as refused:
            owner.ask(contact_of(asked, "need_words"))
        assert (refused.value.rule, refused.value.field) == ("scope_not_held", "scopes")


def test_the_owners_city_time_closes_the_data_in_the_second_of_the_end(owner: Owner) -> None:
    person = owner.do(VOLUNTEER).id
    owner.do(consent(person))
    end = START + 100 * DAY
    assert owner.ask(contact_of(person), at=end - timedelta(milliseconds=1)) is not None
    assert owner.ask(contact_of(person), at=end) is None


def test_each_scope_that_is_asked_for_needs_its_consent(owner: Owner) -> None:
    person = owner.do(VOLUNTEER).id
    owner.do(consent(person))
    assert owner.ask(contact_of(person, "contact", "identity")) is None
    assert owner.ask(contact_of(person, purpose="research")) is None
    owner.do(consent(person, scopes=("identity", "location", "service_record")))
    answer: SharedAnswer = owner.ask(contact_of(person, "contact", "identity", "location", "service_record"))
    assert answer.identity is not None
    assert answer.identity.name == "Lin Invented"
    assert answer.location is not None
    assert answer.service_record is not None


def test_another_agency_and_one_of_another_area_read_nothing(owner: Owner) -> None:
    person = owner.do(VOLUNTEER).id
    owner.do(consent(person))
    other = INSURER.model_copy(update={"on_behalf_of": "principal_other"})
    assert owner.ask(contact_of(person), other) is None
    elsewhere = INSURER.model_copy(update={"area": "3101"})
    assert owner.ask(contact_of(person), elsewhere) is None
    assert owner.ask(contact_of("vol_unknown")) is None
    assert owner.audit == []


def test_an_agency_reads_about_people_by_no_other_query_whatever_its_roles(owner: Owner) -> None:
    person = owner.do(VOLUNTEER).id
    owner.do(consent(person, scopes=("identity", "contact", "location", "service_record")))
    reference = PersonReference(kind="volunteer", id=person)
    asked: list[tuple[Owner, Query[Any]]] = [
        (owner, ReadVolunteer(volunteer_id=person)),
        (owner, CopyVolunteeringPeople(people=(reference,))),
        (owner, ReadVolunteeringActor(reference=f"actor.volunteering.{'a' * 43}")),
        (Owner(CHARITY), ReadDonor(donor_id="donor_1")),
        (Owner(STATIONS), ReadNeedTexts(need_ids=("need_1",))),
    ]
    for service, query in asked:
        with pytest.raises(Refused) as refused:
            service.ask(query, EVERYTHING)
        assert (refused.value.code, refused.value.rule) == ("not_allowed", "agency_needs_consent")
        assert service.audit == []


def test_a_key_that_is_no_agencys_does_not_read_by_consent() -> None:
    reader = Actor(kind="key", id="key_1", roles=("personal_reader",))
    with pytest.raises(Refused, match="permission_missing"):
        Owner(VOLUNTEERING).ask(contact_of("vol_1"), reader)


def test_charity_opens_a_donors_name_by_consent() -> None:
    owner = Owner(CHARITY)
    donor = owner.do(RegisterDonor(name="Wu Invented", area=AREA)).id
    asked = ReadSharedDonor(person_id=donor, scopes=("identity", "contact"), purpose="tax_deduction")
    assert owner.ask(asked) is None
    owner.do(
        GiveDonorConsent(
            person_id=donor, scopes=("identity", "contact"), purpose="tax_deduction",
            recipient=INSURER.principal, expires_at=START + DAY,
        )
    )  # fmt: skip
    answer: SharedAnswer = owner.ask(asked)
    assert answer.identity is not None
    assert answer.identity.name == "Wu Invented"
    assert answer.contact is not None
    assert answer.contact.phone is None


def test_every_scope_is_held_by_an_owner() -> None:
    held = {scope for owner in (CONSENTS, DONORS, NEEDS) for scope in owner.scopes}
    assert held == set(get_args(ConsentScope)) - {"health"}, "values of a screening are read by no agency"


def test_stations_open_the_words_of_a_need_by_consent_and_its_place_by_another() -> None:
    owner = Owner(STATIONS)
    need = owner.do(owner.need("Rice for Grandmother Invented")).id
    asked = ReadSharedNeed(person_id=need, scopes=("need_words",), purpose="case_referral")
    assert owner.ask(asked) is None
    terms: dict[str, Any] = {"purpose": "case_referral", "recipient": INSURER.principal, "expires_at": START + DAY}
    owner.do(GiveNeedConsent(person_id=need, scopes=("need_words",), **terms))
    answer: SharedAnswer = owner.ask(asked)
    assert answer.need_words is not None
    assert answer.need_words.title == "Rice for Grandmother Invented"
    assert answer.location is None
    assert owner.ask(asked.model_copy(update={"scopes": ("need_words", "location")})) is None
    owner.do(GiveNeedConsent(person_id=need, scopes=("location",), **terms))
    both: SharedAnswer = owner.ask(asked.model_copy(update={"scopes": ("need_words", "location")}))
    assert both.location is not None
