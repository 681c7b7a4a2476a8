"""The stories of intake: an urgent need is assessed in time, or the level above is reminded."""

from datetime import timedelta

from shared.contracts.access import Actor
from shared.contracts.stations.assessing import AssessNeed, ReadNeedAssessments
from shared.contracts.stations.need_merging import MergeNeed
from shared.contracts.stations.triage import OverrideTriage
from shared.contracts.volunteering.dispatch import AcceptOffer
from tests.stories.stage import HOUR, Document, Stage
from tests.stories.told import lets_time_pass, story

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def assessment_of(city: Stage, need: str) -> Document:
    """Return the open task to assess the need; empty where there is none."""
    return next((row for row in city.shown("tasks") if row["_id"] == f"{need}.assessment" and row["open"]), {})


def story_of(city: Stage, need: str) -> list[str]:
    """Return the events in the timeline of the need."""
    return [entry["what"] for entry in city.need(need)["timeline"]]


@story
def a_need_is_assessed_twice_and_both_assessments_are_read(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    worker = Actor(kind="person", id=f"worker-{city.city}", roles=("station_worker",), area=city.home)
    need = city.ask(station, fen=500, channel="hotline", publish=False)
    city.until(lambda: city.need(need).get("channel") == "hotline", "it came by the hotline")
    for risk, problem in (("medium", "Eats too little."), ("low", "Eats with her neighbours by now.")):
        city.send(AssessNeed(need_id=need, domains=("health",), risk=risk, problem=problem), worker)
    city.until(
        lambda: (city.need(need)["need"].get("assessment") or {}).get("number") == 2, "two assessments are shown"
    )
    assert "Eats" not in repr(city.need(need))
    answer = city.read(ReadNeedAssessments(need_id=need), worker)
    assert answer is not None
    assert [(one["risk"], one["problem"]) for one in answer["items"]] == [
        ("medium", "Eats too little."), ("low", "Eats with her neighbours by now."),
    ]  # fmt: skip
    neighbour = worker.model_copy(update={"area": city.next_door})
    assert city.read(ReadNeedAssessments(need_id=need), neighbour) is None


@lets_time_pass
def an_urgent_need_that_nobody_assesses_is_taken_to_the_street_centre(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    need = city.ask(station, fen=500, urgency="urgent", due=city.now() + 9 * DAY)
    city.until(lambda: assessment_of(city, need).get("code") == "assess_need", "the station is to assess it")
    city.wait(DAY + MINUTE)
    city.until(lambda: "stations.need.assessment_overdue" in story_of(city, need), "the station is reminded")
    city.wait(DAY + MINUTE)
    late = "see_to_unassessed_need"
    city.until(lambda: assessment_of(city, need).get("code") == late, "its street centre is to see to it")
    assert assessment_of(city, need)["args"]["area"] == city.home[:9]
    city.wait(HOUR)
    city.send(AssessNeed(need_id=need, domains=("livelihood",), risk="high", problem="No money for food."))
    city.until(lambda: not assessment_of(city, need), "nobody waits for an assessment")
    city.until(lambda: city.need(need)["state"] == "published", "the need goes on")


@story
def a_need_whose_triage_a_supervisor_overrides_is_served_first(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    first = city.ask(station, quilts=5, urgency="high")
    second = city.ask(station, quilts=5, urgency="low")
    city.until(lambda: all(city.need(need).get("waiting") for need in (first, second)), "both wait for quilts")
    centre = Actor(kind="person", id=f"wang-{city.city}", roles=("supervisor",), area=city.home[:9])
    city.send(OverrideTriage(need_id=second, score=95, reason_code="immediate_danger"), centre)
    city.until(lambda: city.need(second)["need"]["score"] == 95, "it has another score")
    city.until(lambda: charity_goes_by(city, second), "charity has heard of it")
    city.give(station, city.home, 5)
    city.reaches(second, "ready")
    assert city.need(first)["state"] == "published"


def charity_goes_by(city: Stage, need: str) -> bool:
    """Return whether charity has answered the amendment of the need."""
    return "stations.need.amended" in story_of(city, need) and int(city.need(need)["link_seen"]) > 1


@story
def a_need_that_was_registered_twice_is_merged_and_its_supply_and_volunteers_serve_the_other(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    fund = city.fund(city.home, 500)
    city.give(station, city.home, 8)
    city.volunteer(city.home, standing=True)
    twice = city.ask(station, quilts=8, fen=500, people=1)
    city.reaches(twice, "ready")
    kept = city.ask(station, quilts=5, people=1)
    city.until(lambda: city.need(kept).get("waiting") is True, "the other waits for all of it")
    asked = {"need_id": twice, "into_id": kept, "lines": ["l2"]}
    assert city.send(MergeNeed.model_validate(asked))["merged_into"] == kept
    city.reaches(twice, "cancelled")
    city.until(lambda: city.reserved(station) == (8, 5), "five quilts are reserved, once")
    city.until(lambda: city.reserved(fund) == (500, 500), "its money goes over, once")
    city.until(lambda: len(city.dispatches(kept, "accepted", "offered")) == 1, "the volunteer is asked for the other")
    for offer in city.dispatches(kept, "offered"):
        city.send(AcceptOffer(dispatch_id=offer["_id"]))
    city.reaches(kept, "ready")
    assert city.dispatches(twice, "accepted") == []
    assert "stations.need.merged" in story_of(city, kept)
