"""The stories of staff: a street centre fills vacancies and holds trainings, and a licence runs out and is renewed."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations.posts import FillPost, OpenPost
from shared.contracts.stations.trainings import HoldTraining, PlanTraining, RecordAttendance, WithdrawAttendance
from shared.contracts.stations.worker_queries import LookUpWorkers, ReadWorker
from shared.contracts.stations.workers import EndEmployment, RecordLicence, RegisterWorker
from tests.stories.stage import HOUR, Document, Stage
from tests.stories.told import lets_time_pass

DAY = timedelta(days=1)


def step_of(city: Stage, thing: str) -> Document:
    """Return the open task of the thing; empty where there is none."""
    return next((row for row in city.shown("tasks") if row["_id"] == thing and row["open"]), {})


def shape_of(city: Stage, collection: str, thing: str) -> Document:
    """Return the thing as it is shown; empty where it is not yet."""
    return next((dict(row["shape"]) for row in city.shown(collection) if row["_id"] == thing), {})


def centre_of(city: Stage) -> Actor:
    return Actor(kind="person", id=f"centre-{city.home}", roles=("supervisor",), area=city.home[:9])


def number_of(city: Stage) -> str:
    """Return the number of a certificate that no other city's story has."""
    return f"2023{city.home}7"


def employ(city: Stage, station: str, **more: Any) -> str:
    """Register a social worker of the station; return the id."""
    posted = {
        "station_id": station, "name": "林社工", "phone": "13800138002", "employed_on": (city.now() - 40 * DAY).date(),
    }  # fmt: skip
    worker_id: str = city.send(RegisterWorker.model_validate({**posted, **more}), centre_of(city))["id"]
    return worker_id


@lets_time_pass
def a_licence_runs_out_and_is_renewed_and_the_neighbour_never_learns_whose_it_is(city: Stage) -> None:
    city.to_morning()
    station, beside = city.open_stations(city.home, city.next_door)
    centre, number = centre_of(city), number_of(city)
    licence: dict[str, Any] = {"level": "assistant", "certificate_number": number}
    until = (city.now() + DAY).date()
    worker = employ(city, station, **licence, registered_until=until)
    city.until(lambda: step_of(city, worker).get("code") == "renew_licence", "the registration is to be renewed")
    with pytest.raises(Refused, match="certificate_held"):
        employ(city, beside, **licence, registered_until=until)
    city.wait(2 * DAY)
    city.until(lambda: shape_of(city, "workers", worker).get("licence") == "expired", "the registration is over")
    renewed = {"id": worker, **licence, "registered_until": until + 1000 * DAY}
    city.send(RecordLicence.model_validate(renewed), centre)
    city.until(lambda: shape_of(city, "workers", worker).get("licence") == "in_force", "it is renewed")
    city.until(lambda: not step_of(city, worker), "nothing is left to do")
    assert (city.read(ReadWorker(worker_id=worker), centre) or {})["name"] == "林社工"
    found = city.read(LookUpWorkers(certificate_number=number), centre) or {}
    assert [one["id"] for one in found["items"]] == [worker]
    neighbour = Actor(kind="person", id=f"next-{city.next_door}", roles=("supervisor",), area=city.next_door)
    assert city.read(ReadWorker(worker_id=worker), neighbour) is None
    assert (city.read(LookUpWorkers(certificate_number=number), neighbour) or {})["items"] == []
    city.send(EndEmployment(id=worker, reason="moved_on", left_on=city.now().date()), centre)
    city.until(lambda: shape_of(city, "workers", worker).get("state") == "left", "the employment has ended")


@lets_time_pass
def a_street_centre_fills_vacancies_and_is_reminded_of_the_one_that_a_leaver_makes(city: Stage) -> None:
    city.to_morning()
    station, beside = city.open_stations(city.home, city.next_door)
    centre = centre_of(city)
    opened = {"station_id": station, "function": "caseworker", "fill_by": city.now() + DAY}
    post = city.send(OpenPost.model_validate({**opened, "headcount": 2}), centre)["id"]
    city.until(lambda: step_of(city, post).get("code") == "fill_post", "the post is to be filled")
    lin, wu = employ(city, station), employ(city, station)
    for one in (lin, wu):
        city.send(FillPost(id=post, worker_id=one), centre)
    city.until(lambda: shape_of(city, "posts", post).get("state") == "filled", "every place is filled")
    other = city.send(OpenPost.model_validate({**opened, "function": "group_worker"}), centre)["id"]
    with pytest.raises(Refused, match="held_by_another"):
        city.send(FillPost(id=other, worker_id=lin), centre)
    with pytest.raises(Refused, match="worker_of_another_station"):
        city.send(FillPost(id=other, worker_id=employ(city, beside)), centre)
    city.send(EndEmployment(id=wu, reason="resigned", left_on=city.now().date()), centre)
    city.until(lambda: shape_of(city, "posts", post).get("workers") == [lin], "the leaver's place is vacant")
    city.wait(DAY + timedelta(minutes=1))
    city.until(lambda: (shape_of(city, "posts", other).get("reminder") or {}).get("level") == "street", "it is overdue")
    city.send(FillPost(id=other, worker_id=employ(city, station)), centre)
    city.until(lambda: not step_of(city, other), "nothing is left to do")


@lets_time_pass
def a_street_centre_trains_the_people_of_two_stations_and_their_minutes_are_kept(city: Stage) -> None:
    city.to_morning()
    stations = city.open_stations(city.home, city.next_door)
    centre, people = centre_of(city), [employ(city, station) for station in stations]
    planned = {"station_id": stations[0], "dimension": "resident_mobilisation", "minutes": 120, "pass_points": 60}
    training = city.send(PlanTraining.model_validate({**planned, "starts_at": city.now() + HOUR}), centre)["id"]
    with pytest.raises(Refused, match="training_not_over"):
        city.send(HoldTraining(id=training), centre)
    city.until(lambda: step_of(city, training).get("code") == "hold_training", "it is to be recorded")
    city.wait(4 * HOUR)
    city.send(HoldTraining(id=training), centre)
    asked = {"training_id": training, "minutes": 120}
    first, second = (
        city.send(RecordAttendance.model_validate({**asked, "worker_id": one, "points": points}), centre)
        for one, points in zip(people, (81, 40), strict=True)
    )
    assert (first["result"], second["result"]) == ("passed", "failed")
    with pytest.raises(Refused, match="attended_already"):
        city.send(RecordAttendance.model_validate({**asked, "worker_id": people[0]}), centre)
    city.until(lambda: shape_of(city, "trainings", training).get("attended") == len(people), "both are counted")
    city.send(WithdrawAttendance(id=second["id"], reason="did_not_attend"), centre)
    for one, minutes in zip(people, (120, 0), strict=True):
        city.until(
            lambda one=one, minutes=minutes: shape_of(city, "workers", one).get("trained_minutes") == minutes,  # type: ignore[misc]
            "the minutes of the year are kept",
        )
    city.until(lambda: not step_of(city, training), "nothing is left to do")
