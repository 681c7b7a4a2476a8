"""The stories of supervision: a street centre visits its stations, and its findings are corrected and checked."""

from datetime import timedelta

import pytest

from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations.supervision import (
    CloseFinding,
    RecordFinding,
    RecordVisit,
    ReopenFinding,
    ReportCorrection,
)
from tests.stories.stage import HOUR, Document, Stage
from tests.stories.told import lets_time_pass

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def step_of(city: Stage, finding: str) -> Document:
    """Return the open task of the finding; empty where there is none."""
    return next((row for row in city.shown("tasks") if row["_id"] == finding and row["open"]), {})


def reminder_of(city: Stage, finding: str) -> Document:
    """Return the last reminder of the finding's step; empty where there was none."""
    return next((row["shape"]["reminder"] or {} for row in city.shown("findings") if row["_id"] == finding), {})


@lets_time_pass
def a_finding_is_corrected_late_found_wanting_and_closed_by_the_street_centre(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    centre = Actor(kind="person", id=f"wang-{city.city}", roles=("supervisor",), area=city.home[:9])
    worker = Actor(kind="person", id=f"worker-{city.city}", roles=("station_worker",), area=city.home)
    visit = RecordVisit(
        station_id=station, kind="supervision", topics=("case_records",), began_at=city.now() - HOUR, minutes=50
    )
    with pytest.raises(Refused):
        city.send(visit, worker)
    visited = city.send(visit, centre)["id"]
    finding = city.send(
        RecordFinding(
            visit_id=visited, topic="case_records", severity="major", action="complete_records", due=city.now() + DAY
        ),
        centre,
    )["id"]
    city.until(lambda: step_of(city, finding).get("code") == "correct_finding", "the station is to correct it")
    for level, area in (("station", city.home), ("street", city.home[:9])):
        city.wait(DAY + MINUTE)
        city.until(lambda level=level: reminder_of(city, finding).get("level") == level, f"it is up to the {level}")  # type: ignore[misc]
        assert reminder_of(city, finding)["area"] == area
    city.send(ReportCorrection(id=finding), worker)
    city.until(lambda: step_of(city, finding).get("code") == "check_correction", "the centre is to check it")
    city.send(ReopenFinding(id=finding, due=city.now() + DAY), centre)
    city.send(ReportCorrection(id=finding), worker)
    with pytest.raises(Refused):
        city.send(CloseFinding(id=finding), worker)
    city.send(CloseFinding(id=finding), centre)
    city.until(lambda: not step_of(city, finding), "nothing is left to do")
