"""Without consent to be matched no search finds a volunteer (PIPL, art. 13 to 15 and 31)."""

from datetime import timedelta
from typing import Any

import pytest
from volunteering_in_memory import HOUR, VolunteeringInMemory

from services.volunteering.people.policy import PeoplePolicy
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.consents import (
    GiveVolunteerConsent,
    RenewVolunteerConsent,
    VolunteerConsentGiven,
    WithdrawVolunteerConsent,
)
from shared.contracts.volunteering.people import PauseVolunteer, ResumeVolunteer
from shared.engine.decide.memory import START
from shared.people.consents import Consent

DAY = timedelta(days=1)
WORDS: dict[str, Any] = {"words_version": "2026-01", "obtained": "in_person"}
GUARDIAN = {"given_by": "guardian", "guardian": {"name": "Zhou Invented", "phone": "13800000009"}}
SCOPES = ("identity", "location", "service_record")


def terms(volunteer: str, **changes: Any) -> GiveVolunteerConsent:
    asked = {
        "person_id": volunteer, "scopes": SCOPES, "purpose": "volunteer_matching", "expires_at": START + 300 * DAY,
        **WORDS, **changes,
    }  # fmt: skip
    return GiveVolunteerConsent.model_validate(asked)


def asked_for(service: VolunteeringInMemory, need: str) -> list[str]:
    """The volunteers whom a new need is offered to, once nobody is kept for the needs that wait."""
    service.wait(timedelta(seconds=11))
    service.publish(need, starts=5 * HOUR, score=60)
    return sorted(row.volunteer_id for row in service.dispatches(need))


def consent_of(service: VolunteeringInMemory) -> Consent:
    (consent,) = service.engine.all(Consent)
    return consent


def test_a_registration_records_the_consent_with_its_words_its_way_and_its_end(service: VolunteeringInMemory) -> None:
    volunteer = service.volunteer(consent=WORDS)
    (given,) = service.engine.emitted(VolunteerConsentGiven)
    assert (given.person_id, given.purpose, given.recipient) == (volunteer, "volunteer_matching", None)
    assert (given.scopes, given.words_version, given.obtained, given.given_by) == (
        SCOPES,
        "2026-01",
        "in_person",
        "self",
    )
    assert given.expires_at == START + 1096 * DAY
    assert asked_for(service, "need_1") == [volunteer]


def test_after_the_withdrawal_nobody_is_found_and_promises_stay(service: VolunteeringInMemory) -> None:
    volunteer = service.volunteer(consent=WORDS, standing=True)
    service.publish("promised")
    service.engine.command(WithdrawVolunteerConsent(id=consent_of(service).id))
    assert asked_for(service, "need_1") == []
    assert service.states("promised") == ["accepted"]
    service.serve("promised")
    service.confirm("promised")
    assert service.minutes(volunteer) == 60
    former = consent_of(service).id
    service.engine.command(terms(volunteer))
    service.engine.command(WithdrawVolunteerConsent(id=former))
    assert asked_for(service, "need_2") == [volunteer], "the former one was withdrawn before, and a new one stands"


def test_it_ends_with_its_time_and_goes_on_when_it_is_renewed(service: VolunteeringInMemory) -> None:
    ends = START + 2 * HOUR
    volunteer = service.volunteer(consent={**WORDS, "expires_at": ends})
    service.wait(2 * HOUR)
    assert consent_of(service).state == "expired"
    assert asked_for(service, "need_1") == []
    service.engine.command(RenewVolunteerConsent(id=consent_of(service).id, expires_at=ends + DAY))
    assert asked_for(service, "need_2") == [volunteer]


def test_the_withdrawal_of_one_that_has_run_out_leaves_the_one_that_stands(service: VolunteeringInMemory) -> None:
    volunteer = service.volunteer(consent={**WORDS, "expires_at": START + HOUR})
    service.wait(HOUR)
    former = consent_of(service).id
    service.engine.command(terms(volunteer))
    service.engine.command(WithdrawVolunteerConsent(id=former))
    assert asked_for(service, "need_1") == [volunteer]


def test_without_a_consent_on_record_a_volunteer_of_an_older_client_is_matched(service: VolunteeringInMemory) -> None:
    volunteer = service.volunteer()
    assert service.engine.all(Consent) == []
    assert asked_for(service, "need_1") == [volunteer]
    service.engine.command(WithdrawVolunteerConsent(id=service.engine.command(terms(volunteer)).id))
    assert asked_for(service, "need_2") == []


def test_a_city_may_ask_everybody_for_it() -> None:
    service = VolunteeringInMemory(PeoplePolicy(matching_needs_consent=True))
    silent, asked = service.volunteer(), service.volunteer(consent=WORDS)
    assert asked_for(service, "need_1") == [asked]
    service.engine.command(terms(silent))
    assert asked_for(service, "need_2") == sorted([silent, asked])


