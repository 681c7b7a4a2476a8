"""The referrals of a need that has ended, or that a station has accepted: nobody is asked about it any more."""

from datetime import timedelta

import pytest
from sides_in_memory import Sides, worker
from stations_in_memory import NEXT_DOOR, StationsInMemory

from services.stations.needs.domain.need import Need
from services.stations.referrals.domain import Handover, Referral
from services.stations.referrals.ended_needs import UnacceptedOf
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.handovers import AcceptHandover, AnswerEnquiry
from shared.contracts.stations.needs import CancelNeed
from shared.contracts.stations.network import OpenStation
from shared.contracts.stations.reopening import ReopenNeed
from shared.engine.decide.memory import START

HOUR, MOMENT = timedelta(hours=1), timedelta(seconds=1)
THERE = worker(NEXT_DOOR)


@pytest.fixture
def sides(stations: StationsInMemory) -> Sides:
    return Sides(stations)


def cancel(sides: Sides) -> None:
    asked = {"need_id": sides.need_id, "reason_code": "no_longer_needed"}
    sides.stations.engine.command(CancelNeed.model_validate(asked))


def test_the_referral_of_a_need_that_has_ended_is_revoked_at_once_and_nobody_is_reminded_of_it(sides: Sides):
    sides.refer()
    cancel(sides)
    sides.stations.engine.advance(MOMENT)
    assert (sides.states, sides.referral.reason) == (("revoked", "revoked"), "served_otherwise")
    sides.stations.engine.advance(30 * 24 * HOUR)
    assert sides.handover.reminder is None
    assert not [key for key in sides.stations.engine.timers if key.startswith(("referral:", "handover:"))]


def test_the_referral_that_a_level_above_has_ends_with_its_need_too(sides: Sides):
    sides.refer()
    sides.stations.engine.advance(37 * HOUR)
    assert sides.handover.taken_over_by is not None
    cancel(sides)
    sides.stations.engine.advance(MOMENT)
    assert (sides.states, sides.handover.reminder) == (("revoked", "revoked"), None)


def test_an_answered_enquiry_about_a_need_that_has_ended_is_revoked(sides: Sides):
    sides.refer(basis=None)
    sides.act(AnswerEnquiry, THERE, answer="capacity")
    cancel(sides)
    sides.stations.engine.advance(MOMENT)
    assert (sides.states, sides.referral.reminder) == (("revoked", "revoked"), None)


def test_every_enquiry_about_a_need_that_has_ended_is_revoked_however_many_there_are(sides: Sides):
    for _ in range(UnacceptedOf.limit + 1):
        sides.refer(basis=None)
    cancel(sides)
    sides.stations.engine.advance(MOMENT)
    assert {one.state for one in sides.stations.engine.all(Referral)} == {"revoked"}
    assert {one.state for one in sides.stations.engine.all(Handover)} == {"revoked"}


def test_the_other_enquiries_about_a_need_that_a_station_has_accepted_are_revoked(sides: Sides):
    sides.stations.engine.command(ImportAreas(rows=(AreaRow(code="110102009019", name="Ash"),)))
    third = sides.stations.engine.command(OpenStation(area="110102009019", name="Ash station", level="station")).id
    asked = sides.refer(basis=None, to={"kind": "station", "id": third}).id
    sides.stations.engine.advance(HOUR)
    sides.refer()
    sides.act(AcceptHandover, THERE)
    sides.stations.engine.advance(MOMENT)
    enquiry = sides.stations.engine.one(Referral, asked)
    assert (enquiry.state, enquiry.reason) == ("revoked", "served_otherwise")
    assert sides.states == ("accepted", "accepted")


def test_a_need_that_is_open_again_before_its_end_was_followed_keeps_its_referral(sides: Sides):
    sides.refer()
    cancel(sides)
    asked = {"need_id": sides.need_id, "reason_code": "still_needed", "due": START + 30 * 24 * HOUR}
    sides.stations.engine.command(ReopenNeed.model_validate(asked))
    sides.stations.engine.advance(MOMENT)
    assert sides.states == ("in_progress", "in_progress")


def test_a_referral_that_the_release_before_has_sent_is_revoked_when_somebody_would_be_reminded_of_it(sides: Sides):
    sides.refer()
    need = sides.stations.need(sides.need_id)
    sides.stations.engine.entities[Need, need.id] = need.model_copy(update={"referred": False})
    cancel(sides)
    sides.stations.engine.advance(35 * HOUR)
    assert sides.states == ("in_progress", "in_progress")
    sides.stations.engine.advance(2 * HOUR)
    assert sides.states == ("revoked", "revoked")
