"""A need is referred with consent or an override; its owner changes on acceptance alone; idle ones are taken over."""

from datetime import timedelta

import pytest
from sides_in_memory import CONSENT, Sides, worker
from stations_in_memory import COMMUNITY, NEXT_DOOR, StationsInMemory

from services.stations.referrals.domain import HandoverIdle, find_level_above
from shared.contracts.access import Actor
from shared.contracts.stations.amending import AmendNeed, NeedAmended, NeedEdited
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.handovers import (
    AcceptHandover,
    AnswerEnquiry,
    CompleteHandover,
    HandoverEnquired,
    HandoverRequested,
    HandoverTakenOver,
    RejectHandover,
)
from shared.contracts.stations.needs import CancelNeed
from shared.contracts.stations.network import OpenStation
from shared.contracts.stations.organisations import RegisterOrganisation, SuspendOrganisation
from shared.contracts.stations.referrals import (
    ReferNeed,
    ReferralTakenOver,
    RequestReferral,
    RevokeReferral,
)
from shared.engine.decide.memory import START

HOUR, MOMENT = timedelta(hours=1), timedelta(seconds=1)
CENTRE = Actor(kind="person", id="wang", roles=("supervisor",), area=COMMUNITY[:9])


HERE, THERE = worker(COMMUNITY), worker(NEXT_DOOR)


@pytest.fixture
def sides(stations: StationsInMemory) -> Sides:
    return Sides(stations)


def test_the_owner_of_a_need_changes_on_acceptance_alone(sides: Sides):
    sides.stations.link(sides.need_id, 1, 3, 0)
    referred = sides.refer()
    assert (referred.state, referred.obtained, referred.due) == ("in_progress", "in_writing", START + 36 * HOUR)
    assert sides.stations.need(sides.need_id).area == COMMUNITY
    accepted = sides.act(AcceptHandover, THERE)
    assert (accepted.state, accepted.need_id) == ("accepted", sides.need_id)
    need = sides.stations.need(sides.need_id)
    assert (need.station_id, need.area, need.committed) == (sides.to["id"], NEXT_DOOR, (3, 0))
    (told,) = sides.stations.engine.emitted(NeedAmended)
    assert (told.amended, told.amended_for) == (("station",), "referred")
    sides.act(CompleteHandover, THERE, outcome="served")
    assert sides.states == ("done", "done")
    assert sides.referral.outcome == "served"


def test_a_draft_goes_over_as_a_draft(stations: StationsInMemory):
    sides = Sides(stations, publish=False)
    sides.refer()
    sides.act(AcceptHandover, THERE)
    assert [event.area for event in stations.engine.emitted(NeedEdited)] == [NEXT_DOOR]


def test_an_enquiry_names_no_need_and_nobody(sides: Sides):
    sides.refer(basis=None)
    (told,) = sides.stations.engine.emitted(HandoverEnquired)
    assert told.need_id is None
    assert sides.need_id not in told.model_dump_json()
    assert (told.theme, told.groups, told.area) == ("elderly_care", ("elderly_80_plus",), NEXT_DOOR)


@pytest.mark.parametrize("answer", ["capacity", "waitlist"])
def test_after_an_answer_the_sender_refers_with_consent_and_the_receiver_learns_the_need(sides: Sides, answer: str):
    sides.refer(basis=None)
    sides.act(AnswerEnquiry, THERE, answer=answer)
    assert sides.states == ("answered", "answered")
    sides.act(RequestReferral, HERE, basis={"override": "immediate_danger"})
    (told,) = sides.stations.engine.emitted(HandoverRequested)
    assert (told.need_id, told.state, told.answer) == (sides.need_id, "in_progress", answer)
    assert (sides.referral.override, sides.referral.obtained) == ("immediate_danger", None)
    assert sides.referral.referred_by is not None


def test_where_there_is_no_capacity_the_enquiry_has_ended(sides: Sides):
    sides.refer(basis=None)
    sides.act(AnswerEnquiry, THERE, answer="no_capacity")
    assert sides.states == ("rejected", "rejected")
    refused = sides.refusal(lambda: sides.act(RequestReferral, HERE, basis=CONSENT))
    assert refused == ("wrong_state", "referral_not_in_state", "id")


def test_a_rejected_or_revoked_referral_leaves_the_need_where_it_is_and_another_may_follow(sides: Sides):
    sides.refer()
    assert sides.refusal(sides.refer)[:2] == ("conflict", "held_by_another")
    sides.act(RejectHandover, THERE, reason="outside_scope")
    assert (sides.states, sides.referral.reason) == (("rejected", "rejected"), "outside_scope")
    sides.stations.engine.now += HOUR
    sides.refer()
    sides.act(RevokeReferral, HERE, reason="consent_withdrawn")
    assert sides.states == ("revoked", "revoked")
    assert sides.stations.need(sides.need_id).area == COMMUNITY
    assert sides.refusal(lambda: sides.act(AcceptHandover, THERE))[:2] == ("wrong_state", "referral_not_in_state")


def test_the_level_above_takes_over_what_stands_idle_for_36_hours_and_both_sides_are_told(sides: Sides):
    sides.refer()
    sides.stations.engine.advance(35 * HOUR)
    assert sides.handover.taken_over_by is None
    sides.stations.engine.advance(2 * HOUR)
    street = COMMUNITY[:9]
    assert sides.referral.taken_over_by == sides.handover.taken_over_by == street
    assert [event.area for event in sides.stations.engine.emitted(ReferralTakenOver)] == [COMMUNITY]
    (told,) = sides.stations.engine.emitted(HandoverTakenOver)
    assert (told.area, told.next_step and told.next_step.code) == (NEXT_DOOR, "decide_taken_over_referral")
    refused = sides.refusal(lambda: sides.act(AcceptHandover, THERE))
    assert refused == ("not_allowed", "referral_taken_over", "id")
    sides.act(AcceptHandover, CENTRE)
    assert sides.stations.need(sides.need_id).area == NEXT_DOOR
    sides.act(CompleteHandover, THERE, outcome="served")
    assert sides.states == ("done", "done"), "once it is decided, the receiver reports by itself"