def test_a_waiting_need_does_not_wake_for_a_volunteer_without_consent() -> None:
    service = VolunteeringInMemory(PeoplePolicy(matching_needs_consent=True))
    service.publish("need_1", starts=5 * HOUR)
    service.volunteer(standing=True)
    service.wait(timedelta(seconds=1))
    assert service.dispatches("need_1") == []


def test_a_child_is_matched_with_the_guardians_consent_alone(service: VolunteeringInMemory) -> None:
    silent = service.volunteer(birth_year=2015)
    assert asked_for(service, "need_1") == []
    with pytest.raises(Refused) as refused:
        service.volunteer(birth_year=2015, consent=WORDS)
    assert (refused.value.rule, refused.value.field) == ("guardian_must_consent", "given_by")
    child = service.volunteer(birth_year=2015, consent={**WORDS, **GUARDIAN})
    assert asked_for(service, "need_2") == [child]
    sealed = consent_of(service).guardian_sealed
    assert sealed
    assert "Zhou" not in sealed
    assert silent != child


def test_the_withdrawal_under_one_id_holds_for_all_ids_of_the_person(service: VolunteeringInMemory) -> None:
    old, new = service.volunteer(consent=WORDS), service.volunteer()
    service.merge(old, new)
    service.engine.command(WithdrawVolunteerConsent(id=consent_of(service).id))
    assert asked_for(service, "need_1") == []
    former = consent_of(service).id
    service.engine.command(terms(new))
    service.engine.command(WithdrawVolunteerConsent(id=former))
    assert asked_for(service, "need_2") == [new], "a repeated withdrawal takes back nothing that was given since"
    service.engine.command(WithdrawVolunteerConsent(id=service.engine.emitted(VolunteerConsentGiven)[-1].id))
    service.unmerge(old)
    assert asked_for(service, "need_3") == []


def test_a_withdrawal_during_a_pause_holds_after_it_and_a_return_gives_no_consent(
    service: VolunteeringInMemory,
) -> None:
    volunteer = service.volunteer(consent=WORDS)
    service.engine.command(PauseVolunteer(volunteer_id=volunteer))
    service.engine.command(WithdrawVolunteerConsent(id=consent_of(service).id))
    service.engine.command(ResumeVolunteer(volunteer_id=volunteer))
    assert asked_for(service, "need_1") == []
    service.engine.command(PauseVolunteer(volunteer_id=volunteer))
    service.engine.command(terms(volunteer))
    assert asked_for(service, "need_2") == [], "a consent ends no pause"
    service.engine.command(ResumeVolunteer(volunteer_id=volunteer))
    assert asked_for(service, "need_3") == [volunteer]


def test_the_end_of_one_ids_consent_leaves_the_matching_to_that_of_another_id(service: VolunteeringInMemory) -> None:
    old = service.volunteer(consent={**WORDS, "expires_at": START + HOUR})
    new = service.volunteer(consent=WORDS)
    service.merge(old, new)
    service.wait(2 * HOUR)
    assert sorted(consent.state for consent in service.engine.all(Consent)) == ["expired", "given"]
    assert asked_for(service, "need_1") == [new]


def test_a_withdrawal_ends_the_consents_of_all_ids_of_the_person(service: VolunteeringInMemory) -> None:
    old, new = service.volunteer(consent=WORDS), service.volunteer(consent=WORDS)
    service.merge(old, new)
    first = min(consent.id for consent in service.engine.all(Consent))
    service.engine.command(WithdrawVolunteerConsent(id=first))
    assert [consent.state for consent in service.engine.all(Consent)] == ["withdrawn", "withdrawn"]
    assert asked_for(service, "need_1") == []


def test_an_erased_volunteer_is_not_found_again_by_a_late_end_of_the_consent(service: VolunteeringInMemory) -> None:
    volunteer = service.volunteer(consent={**WORDS, "expires_at": START + HOUR})
    left = service.person(volunteer).model_copy(update={"tags": (), "home": (0.0, 0.0)})
    service.engine.entities[type(left), volunteer] = left
    service.wait(2 * HOUR)
    assert service.person(volunteer).tags == ()


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [({"recipient": "principal_insurer"}, "own_handling_alone", "recipient"),
     ({"scopes": ("location",)}, "scopes_go_together", "scopes")],
)  # fmt: skip
def test_consent_to_be_matched_is_for_the_platform_and_for_all_that_matching_uses(
    service: VolunteeringInMemory, changes: dict[str, Any], rule: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        service.engine.command(terms(service.volunteer(), **changes))
    assert (refused.value.rule, refused.value.field) == (rule, field)
