"""The stories of staff: a social worker's licence runs out, is renewed, and the person leaves."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations.worker_queries import LookUpWorkers, ReadWorker
from shared.contracts.stations.workers import EndEmployment, RecordLicence, RegisterWorker
from tests.stories.stage import Document, Stage
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
