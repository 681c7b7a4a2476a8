"""Inactive volunteers with hours to spend: somebody decides whether their data is kept or erased (PIPL, art. 19)."""

from datetime import timedelta

import pytest
from aging import DAY, KEPT_DAYS, registered, retire
from erasing import erasure_of
from volunteering_in_memory import HOUR, VolunteeringInMemory

from services.volunteering.inactivity.domain import Inactivity
from services.volunteering.people.inactive import InactiveWithHours
from services.volunteering.timebank.domain.minting import new_account
from shared.contracts.access import Actor
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.inactivity import (
    InactivityEnded,
    InactivityKept,
    InactivityOpened,
    InactivityShape,
    KeepInactiveVolunteer,
)

YEARS = 4 * 365 * DAY


@pytest.fixture
def served(service: VolunteeringInMemory) -> str:
    """A volunteer who has earned an hour."""
    volunteer = service.volunteer(standing=True)
    service.publish("need_1")
    service.serve("need_1")
    service.confirm("need_1")
    return volunteer


def inactivity(service: VolunteeringInMemory) -> InactivityShape:
    (found,) = service.engine.all(Inactivity)
    return found


def step(service: VolunteeringInMemory) -> str | None:
    last = [event.data for event in service.engine.events if event.subject == inactivity(service).id][-1]
    return None if last.next_step is None else last.next_step.code


def keep(service: VolunteeringInMemory, reason: str = "proof_requested", actor: Actor | None = None) -> InactivityShape:
    command = KeepInactiveVolunteer.model_validate({"id": inactivity(service).id, "reason": reason})
    answer: InactivityShape = service.engine.command(command, **({} if actor is None else {"actor": actor}))
    return answer


def spend(service: VolunteeringInMemory, volunteer: str) -> None:
    account = service.engine.one(type(new_account("", "")), new_account(volunteer, "").id)
    service.engine.entities[type(account), account.id] = account.model_copy(update={"debits_posted": 60})


def erase(service: VolunteeringInMemory, volunteer: str) -> None:
    service.engine.event(erasure_of(("volunteer", volunteer)))
    service.wait(timedelta(minutes=1))


def test_somebody_is_to_decide_within_thirty_days(service: VolunteeringInMemory, served: str) -> None:
    assert retire(service, YEARS) == [], "nobody with hours to spend is erased by age"
    found = inactivity(service)
    assert (found.volunteer_id, found.minutes, found.state) == (served, 60, "open")
    assert (found.due - found.opened_at, found.area) == (30 * DAY, service.person(served).area)
    assert step(service) == "decide_inactivity"
    retire(service, DAY)
    assert len(service.engine.emitted(InactivityOpened)) == 1, "asked once"


def test_kept_with_a_reason_nobody_asks_for_a_year(service: VolunteeringInMemory, served: str) -> None:
    retire(service, YEARS)
    answer = keep(service, "proof_requested")
    assert (answer.state, answer.reason, answer.next_step) == ("kept", "proof_requested", None)
    with pytest.raises(Refused) as refused:
        keep(service)
    assert (refused.value.code, refused.value.rule) == ("wrong_state", "inactivity_not_open")
    retire(service, 364 * DAY)
    assert inactivity(service).state == "kept"
    retire(service, 2 * DAY)
    assert (inactivity(service).state, step(service), registered(service)) == ("open", "decide_inactivity", [served])
    assert len(service.engine.emitted(InactivityKept)) == 1


def test_the_erasure_that_an_officer_requests_ends_it_at_once(service: VolunteeringInMemory, served: str) -> None:
    retire(service, YEARS)
    erase(service, served)
    assert (inactivity(service).state, inactivity(service).reason, step(service)) == ("ended", "data_erased", None)
    assert (registered(service), service.minutes(served)) == ([], 60)


def test_who_is_active_again_is_not_to_be_decided_on(service: VolunteeringInMemory, served: str) -> None:
    retire(service, YEARS)
    service.publish("need_2", starts=YEARS + 30 * DAY)
    # Standing acceptance, so that the new need is a promise.
    assert [row.volunteer_id for row in service.dispatches("need_2")] == [served]
    retire(service, HOUR)
    assert (inactivity(service).state, inactivity(service).reason) == ("ended", "active_again")
    retire(service, YEARS)
    assert inactivity(service).state == "open", "inactive once more, years later"


def test_hours_that_are_spent_end_it_and_the_data_goes_by_age(service: VolunteeringInMemory, served: str) -> None:
    retire(service, YEARS)
    spend(service, served)
    assert retire(service, DAY) == [served]
    retire(service, DAY)
    assert [event.reason for event in service.engine.emitted(InactivityEnded)] == ["hours_spent"]


def test_of_a_merged_person_the_id_with_hours_is_named(service: VolunteeringInMemory, served: str) -> None:
    other = service.volunteer()
    service.merge(served, other)
    assert retire(service, YEARS) == [], "the hours of one id keep the other, too"
    assert inactivity(service).volunteer_id == served


def test_a_timer_that_comes_late_opens_nothing(service: VolunteeringInMemory, served: str) -> None:
    spend(service, served)
    late = InactiveWithHours(volunteer_id=served, cutoff=service.engine.now + YEARS)
    service.engine.timers["late"] = (service.engine.now, late)
    service.wait(timedelta(minutes=1))
    assert service.engine.all(Inactivity) == []
    assert YEARS.days > KEPT_DAYS


def test_somebody_of_another_area_does_not_learn_of_it(service: VolunteeringInMemory, served: str) -> None:
    retire(service, YEARS)
    elsewhere = Actor(kind="key", id="key_1", roles=("supervisor",), area="310101")
    with pytest.raises(Refused, match="not_found"):
        keep(service, actor=elsewhere)
    assert inactivity(service).state == "open"
