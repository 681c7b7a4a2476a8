"""A message that reached somebody else waits until somebody has checked the volunteer's contact."""

from datetime import timedelta

import pytest
from volunteering_in_memory import VolunteeringInMemory

from services.volunteering.misdirections.domain import CHECK_WITHIN, Misdirection, find_next_step, is_doubted
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.volunteering.answer_links import AnswerByLink, IssueAnswerLink, hash_token
from shared.contracts.volunteering.misdirections import (
    MisdirectionOutcome,
    MisdirectionReminded,
    MisdirectionReported,
    MisdirectionResolved,
    ResolveMisdirection,
)
from shared.contracts.volunteering.people import EndVolunteering, PauseVolunteer, ResumeVolunteer


@pytest.fixture
def reported(service: VolunteeringInMemory) -> VolunteeringInMemory:
    """A volunteer was asked, and the message has reached somebody else."""
    service.volunteer()
    service.publish("need_1", starts=timedelta(days=30))
    (row,) = service.dispatches("need_1", "offered")
    link_id = hash_token("T" * 24)
    service.engine.command(IssueAnswerLink(dispatch_id=row.id, link_id=link_id))
    said = AnswerByLink(link_id=link_id, action="not_me", expected_version=row.version)
    service.engine.command(said, actor=Actor(kind="person", id="link:1", roles=("link",)))
    return service


def one(service: VolunteeringInMemory) -> Misdirection:
    (found,) = service.engine.all(Misdirection)
    return found


def resolve(service: VolunteeringInMemory, outcome: MisdirectionOutcome) -> None:
    service.engine.command(ResolveMisdirection(id=one(service).id, outcome=outcome))


def test_a_coordinator_of_the_volunteers_area_is_to_check_the_contact(reported: VolunteeringInMemory) -> None:
    found = one(reported)
    (event,) = reported.engine.emitted(MisdirectionReported)
    person = reported.person(found.volunteer_id)
    assert (found.area, event.dispatch_id) == (person.area, reported.dispatches("need_1")[0].id)
    step = find_next_step(found)
    assert step is not None
    assert (step.code, step.due) == ("check_contact", found.reported_at + CHECK_WITHIN)


def test_each_deadline_that_passes_is_an_event_until_somebody_has_checked(reported: VolunteeringInMemory) -> None:
    reported.wait(2 * CHECK_WITHIN)
    assert [event.reminded for event in reported.engine.emitted(MisdirectionReminded)] == [1, 2]
    resolve(reported, "contact_corrected")
    reported.wait(2 * CHECK_WITHIN)
    assert len(reported.engine.emitted(MisdirectionReminded)) == 2
    assert find_next_step(one(reported)) is None


def test_the_same_outcome_twice_changes_nothing_and_another_is_refused(reported: VolunteeringInMemory) -> None:
    resolve(reported, "contact_right")
    resolve(reported, "contact_right")
    assert len(reported.engine.emitted(MisdirectionResolved)) == 1
    with pytest.raises(Refused, match="misdirection_resolved"):
        resolve(reported, "volunteer_left")


def test_a_doubt_ends_with_the_departure_of_the_volunteer(reported: VolunteeringInMemory) -> None:
    reported.engine.command(EndVolunteering(volunteer_id=one(reported).volunteer_id))
    assert (one(reported).state, one(reported).resolved_at) == ("volunteer_left", reported.engine.now)
    assert find_next_step(one(reported)) is None
    reported.wait(2 * CHECK_WITHIN)
    assert reported.engine.emitted(MisdirectionReminded) == []
    assert [event.state for event in reported.engine.emitted(MisdirectionResolved)] == ["volunteer_left"]


def test_the_contact_of_a_volunteer_who_is_back_is_to_be_checked_after_all(reported: VolunteeringInMemory) -> None:
    volunteer = one(reported).volunteer_id
    reported.engine.command(EndVolunteering(volunteer_id=volunteer))
    reported.engine.command(ResumeVolunteer(volunteer_id=volunteer))
    step = find_next_step(one(reported))
    assert step is not None
    assert (step.code, step.due) == ("check_contact", reported.engine.now + CHECK_WITHIN)
    assert is_doubted([one(reported).state])


def test_a_pause_leaves_the_doubt_and_a_contact_that_was_checked_stays_so(reported: VolunteeringInMemory) -> None:
    volunteer = one(reported).volunteer_id
    reported.engine.command(PauseVolunteer(volunteer_id=volunteer))
    assert one(reported).state == "open"
    resolve(reported, "contact_corrected")
    reported.engine.command(EndVolunteering(volunteer_id=volunteer))
    reported.engine.command(ResumeVolunteer(volunteer_id=volunteer))
    assert one(reported).state == "contact_corrected"


@pytest.mark.parametrize(
    ("states", "doubted"),
    [
        ([], False),
        (["open"], True),
        (["contact_right", "open"], True),
        (["contact_corrected", "contact_right"], False),
        (["volunteer_left"], True),
        (["contact_corrected", "volunteer_left"], False),
    ],
)
def test_no_message_goes_to_a_telephone_in_doubt_or_without_its_volunteer(states: list[str], doubted: bool) -> None:
    assert is_doubted(states) is doubted
