"""A referral goes on at the successor of a station that has sent or received it."""

from datetime import timedelta

import pytest
from sides_in_memory import CONSENT, Sides, worker
from stations_in_memory import COMMUNITY, NEXT_DOOR, StationsInMemory

from shared.contracts.access import Actor
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.handovers import AcceptHandover, AnswerEnquiry, CompleteHandover, HandoverHandedOver
from shared.contracts.stations.network import CloseStation
from shared.contracts.stations.referrals import ReferralHandedOver, RequestReferral
from shared.contracts.stations.succession import MergeStation, MoveStation

THIRD = "110102009019"
HERE, THERE, NEW = worker(COMMUNITY), worker(NEXT_DOOR), worker(THIRD)
ABOVE = Actor(kind="person", id="above", roles=("supervisor",), area=COMMUNITY[:9])


@pytest.fixture
def sides(stations: StationsInMemory) -> Sides:
    stations.engine.command(ImportAreas(rows=(AreaRow(code=THIRD, name="Elm"),)))
    return Sides(stations)


def move(sides: Sides, station_id: str, area: str = THIRD) -> str:
    successor = sides.stations.engine.command(MoveStation(id=station_id, area=area)).successor_id
    sides.stations.engine.advance(timedelta(minutes=1))
    return str(successor)


@pytest.mark.parametrize("accepted", [True, False])
def test_the_successor_of_the_receiver_decides_and_reports(sides: Sides, *, accepted: bool) -> None:
    sides.refer()
    due = sides.handover.due
    if accepted:
        sides.act(AcceptHandover, THERE)
    successor = move(sides, sides.to["id"])
    assert (sides.handover.receiver_id, sides.handover.area) == (successor, THIRD)
    assert (sides.referral.receiver_id, sides.referral.receiver_area) == (successor, THIRD)
    assert [event.id for event in sides.stations.engine.emitted(HandoverHandedOver)] == [sides.handover.id]
    if not accepted:
        assert sides.handover.due == due
        assert sides.refusal(lambda: sides.act(AcceptHandover, THERE))[1] == "unknown_id"
        sides.act(AcceptHandover, NEW)
    sides.act(CompleteHandover, NEW, outcome="served")
    assert sides.states == ("done", "done")
    assert sides.stations.need(sides.need_id).station_id == successor


def test_the_successor_of_the_sender_goes_on_with_its_enquiry(sides: Sides) -> None:
    sides.refer(basis=None)
    sides.act(AnswerEnquiry, THERE, answer="capacity")
    successor = move(sides, sides.stations.station_id)
    assert (sides.referral.station_id, sides.referral.area) == (successor, THIRD)
    assert sides.handover.sender_area == THIRD
    assert sides.stations.engine.emitted(ReferralHandedOver)
    sides.act(RequestReferral, NEW, basis=CONSENT)
    sides.act(AcceptHandover, THERE)
    assert sides.stations.need(sides.need_id).station_id == sides.to["id"]


@pytest.mark.parametrize("sender", [True, False])
def test_a_referral_between_a_station_and_its_successor_is_revoked(sides: Sides, *, sender: bool) -> None:
    sides.refer()
    both = (sides.stations.station_id, sides.to["id"])
    gone, into = both if sender else both[::-1]
    sides.stations.engine.command(MergeStation(id=gone, into_id=into))
    sides.stations.engine.advance(timedelta(minutes=1))
    assert sides.states == ("revoked", "revoked")
    assert sides.stations.need(sides.need_id).station_id == into
    sides.to = {"kind": "organisation", "id": "organisation_1"}
    assert sides.refusal(lambda: sides.refer(actor=ABOVE))[1] == "unknown_id", "another referral is not in its way"


def test_a_referral_to_a_closed_station_is_rejected_also_one_that_the_level_above_has(sides: Sides) -> None:
    sides.refer()
    sides.stations.engine.advance(timedelta(hours=37))
    assert sides.handover.taken_over_by == COMMUNITY[:9]
    sides.stations.engine.command(CloseStation(id=sides.to["id"]))
    sides.stations.engine.advance(timedelta(seconds=1))
    assert (sides.states, sides.handover.reason) == (("rejected", "rejected"), "receiver_closed")
    assert sides.handover.reminder is None
