"""Volunteers inactive for years are erased by age; hours to spend, or any act, keep them (PIPL, art. 19)."""

from datetime import timedelta

import pytest
from aging import DAY, KEPT_DAYS, registered, retire
from pydantic import ValidationError
from volunteering_in_memory import HOUR, VolunteeringInMemory

from services.volunteering.people.inactive import VolunteerInactive
from services.volunteering.service import VolunteeringSettings
from services.volunteering.timebank.domain.minting import new_account
from shared.contracts.volunteering.consents import GiveVolunteerConsent
from shared.contracts.volunteering.erasures import VolunteeringErasureAnswered
from shared.contracts.volunteering.people import VolunteerErased
from shared.engine.decide.external_ids import ExternalId
from shared.people import DataKey


def test_who_never_did_anything_is_erased_after_the_time_and_on_record(service: VolunteeringInMemory) -> None:
    gone = service.volunteer(external_id="crm-17", birth_year=1950)
    assert retire(service, 1000 * DAY) == []
    stays = service.volunteer()
    assert retire(service, 150 * DAY) == [gone]
    assert registered(service) == [stays]
    assert [key.id for key in service.engine.all(DataKey)] == [f"person:{stays}"]
    assert service.engine.all(ExternalId) == []
    left = service.person(gone)
    assert (left.home, left.tags, left.birth_year) == ((0.0, 0.0), (), None)
    assert [event.volunteer_id for event in service.engine.emitted(VolunteerErased)] == [gone]
    assert service.engine.emitted(VolunteeringErasureAnswered) == [], "nobody has asked, so nobody is answered"
    assert retire(service, DAY) == [], "once"


def test_who_has_hours_to_spend_is_kept_however_long_ago_they_were_earned(service: VolunteeringInMemory) -> None:
    served = service.volunteer(standing=True)
    service.publish("need_1")
    service.serve("need_1")
    service.confirm("need_1")
    assert service.minutes(served) == 60
    assert retire(service, 4000 * DAY) == []
    account = new_account(served, service.person(served).area)
    spent = service.engine.one(type(account), account.id)
    service.engine.entities[type(account), account.id] = spent.model_copy(update={"debits_posted": 60})
    assert retire(service, DAY) == [served]
    assert (service.minutes(served), registered(service)) == (0, [])
    assert [row.volunteer_id for row in service.dispatches("need_1")] == [served], "nameless, under the id"


def test_a_promise_a_declined_offer_and_a_consent_are_acts(service: VolunteeringInMemory) -> None:
    promised, declining, consenting, asked = (service.volunteer() for _ in range(4))
    service.engine.now += 1000 * DAY
    service.publish("need_1", headcount=4, starts=1000 * DAY + HOUR)
    for row in service.dispatches("need_1", "offered"):
        if row.volunteer_id == promised:
            service.accept(row.id)
        if row.volunteer_id == declining:
            service.decline(row.id)
    ends = service.engine.now + 30 * DAY
    consent = {"person_id": consenting, "scopes": ("contact",), "purpose": "insurance", "expires_at": ends}
    service.engine.command(GiveVolunteerConsent.model_validate(consent))
    service.wait(5 * HOUR)
    assert retire(service, 150 * DAY) == [asked], "an offer that one lets expire is no act"
    assert registered(service) == sorted([promised, declining, consenting])
    assert sorted(retire(service, 1150 * DAY)) == sorted([promised, declining, consenting])


def test_a_person_of_two_ids_is_active_under_both(service: VolunteeringInMemory) -> None:
    old, new = service.volunteer(), service.volunteer()
    service.merge(old, new)
    service.engine.now += 1000 * DAY
    service.publish("need_1", starts=1000 * DAY + HOUR)
    (offer,) = service.dispatches("need_1", "offered")
    assert offer.volunteer_id == new
    service.decline(offer.id)
    assert retire(service, 150 * DAY) == []
    assert registered(service) == sorted([old, new])
    assert retire(service, 1150 * DAY) == sorted([old, new])
    assert registered(service) == []


def test_who_has_acted_since_the_look_is_spared_by_the_decision(service: VolunteeringInMemory) -> None:
    spared = service.volunteer()
    service.engine.now += 1150 * DAY
    timer = VolunteerInactive(volunteer_id=spared, cutoff=service.engine.now - KEPT_DAYS * DAY)
    service.publish("need_1", starts=1150 * DAY + HOUR)
    service.accept(service.dispatches("need_1", "offered")[0].id)
    service.engine.timers["inactive"] = (service.engine.now, timer)
    service.wait(timedelta(minutes=1))
    assert registered(service) == [spared]


@pytest.mark.parametrize("days", [364, 36_501])
def test_the_time_is_a_setting_within_bounds(days: int) -> None:
    servers = {
        "amqp_uri": "amqp://localhost/", "mongo_uri": "mongodb://localhost/?replicaSet=rs0", "data_key": "A" * 43 + "=",
    }  # fmt: skip
    assert VolunteeringSettings.model_validate(servers).inactive_volunteer_days == KEPT_DAYS
    with pytest.raises(ValidationError, match="inactive_volunteer_days"):
        VolunteeringSettings.model_validate({**servers, "inactive_volunteer_days": days})
