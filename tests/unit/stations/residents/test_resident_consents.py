"""Consent is asked for where it is needed: at the registration, for an identity number, before telling the family."""

from datetime import date, timedelta
from typing import Any

import pytest
from identity_numbers import invented_number
from residents_in_memory import CONSENT, ELM, ResidentsInMemory

from services.stations.declaration import DECLARATION
from services.stations.needs.policy import NeedsPolicy
from services.stations.residents.policy import ResidentsPolicy
from shared.contracts import Refused
from shared.contracts.stations.consents import GiveResidentConsent, RenewResidentConsent, WithdrawResidentConsent
from shared.contracts.stations.need_merging import MergeNeed
from shared.contracts.stations.need_residents import ReadNeedResidents
from shared.contracts.stations.relations import ReadFamilyContacts, RecordRelation
from shared.contracts.stations.residents import ChangeResident
from shared.engine.decide.memory import MemoryEngine

NUMBER = invented_number("19440302")
DAY = timedelta(days=1)
GUARDIAN = {"given_by": "guardian", "guardian": {"name": "Ma Daughter", "phone": "13900139000"}}


@pytest.fixture
def city() -> ResidentsInMemory:
    return ResidentsInMemory()


def test_an_identity_number_needs_consent_that_stands_by_itself(city: ResidentsInMemory) -> None:
    with pytest.raises(Refused) as refused:
        city.resident(identity_number=NUMBER, birth_year=None, consent=None)
    assert (refused.value.rule, dict(refused.value.values)) == (
        "consent_missing", {"data": "identity_number", "purpose": "record_keeping"}
    )  # fmt: skip
    city.resident(identity_number=NUMBER, birth_year=None)
    assert [(one.purpose, set(one.scopes)) for one in city.consents()] == [
        ("record_keeping", {"contact", "identity", "location"}),
        ("record_keeping", {"identity_number"}),
    ]
    assert {one.words_version for one in city.consents()} == {"2026-1"}


def test_a_city_may_ask_consent_of_everybody(city: ResidentsInMemory) -> None:
    asking = ResidentsPolicy(resident_needs_consent=True)
    engine = MemoryEngine(DECLARATION.handlers(NeedsPolicy(), asking, vault=city.vault))
    engine.entities.update(city.engine.entities)
    city.engine = engine
    with pytest.raises(Refused, match="consent_missing"):
        city.resident()
    city.resident(consent=CONSENT)


@pytest.mark.parametrize(
    ("person", "rule"),
    [({"birth_year": 2020}, "guardian_must_consent"), ({"capacity": "none"}, "guardian_must_decide")],
)
def test_a_guardian_consents_for_who_may_not(city: ResidentsInMemory, person: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refused, match=rule):
        city.resident(**person, consent=CONSENT)
    city.resident(**person, consent={**CONSENT, **GUARDIAN})
    assert "Daughter" not in repr(city.engine.entities)


def test_a_number_that_is_added_later_needs_consent_that_stands(city: ResidentsInMemory) -> None:
    resident = city.resident(birth_year=None).id
    with pytest.raises(Refused, match="consent_missing"):
        city.act(ChangeResident, resident, identity_number=NUMBER)
    city.act(ChangeResident, resident, identity_number=NUMBER, consent=CONSENT)
    (consent,) = city.consents()
    city.engine.command(WithdrawResidentConsent(id=consent.id), actor=ELM)
    with pytest.raises(Refused, match="consent_taken_back"):
        city.act(ChangeResident, resident, identity_number=invented_number("19440303"))


def give(city: ResidentsInMemory, resident: str) -> str:
    terms = {"person_id": resident, "scopes": ["identity"], "purpose": "family_notice"}
    consent = GiveResidentConsent.model_validate({**terms, "expires_at": city.engine.now + DAY})
    given: str = city.engine.command(consent, actor=ELM).id
    return given


def test_the_family_is_told_by_consent_alone(city: ResidentsInMemory) -> None:
    resident = city.resident().id
    contact = {"kind": "emergency_contact", "tie": "child", "since": date(2026, 1, 1), "contact": GUARDIAN["guardian"]}
    city.engine.command(RecordRelation.model_validate({"resident_id": resident, **contact}), actor=ELM)
    family = ReadFamilyContacts(resident_id=resident)
    with pytest.raises(Refused, match="consent_missing"):
        city.ask(family)
    given = give(city, resident)
    assert [one.name for one in city.ask(family).items] == ["Ma Daughter"]
    city.engine.advance(2 * DAY)
    with pytest.raises(Refused, match="consent_over"):
        city.ask(family)
    city.act(RenewResidentConsent, given, expires_at=city.engine.now + DAY)
    assert city.ask(family) is not None
    city.act(WithdrawResidentConsent, given)
    with pytest.raises(Refused, match="consent_taken_back"):
        city.ask(family)


def test_consent_that_runs_out_is_a_task(city: ResidentsInMemory) -> None:
    resident = city.resident().id
    shape = city.engine.command(
        GiveResidentConsent.model_validate(
            {"person_id": resident, "scopes": ["identity"], "purpose": "family_notice",
             "expires_at": city.engine.now + DAY}
        ),
        actor=ELM,
    )  # fmt: skip
    assert shape.next_step.code == "renew_consent"


def test_the_residents_of_a_duplicate_go_on_with_the_need_that_goes_on(city: ResidentsInMemory) -> None:
    ma, wu = city.resident().id, city.resident(name="Wu Invented", phones=()).id
    kept = city.register(residents=(ma,)).id
    gone = city.register(residents=(wu, ma)).id
    city.engine.command(MergeNeed(need_id=gone, into_id=kept), actor=ELM)
    assert set(city.ask(ReadNeedResidents(need_id=kept)).residents) == {ma, wu}
