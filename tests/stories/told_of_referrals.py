"""The stories of referrals: accepted by another station, rejected, and taken over by the level above."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations.handovers import AcceptHandover, AnswerEnquiry, CompleteHandover, RejectHandover
from shared.contracts.stations.referrals import Receiver, ReferNeed, ReferralBasis, RequestReferral
from tests.stories.stage import HOUR, Document, Stage
from tests.stories.told import lets_time_pass, story

CONSENT = ReferralBasis(obtained="in_writing")


def worker(city: Stage, area: str) -> Actor:
    """Return a worker of the station in that area."""
    return Actor(kind="person", id=f"worker-{area}", roles=("station_worker",), area=area)


def shape_of(city: Stage, collection: str, thing_id: str) -> Document:
    """Return one side of a referral as the gateway shows it; empty where it does not yet."""
    return next((row["shape"] for row in city.shown(collection) if row["_id"] == thing_id), {})


def task_of(city: Stage, thing_id: str) -> str:
    """Return the code of the open task about the thing; empty where there is none."""
    return next((row["code"] for row in city.shown("tasks") if row["_id"] == thing_id and row["open"]), "")


def refer(city: Stage, need: str, station: str, basis: ReferralBasis | None) -> Document:
    """Refer the need from its station in the story's community."""
    asked = ReferNeed(need_id=need, receiver=Receiver(kind="station", id=station), basis=basis)
    return city.send(asked, worker(city, city.home))


@story
def a_need_is_referred_after_an_enquiry_and_its_supply_and_volunteers_stay(city: Stage) -> None:
    here, there = city.open_stations(city.home, city.next_door)
    city.give(there, city.next_door, 5)
    city.volunteer(city.home, standing=True)
    need = city.ask(here, quilts=5, people=1)
    city.reaches(need, "ready")
    (booked,) = city.dispatches(need, "accepted")
    sent = refer(city, need, there, None)
    referral, handover = sent["id"], sent["handover_id"]
    city.until(lambda: task_of(city, handover) == "answer_enquiry", "the receiver is to answer")
    assert need not in repr(shape_of(city, "handovers", handover)), "an enquiry does not name the need"
    city.send(AnswerEnquiry(id=handover, answer="capacity"), worker(city, city.next_door))
    city.until(lambda: task_of(city, referral) == "follow_up_enquiry", "the sender is to refer")
    city.send(RequestReferral(id=referral, basis=CONSENT), worker(city, city.home))
    assert city.need(need)["area"] == city.home, "the owner has not changed yet"
    city.send(AcceptHandover(id=handover), worker(city, city.next_door))
    city.until(lambda: city.need(need)["station_id"] == there, "it is the other station's need")
    city.until(lambda: city.reserved(there) == (5, 5), "its supply is reserved once")
    assert city.need(need)["state"] == "ready"
    assert [row["_id"] for row in city.dispatches(need, "accepted")] == [booked["_id"]]
    city.send(CompleteHandover(id=handover, outcome="served"), worker(city, city.next_door))
    city.until(lambda: shape_of(city, "referrals", referral).get("outcome") == "served", "its sender sees the outcome")
    city.until(lambda: not task_of(city, handover) + task_of(city, referral), "nothing is left to do")


@story
def a_referral_that_is_rejected_leaves_the_need_with_its_station(city: Stage) -> None:
    here, there = city.open_stations(city.home, city.next_door)
    need = city.ask(here, fen=500)
    sent = refer(city, need, there, CONSENT)
    with pytest.raises(Refused):
        city.send(RejectHandover(id=sent["handover_id"], reason="no_capacity"), worker(city, city.home))
    city.send(RejectHandover(id=sent["handover_id"], reason="outside_scope"), worker(city, city.next_door))
    city.until(lambda: shape_of(city, "referrals", sent["id"]).get("state") == "rejected", "its sender sees that")
    assert shape_of(city, "referrals", sent["id"])["reason"] == "outside_scope"
    assert city.need(need)["station_id"] == here


@lets_time_pass
def a_referral_that_stands_idle_for_36_hours_is_decided_by_the_street_centre(city: Stage) -> None:
    here, there = city.open_stations(city.home, city.next_door)
    need = city.ask(here, fen=500, due=city.now() + 20 * 24 * HOUR)
    sent: Any = refer(city, need, there, CONSENT)
    city.until(lambda: task_of(city, sent["handover_id"]) == "decide_referral", "the receiver is to decide")
    city.wait(36 * HOUR + timedelta(minutes=1))
    late = "decide_taken_over_referral"
    city.until(lambda: task_of(city, sent["handover_id"]) == late, "the level above is to decide")
    city.until(lambda: shape_of(city, "referrals", sent["id"])["taken_over_by"] == city.home[:9], "its sender knows")
    with pytest.raises(Refused):
        city.send(AcceptHandover(id=sent["handover_id"]), worker(city, city.next_door))
    centre = Actor(kind="person", id=f"wang-{city.city}", roles=("supervisor",), area=city.home[:9])
    city.send(AcceptHandover(id=sent["handover_id"]), centre)
    city.until(lambda: city.need(need)["station_id"] == there, "the need goes over")
