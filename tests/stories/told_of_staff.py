"""The stories of staff: a centre fills vacancies and holds trainings, a licence is renewed, people come by file."""

from datetime import timedelta
from typing import Any

import pytest
from books import Sheet, workbook

from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations.posts import FillPost, OpenPost
from shared.contracts.stations.trainings import HoldTraining, PlanTraining, RecordAttendance, WithdrawAttendance
from shared.contracts.stations.worker_queries import LookUpWorkers, ReadWorker
from shared.contracts.stations.workers import EndEmployment, RecordLicence, RegisterWorker
from tests.stories.stage import HOUR, Document, Stage
from tests.stories.told import lets_time_pass, story
from tests.stories.told_of_imports import counts, send

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


@story
def an_office_brings_its_people_by_file_and_a_second_time_changes_nothing(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    staff: list[list[object]] = [
        ["工号", "社工站编号", "姓名", "电话", "证书级别", "证书编号", "登记有效期至", "入职日期"]
    ]
    day = (city.now() + 300 * DAY).date()
    for nth in range(4):
        number = f"{number_of(city)}{min(nth, 2)}"  # the last one has the certificate of the one before
        row = [f"{city.city}-{nth}", station, "林社工", f"1380013810{nth}", "社工师", number, str(day), "2026-01-05"]
        staff.append([*row])
    residents: list[list[object]] = [["居民编号", "社工站编号", "姓名", "电话", "出生年份"]]
    for nth, phone in enumerate(("13900139101", "13900139102", "13900139102")):
        residents.append([f"{city.city}-{nth}", station, "马老人", phone, 1940 + min(nth, 1)])
    for kind, rows, good in (("workers", staff, 3), ("residents", residents, 2)):
        file = workbook(Sheet(rows))
        job = send(city, file, kind=kind)
        city.run_jobs()
        assert counts(city, job) == (good, 0, 1)
        city.until(lambda kind=kind, good=good: at_home(city, kind) == good, "each good row is one person")  # type: ignore[misc]
        again = send(city, file, kind=kind)
        city.run_jobs()
        assert counts(city, again) == (0, good, 1)
        assert at_home(city, kind) == good


def at_home(city: Stage, collection: str) -> int:
    """Return the number of things that are shown in the home community."""
    return sum(row["area"] == city.home for row in city.shown(collection))
