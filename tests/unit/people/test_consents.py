"""Consent: its givers, its duration, and the data that it opens to an agency (PIPL, art. 13 to 16, 23, 29, 31)."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from stdnum.cn import ric

from services.charity.declaration import DECLARATION as CHARITY
from services.volunteering.consents import VolunteerConsentDue
from services.volunteering.declaration import DECLARATION
from shared.catalogue import NoOwner
from shared.contracts.access import Actor
from shared.contracts.charity.consents import GiveDonorConsent
from shared.contracts.charity.donors import RegisterDonor
from shared.contracts.consents import ConsentShape, GuardianDetails
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.consents import (
    GiveVolunteerConsent,
    RenewVolunteerConsent,
    VolunteerConsentExpired,
    VolunteerConsentGiven,
    WithdrawVolunteerConsent,
)
from shared.contracts.volunteering.people import RegisterVolunteer
from shared.engine.decide.memory import START, MemoryEngine
from shared.engine.store.replicas import Share
from shared.people.consents.domain import (
    MOST_DAYS,
    Consent,
    guardian_place,
    holds,
    opens_to,
)
from shared.people.keys import DataKey, key_place
from shared.runtime.vault import Vault

AREA = "110102009017"
DAY = timedelta(days=1)
INSURER = "principal_insurer"
GUARDIAN = GuardianDetails(name="Zhou Invented", phone="+8613800000009")


def number_of(born: str) -> str:
    """An invented identity number with that day of birth."""
    digits = f"110102{born}001"
    return digits + ric.calc_check_digit(f"{digits}0")


class City:
    """Volunteering without servers, with one volunteer."""

    def __init__(self, birth_year: int | None = 1990, identity_number: str | None = None) -> None:
        self.vault = Vault(bytes(32)).of("volunteering")
        given = {"vault": self.vault, "catalogue_owner": NoOwner(), "share": Share()}
        self.engine = MemoryEngine(DECLARATION.handlers(**given))
        place = {"lon": 116.3, "lat": 39.9}
        person: dict[str, Any] = {"name": "Lin Invented", "phone": "13800000000", "area": AREA, "location": place}
        born = {"birth_year": birth_year, "identity_number": identity_number}
        asked = RegisterVolunteer.model_validate({**person, **born})
        self.volunteer: str = self.engine.command(asked).id
        self.engine.timers.clear()  # the patrol of dispatch, every five minutes of these months

    def give(self, **changes: Any) -> ConsentShape:
        asked = {
            "person_id": self.volunteer, "scopes": ("contact",), "purpose": "insurance", "recipient": INSURER,
            "expires_at": self.engine.now + 100 * DAY, **changes,
        }  # fmt: skip
        answer: ConsentShape = self.engine.command(GiveVolunteerConsent.model_validate(asked))
        return answer

    def consent(self, consent_id: str) -> Consent:
        return self.engine.one(Consent, consent_id)

    def may_read(self, *scopes: Any, purpose: Any = "insurance", recipient: str = INSURER) -> bool:
        known = self.engine.all(Consent)
        return opens_to(
            known, scopes, person_id=self.volunteer, purpose=purpose, recipient=recipient, now=self.engine.now
        )


@pytest.fixture
def city() -> City:
    return City()


class TestGiving:
    def test_a_consent_names_person_scopes_purpose_recipient_and_end_and_nothing_about_the_person(self, city: City):
        given = city.give()
        (event,) = city.engine.emitted(VolunteerConsentGiven)
        assert (event.person_kind, event.person_id, event.recipient) == ("volunteer", city.volunteer, INSURER)
        assert (event.given_at, event.expires_at, event.state) == (START, START + 100 * DAY, "given")
        assert given.id.startswith("volunteer_consent_")
        assert "Lin" not in event.model_dump_json()

    def test_it_has_the_area_of_the_person_and_is_out_of_reach_elsewhere(self, city: City):
        given = city.give()
        assert given.area == AREA
        elsewhere = Actor(kind="key", id="key_2", roles=("volunteer_coordinator",), area="3101")
        for command in (
            WithdrawVolunteerConsent(id=given.id),
            RenewVolunteerConsent(id=given.id, expires_at=START + 200 * DAY),
        ):
            with pytest.raises(Refused, match="not_found"):
                city.engine.command(command, actor=elsewhere)
        with pytest.raises(Refused, match="not_found"):
            city.engine.command(
                GiveVolunteerConsent(
                    person_id=city.volunteer, scopes=("contact",), purpose="insurance", expires_at=START + DAY
                ),
                actor=elsewhere,
            )

    @pytest.mark.parametrize(
        ("ends", "rule"),
        [(timedelta(0), "consent_ends_in_past"), (MOST_DAYS * DAY + timedelta(seconds=1), "consent_too_long")],
    )
    def test_its_end_lies_ahead_and_within_three_years(self, city: City, ends: timedelta, rule: str):
        with pytest.raises(Refused) as refused:
            city.give(expires_at=START + ends)
        assert (refused.value.rule, refused.value.field) == (rule, "expires_at")

    def test_data_that_the_service_does_not_hold_is_not_consented_to(self, city: City):
        with pytest.raises(Refused) as refused:
            city.give(scopes=("contact", "need_words"))
        assert (refused.value.rule, refused.value.field) == ("scope_not_held", "scopes")

    def test_consent_to_sensitive_data_stands_by_itself(self, city: City):
        with pytest.raises(Refused) as refused:
            city.give(scopes=("contact", "identity_number"))
        assert (refused.value.rule, refused.value.field) == ("sensitive_stands_alone", "scopes")
        assert city.give(scopes=("identity_number",)).scopes == ("identity_number",)

    def test_the_work_list_asks_for_its_renewal_thirty_days_before_its_end(self, city: City):
        step = city.give().next_step
        assert step is not None
        assert (step.code, step.due) == ("renew_consent", START + 70 * DAY)


class TestGuardian:
    def test_a_child_under_fourteen_does_not_consent_alone(self):
        city = City(birth_year=2013)
        with pytest.raises(Refused) as refused:
            city.give()
        assert (refused.value.rule, refused.value.field) == ("guardian_must_consent", "given_by")
        assert city.give(given_by="guardian", guardian=GUARDIAN.model_dump()).given_by == "guardian"

    @pytest.mark.parametrize(("born", "of_age"), [("20120301", True), ("20120302", False)])
    def test_an_identity_number_tells_the_day_from_which_a_child_consents(self, born: str, of_age: bool):
        city = City(birth_year=None, identity_number=number_of(born))
        if of_age:
            assert city.give().given_by == "self"
        else:
            with pytest.raises(Refused, match="guardian_must_consent"):
                city.give()

    def test_charity_goes_by_the_sealed_year_or_number_of_a_donor(self):
        vault = Vault(bytes(32)).of("charity")
        engine = MemoryEngine(CHARITY.handlers(vault=vault, catalogue_owner=NoOwner()))
        terms: dict[str, Any] = {"scopes": ("contact",), "purpose": "tax_deduction", "expires_at": START + DAY}
        for details in ({"birth_year": 2013}, {"identity_number": number_of("20130504")}):
            child = engine.command(RegisterDonor.model_validate({"name": "Wu Invented", "area": AREA, **details})).id
            with pytest.raises(Refused, match="guardian_must_consent"):
                engine.command(GiveDonorConsent(person_id=child, **terms))
            engine.command(GiveDonorConsent(person_id=child, given_by="guardian", guardian=GUARDIAN, **terms))
        adult = engine.command(RegisterDonor(name="Wu Invented", area=AREA, birth_year=1980)).id
        engine.command(GiveDonorConsent(person_id=adult, **terms))

    def test_a_renewal_for_a_child_is_the_guardians_too(self):
        city = City(birth_year=2013)
        given = city.give(given_by="guardian", guardian=GUARDIAN.model_dump())
        with pytest.raises(Refused, match="guardian_must_consent"):
            city.engine.command(RenewVolunteerConsent(id=given.id, expires_at=START + 200 * DAY))

    def test_the_guardian_is_sealed_with_the_key_of_the_person(self):
        city = City(birth_year=2013)
        given = city.give(given_by="guardian", guardian=GUARDIAN.model_dump())
        sealed = city.consent(given.id).guardian_sealed
        assert "Zhou" not in sealed
        key = city.engine.one(DataKey, f"person:{city.volunteer}")
        opened = city.vault.open_key(key.wrapped, *key_place(key.id)).open(sealed, *guardian_place(given.id))
        assert "Zhou Invented" in opened
        assert all("Zhou" not in event.model_dump_json() for event in city.engine.events)


class TestEnd:
    def test_in_the_second_of_its_end_it_holds_no_more(self, city: City):
        consent = city.consent(city.give().id)
        assert holds(consent, consent.expires_at - timedelta(milliseconds=1))
        assert not holds(consent, consent.expires_at)

    def test_its_end_is_announced_by_a_timer(self, city: City):
        given = city.give()
        city.engine.advance(100 * DAY)
        (event,) = city.engine.emitted(VolunteerConsentExpired)
        assert (event.id, event.state, event.next_step) == (given.id, "expired", None)
        assert not city.engine.timers

    def test_a_withdrawal_works_at_once_needs_nothing_and_may_be_repeated(self, city: City):
        given = city.give()
        city.engine.advance(DAY)
        for _ in range(2):
            answer = city.engine.command(WithdrawVolunteerConsent(id=given.id))
        assert (answer.state, answer.withdrawn_at, answer.version) == ("withdrawn", START + DAY, 2)
        assert not city.may_read("contact")
        assert not city.engine.timers

    def test_an_expired_consent_may_be_renewed_and_a_withdrawn_one_is_given_anew(self, city: City):
        given = city.give()
        city.engine.advance(101 * DAY)
        renewed = city.engine.command(RenewVolunteerConsent(id=given.id, expires_at=city.engine.now + DAY))
        assert (renewed.state, renewed.given_at) == ("given", START + 101 * DAY)
        assert city.may_read("contact")
        city.engine.command(WithdrawVolunteerConsent(id=given.id))
        with pytest.raises(Refused, match="consent_withdrawn"):
            city.engine.command(RenewVolunteerConsent(id=given.id, expires_at=city.engine.now + DAY))

    def test_no_second_consent_to_the_same_stands_beside_one_that_holds(self, city: City):
        first = city.give()
        with pytest.raises(Refused) as refused:
            city.give(scopes=("contact", "identity"))
        assert (refused.value.code, refused.value.rule) == ("conflict", "consent_stands")
        assert (refused.value.values["id"], refused.value.values["data"]) == (first.id, "contact")
        city.give(scopes=("identity",))
        city.give(purpose="research")
        city.give(recipient="principal_other")
        city.give(recipient=None)
        city.engine.command(WithdrawVolunteerConsent(id=first.id))
        assert not city.may_read("contact")
        assert city.give().id != first.id

    def test_a_replica_whose_clock_is_behind_sees_the_consent_that_another_one_has_kept(self, city: City):
        city.give()
        city.engine.now -= timedelta(seconds=1)
        assert city.may_read("contact")
        with pytest.raises(Refused, match="consent_stands"):
            city.give()

    def test_an_expired_consent_is_not_renewed_beside_the_one_that_was_given_after_it(self, city: City):
        former = city.give()
        city.engine.advance(101 * DAY)
        present = city.give()
        with pytest.raises(Refused, match="consent_stands") as refused:
            city.engine.command(RenewVolunteerConsent(id=former.id, expires_at=city.engine.now + DAY))
        assert (refused.value.field, refused.value.values["id"]) == ("id", present.id)
        city.engine.command(RenewVolunteerConsent(id=present.id, expires_at=city.engine.now + 300 * DAY))

    def test_a_timer_that_comes_late_or_twice_changes_nothing(self, city: City):
        given = city.give()
        city.engine.command(RenewVolunteerConsent(id=given.id, expires_at=START + 200 * DAY))
        late = city.engine.incoming("timer", VolunteerConsentDue(id=given.id), VolunteerConsentDue.type, "timer:late")
        city.engine.batch([late])
        assert city.consent(given.id).state == "given"


class TestSeparateConsent:
    def test_it_opens_one_scope_for_one_purpose_to_one_agency(self, city: City):
        city.give()
        assert city.may_read("contact")
        assert not city.may_read("identity")
        assert not city.may_read("contact", "identity")
        assert not city.may_read("contact", purpose="research")
        assert not city.may_read("contact", recipient="principal_other")

    def test_consent_to_the_platforms_own_handling_opens_nothing_to_an_agency(self, city: City):
        city.give(recipient=None)
        assert not city.may_read("contact")

    @pytest.mark.parametrize("seed", range(60))
    def test_no_order_of_giving_renewing_withdrawing_and_waiting_lets_an_agency_read_without_consent(self, seed: int):
        chance, city = Random(seed), City()
        ends: dict[str, datetime] = {}
        for nth in range(30):
            act = chance.choice(["give", "renew", "withdraw", "wait", "repeat"])
            known = chance.choice(sorted(ends)) if ends else None
            until = city.engine.now + chance.randint(1, 20) * DAY
            standing = [one for one, end in ends.items() if city.engine.now < end]
            if act == "give":
                try:
                    ends[city.give(expires_at=until).id] = until
                except Refused as refused:
                    assert [refused.values["id"]] == standing, "one that holds is renewed instead"  # noqa: PT017
            elif act == "renew" and known is not None:
                try:
                    city.engine.command(RenewVolunteerConsent(id=known, expires_at=until))
                except Refused:
                    assert known not in standing, "only one that is withdrawn, or beside another, is not renewed"
                else:
                    ends[known] = until
            elif act == "withdraw" and known is not None:
                city.engine.command(WithdrawVolunteerConsent(id=known), key=f"withdraw-{nth}")
                ends[known] = datetime.min.replace(tzinfo=UTC)
            elif act == "repeat" and known is not None:
                late = VolunteerConsentDue(id=known)
                city.engine.batch([city.engine.incoming("timer", late, late.type, f"timer:{nth}")])
            else:
                city.engine.advance(chance.randint(0, 10) * DAY)
            expected = any(city.engine.now < end for end in ends.values())
            assert city.may_read("contact") is expected
