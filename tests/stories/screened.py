"""The acts of a screening, for the stories and for the day of the people's data."""

from datetime import timedelta

from shared.contracts.access import Actor
from shared.contracts.stations.consents import GiveResidentConsent
from shared.contracts.stations.results import MeasuredValue, RecordResults
from shared.contracts.stations.screenings import BeginScreening, PlanScreening
from shared.engine.decide.memory import TESTER
from tests.stories.stage import HOUR, Document, Stage

DAY = timedelta(days=1)
INDICATORS = ("systolic_pressure", "fasting_glucose", "lives_alone")


def agree(city: Stage, resident: str, *purposes: str) -> None:
    """Have the resident consent separately to the handling of health data for each purpose."""
    for purpose in purposes:
        given = {
            "person_id": resident, "scopes": ("health",), "purpose": purpose, "expires_at": city.now() + 100 * DAY
        }  # fmt: skip
        city.send(GiveResidentConsent.model_validate(given))


def begin(city: Stage, station: str, actor: Actor = TESTER) -> str:
    """Plan a screening of the station and begin it; return the id."""
    planned = PlanScreening(
        station_id=station, indicators=INDICATORS, expected=50, starts_at=city.now() + HOUR, ends_at=city.now() + DAY
    )
    screening: str = city.send(planned, actor)["id"]
    city.send(BeginScreening(id=screening), actor)
    return screening


def measure(
    city: Stage, screening: str, resident: str, actor: Actor = TESTER, **values: int | str
) -> dict[str, Document]:
    """Record the values of the resident; return the results by their indicators."""
    measured = tuple(
        MeasuredValue(indicator=code, measured=value)
        if isinstance(value, int)
        else MeasuredValue(indicator=code, chosen=value)
        for code, value in values.items()
    )
    recorded = city.send(RecordResults(screening_id=screening, resident_id=resident, results=measured), actor)
    return {one["indicator"]: one for one in recorded["items"]}


def screen(city: Stage, station: str, resident: str, indicator: str, value: int) -> Document:
    """Screen one resident of the station for one indicator; return the result."""
    agree(city, resident, "health_screening")
    return measure(city, begin(city, station), resident, TESTER, **{indicator: value})[indicator]