def test_a_timer_that_comes_early_or_again_takes_nothing_over_and_none_is_lost(sides: Sides):
    sides.refer()
    engine = sides.stations.engine
    for nth in range(2):
        engine.timers[f"again {nth}"] = (engine.now, HandoverIdle(id=sides.handover.id))
    engine.advance(HOUR)
    assert sides.handover.taken_over_by is None
    engine.advance(36 * HOUR)
    assert len(engine.emitted(HandoverTakenOver)) == 1


def test_a_need_that_has_gone_to_a_third_station_meanwhile_is_not_accepted(sides: Sides):
    engine = sides.stations.engine
    sides.refer()
    third = f"{COMMUNITY[:9]}019"
    engine.command(ImportAreas(rows=(AreaRow(code=third, name="Ash Yard"),)))
    moved = engine.command(OpenStation(area=third, name="Ash Yard station", level="station")).id
    engine.command(AmendNeed(need_id=sides.need_id, station_id=moved, reason_code="entered_wrongly"))
    assert sides.refusal(lambda: sides.act(AcceptHandover, THERE)) == ("wrong_state", "need_has_moved", "id")
    assert sides.stations.need(sides.need_id).area == third


def test_a_level_above_that_stands_idle_itself_is_reminded(sides: Sides):
    sides.refer()
    sides.stations.engine.advance(37 * HOUR)
    sides.stations.engine.advance(37 * HOUR)
    reminder = sides.handover.reminder
    assert reminder is not None
    assert (reminder.level, reminder.area) == ("street", COMMUNITY[:9])
    sides.stations.engine.advance(25 * HOUR)
    assert sides.handover.reminder is not None
    assert sides.handover.reminder.level == "district"


def test_an_enquiry_that_nobody_answers_is_taken_over_too_and_an_answer_in_time_ends_the_wait(sides: Sides):
    sides.refer(basis=None)
    sides.stations.engine.advance(30 * HOUR)
    sides.act(AnswerEnquiry, THERE, answer="capacity")
    sides.stations.engine.advance(10 * HOUR)
    assert sides.handover.taken_over_by is None
    sides.act(RequestReferral, HERE, basis=CONSENT)
    sides.stations.engine.advance(35 * HOUR)
    assert sides.handover.taken_over_by is None, "the time begins with the request"
    sides.stations.engine.advance(2 * HOUR)
    assert sides.handover.taken_over_by == COMMUNITY[:9]


def test_consent_or_an_override_is_stated_and_not_both(sides: Sides):
    for basis in ({}, {"obtained": "online", "override": "required_by_law"}):
        with pytest.raises(ValueError, match="consent_or_override"):
            ReferNeed.model_validate({"need_id": sides.need_id, "receiver": sides.to, "basis": basis})


def test_neither_side_acts_for_the_other(sides: Sides):
    sides.refer()
    assert sides.refusal(lambda: sides.act(AcceptHandover, HERE))[0] == "not_found"
    assert sides.refusal(lambda: sides.act(RevokeReferral, THERE, reason="sent_by_mistake"))[0] == "not_found"
    assert sides.refusal(lambda: sides.refer(actor=THERE)) == ("not_found", "unknown_id", "need_id")


def test_receivers_that_cannot_take_a_need_are_refused(sides: Sides):
    own = {"kind": "station", "id": sides.stations.station_id}
    nobody = {"kind": "organisation", "id": "organisation_1"}
    assert sides.refusal(lambda: sides.refer(to=own)) == ("invalid", "referred_to_itself", "receiver.id")
    assert sides.refusal(lambda: sides.refer(to=nobody)) == ("not_found", "unknown_id", "receiver.id")
    sides.refer()
    sides.stations.engine.command(CancelNeed(need_id=sides.need_id))
    assert sides.refusal(lambda: sides.act(AcceptHandover, THERE))[:2] == ("wrong_state", "need_not_in_state")
    sides.act(RejectHandover, THERE, reason="already_served")


def test_an_organisation_takes_a_need_whose_station_stays_and_follows_it(sides: Sides):
    asked = {
        "name": "Elm House", "credit_code": "52110102MJ0123456B", "kind": "social_service_institution",
        "roles": ("social_work",), "area": COMMUNITY[:9], "areas": (COMMUNITY,),
    }  # fmt: skip
    organisation = sides.stations.engine.command(RegisterOrganisation.model_validate(asked)).id
    to = {"kind": "organisation", "id": organisation}
    sides.refer(to=to)
    sides.act(AcceptHandover, CENTRE)
    assert sides.stations.need(sides.need_id).area == COMMUNITY
    sides.stations.engine.command(SuspendOrganisation(id=organisation, reason="inspection_failed"))
    assert sides.refusal(lambda: sides.refer(to=to)) == ("wrong_state", "receiver_not_active", "receiver.id")


@pytest.mark.parametrize(
    ("sender", "receiver", "level"),
    [
        ("110102009017", "110102009018", "110102009"),
        ("110102009017", "110102010001", "110102"),
        ("110102009017", "110105001001", "1101"),
        ("110102009017", "110102009", "110102"),
        ("110102009017", "31", "31"),
        ("110102009017", "310101001001", "310101001"),
    ],
)
def test_the_level_above_is_the_smallest_that_holds_both(sender: str, receiver: str, level: str):
    assert find_level_above(sender, receiver) == level
