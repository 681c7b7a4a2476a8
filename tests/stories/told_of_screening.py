"""The story of Baotou's health screening: older people are screened, and the crossings are answered and treated."""

from datetime import timedelta

import pytest

from services.gateway.features.reports.counting import Table
from services.gateway.features.reports.people_screened import ScreenedCount, count_ids
from services.gateway.features.reports.screening_rows import ALERT_NEEDS, ALERTS, SCREENINGS
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.charity.donations import Donate
from shared.contracts.legal_days import LEGAL_ZONE
from shared.contracts.stations.alerts import (
    AnswerAlert,
    DismissAlert,
    ReadAlertPerson,
    TellFamily,
    TreatAlert,
)
from shared.contracts.stations.consents import GiveResidentConsent
from shared.contracts.stations.merges import MergeResidents
from shared.contracts.stations.needs import ConfirmNeed
from shared.contracts.stations.network import CloseStation
from shared.contracts.stations.residents import RegisterResident, TransferResident
from shared.contracts.stations.results import ReadResults
from shared.contracts.stations.screenings import PlanScreening
from tests.stories.reported import figures
from tests.stories.screened import DAY, INDICATORS, agree, begin, measure
from tests.stories.stage import HOUR, Document, Stage
from tests.stories.told import lets_time_pass

SESSIONS = {"item": "medical_consultation", "quantity": 5}
HOME = {"lon": 113.1, "lat": 23.1}
MINUTE = timedelta(minutes=1)


def worker(city: Stage, area: str, name: str = "worker") -> Actor:
    return Actor(kind="person", id=f"{name}-{area}", roles=("station_worker",), area=area)


def alert_of(city: Stage, alert: str) -> Document:
    """Return the alert as the gateway shows it; empty until it does."""
    return next((row["shape"] for row in city.shown("alerts") if row["_id"] == alert), {})


def step_of(city: Stage, alert: str) -> str:
    return next((str(row["code"]) for row in city.shown("tasks") if row["_id"] == alert and row["open"]), "")


def elder(city: Stage, station: str, name: str) -> str:
    """Register an older resident whose home is on record; return the id."""
    posted = {"station_id": station, "name": name, "groups": ("elderly_80_plus",), "birth_year": 1941, "location": HOME}
    resident: str = city.send(RegisterResident.model_validate(posted))["id"]
    return resident


@lets_time_pass
def older_people_are_screened_and_a_critical_value_is_answered_late_and_treated(city: Stage) -> None:
    city.to_morning()
    years = {str(city.now().year), str((city.now() + 20 * HOUR).year)}
    (station, _) = city.open_stations(city.home, city.next_door)
    here, neighbour = worker(city, city.home), worker(city, city.next_door)
    grave, silent, well = (elder(city, station, name) for name in ("王秀英", "李桂兰", "张淑珍"))
    screening = begin(city, station, here)
    pledge = Donate.model_validate({"station_id": station, "station_area": city.home, "services": [SESSIONS]})
    city.send(pledge)
    with pytest.raises(Refused, match="consent_missing"):
        measure(city, screening, grave, here, systolic_pressure=186)
    for person, *more in ((grave, "family_notice"), (silent,), (well,)):
        agree(city, person, "health_screening", *more)
    critical = measure(city, screening, grave, here, systolic_pressure=186, lives_alone="yes")["systolic_pressure"]
    high = measure(city, screening, silent, here, systolic_pressure=165)["systolic_pressure"]
    assert measure(city, screening, well, here, systolic_pressure=118)["systolic_pressure"]["severity"] is None
    for told, tries in ((critical, "answer_alert"), (high, "answer_alert")):
        city.until(lambda told=told, code=tries: step_of(city, told["alert_id"]) == code, "the person is to be reached")  # type: ignore[misc]
    see_nothing(city, grave, critical["alert_id"], neighbour)
    city.reaches(critical["need_id"], "ready")
    it_escalates(city, critical["alert_id"])
    city.send(AnswerAlert(id=critical["alert_id"], way="in_person"), here)
    the_family_is_told_by_consent_alone(city, critical["alert_id"], high["alert_id"], here)
    the_need_is_served(city, critical)
    false_alarm(city, high, here)
    it_is_reported(city, years)


def see_nothing(city: Stage, resident: str, alert: str, neighbour: Actor) -> None:
    """Have the worker of the neighbouring station try every way to the results."""
    reader = neighbour.model_copy(update={"roles": ("station_worker", "supervisor")})
    assert city.read(ReadResults(resident_id=resident), reader) is None
    assert city.read(ReadAlertPerson(alert_id=alert), reader) is None
    with pytest.raises(Refused, match="unknown_id"):
        city.send(TreatAlert(id=alert, treatment="seen_by_doctor"), neighbour)


def it_escalates(city: Stage, alert: str) -> None:
    """Let the time to the answer pass: the street centre is reminded, then the district."""
    for level, area in (("street", city.home[:9]), ("district", city.home[:6])):
        city.wait(31 * MINUTE)

        def reminded(level: str = level, area: str = area) -> bool:
            reminder = alert_of(city, alert).get("reminder") or {}
            return (reminder.get("level"), reminder.get("area")) == (level, area)

        city.until(reminded, f"it is up to the {level}")
    assert alert_of(city, alert)["overdue"]


def the_family_is_told_by_consent_alone(city: Stage, agreed: str, silent: str, here: Actor) -> None:
    city.send(TellFamily(id=agreed), here)
    with pytest.raises(Refused, match="consent_missing"):
        city.send(TellFamily(id=silent), here)
    city.until(lambda: alert_of(city, agreed).get("family") == "told", "the family is told")
    assert alert_of(city, silent)["family"] == "without_consent"


def the_need_is_served(city: Stage, critical: Document) -> None:
    """Confirm the need that the alert has opened: the alert is treated by it."""
    city.reaches(critical["need_id"], "ready")
    city.send(ConfirmNeed(need_id=critical["need_id"]))
    city.until(lambda: alert_of(city, critical["alert_id"]).get("state") == "treated", "the alert is treated")
    assert alert_of(city, critical["alert_id"])["treatment"] == "need_served"


def false_alarm(city: Stage, high: Document, here: Actor) -> None:
    """Dismiss the alert that is not critical: its need is cancelled."""
    city.send(DismissAlert(id=high["alert_id"], reason="measured_wrongly"), here)
    city.reaches(high["need_id"], "cancelled")
    city.until(lambda: not step_of(city, high["alert_id"]), "nothing is left to do")


def it_is_reported(city: Stage, years: set[str]) -> None:
    """Read the street's report: the screening, the alerts by their answers, and each need once."""
    told = {
        SCREENINGS: {
            "screenings": 1, "state:running": 1, "expected": 50, "examined": 3, "results": 4, "crossings_watch": 1,
            "crossings_high": 1, "crossings_critical": 1,
        },
        ALERTS: {
            "alerts": 3, "alert:critical:treated": 1, "alert:high:dismissed": 1, "alert:watch:detected": 1,
            "indicator:systolic_pressure:critical": 1, "indicator:systolic_pressure:high": 1,
            "indicator:lives_alone:watch": 1, "answered:critical:late": 1, "answered:watch:waiting": 1,
            "treated:critical:in_time": 1, "treated:watch:waiting": 1, "treatment:need_served": 1,
            "dismissed:measured_wrongly": 1,
        },
        ALERT_NEEDS: {"needs_opened": 2, "need_opened:critical": 1, "need_opened:high": 1},
    }  # fmt: skip

    def counted(table: Table) -> dict[str, int]:
        return {name: value for name, value in figures(city, table, years).items() if not name.endswith("p50")}

    for table, expected in told.items():
        city.until(lambda table=table, expected=expected: counted(table) == expected, f"it is counted: {expected}")  # type: ignore[misc]
    times = figures(city, ALERTS, years)
    for name in ("detected_answered p50", "detected_answered:critical p50", "detected_treated p50"):
        assert times[name] in range(60, 70)


@lets_time_pass
def a_station_closes_and_the_street_centre_sees_to_the_alert_of_an_older_person(city: Stage) -> None:
    city.to_morning()
    station, next_door = city.open_stations(city.home, city.next_door)
    here, there, centre = (worker(city, area) for area in (city.home, city.next_door, city.home[:9]))
    liu, screening = elder(city, station, "刘凤英"), begin(city, station, here)
    agree(city, liu, "health_screening")
    alert = measure(city, screening, liu, here, systolic_pressure=165)["systolic_pressure"]["alert_id"]
    later = {"starts_at": city.now() + 2 * DAY, "ends_at": city.now() + 3 * DAY}
    to_come = city.send(PlanScreening(station_id=station, indicators=INDICATORS, expected=5, **later), here)["id"]
    city.until(lambda: step_of(city, alert) == "answer_alert", "the person is to be reached")
    city.send(CloseStation(id=station))

    def up_to_the_street() -> bool:
        reminder = alert_of(city, alert).get("reminder") or {}
        return (reminder.get("level"), reminder.get("area")) == ("street", city.home[:9])

    city.until(up_to_the_street, "the street centre is reminded before the time is over")
    assert not alert_of(city, alert)["overdue"]
    ends = {screening: "ended", to_come: "cancelled"}
    city.until(lambda: states_of(city, *ends) == ends, "nobody comes to a screening that nobody holds")
    city.until(lambda: step_of(city, station) == "place_residents", "the resident needs another station")
    city.send(TransferResident(id=liu, station_id=next_door), centre)
    city.until(lambda: alert_of(city, alert).get("station_id") == next_door, "the alert goes along")
    assert alert_of(city, alert)["reminder"] is None
    city.send(AnswerAlert(id=alert, way="in_person"), there)
    city.until(lambda: step_of(city, alert) == "treat_alert", "the person was reached")


def states_of(city: Stage, *screenings: str) -> dict[str, str]:
    """Return the states of the screenings as the gateway shows them."""
    return {row["_id"]: row["shape"]["state"] for row in city.shown("screenings") if row["_id"] in screenings}


def screened(city: Stage, key: str) -> int:
    """Return the number of people screened of the street's report of a period."""
    ids = count_ids(city.home[:9], key)
    return sum(row["people"] for row in city.shown(ScreenedCount.collection) if row["_id"] in ids)


def results_of(city: Stage, resident: str, reader: Actor) -> tuple[list[Document], bool]:
    """Return the results of a resident as a worker reads them, and whether some are withheld."""
    found = city.read(ReadResults(resident_id=resident), reader)
    assert found is not None
    return found["items"], found["withheld"]


@lets_time_pass
def somebody_screened_twice_counts_once_and_is_shown_for_as_long_as_the_consent_lasts(city: Stage) -> None:
    city.to_morning()
    (station,) = city.open_stations(city.home)
    here = worker(city, city.home)
    chen, again, zhao = (elder(city, station, name) for name in ("陈玉兰", "陈阿婆", "赵淑芬"))
    month = city.now().astimezone(LEGAL_ZONE).strftime("%Y-%m")
    for person in (chen, again, zhao):
        ends = city.now() + 2 * DAY
        given = {"person_id": person, "scopes": ("health",), "purpose": "health_screening", "expires_at": ends}
        city.send(GiveResidentConsent.model_validate(given))
    for screening in (begin(city, station, here), begin(city, station, here)):
        for person in (chen, zhao):
            measure(city, screening, person, here, systolic_pressure=118)
    city.until(lambda: screened(city, month) == 2, "each counts once")
    measure(city, screening, again, here, systolic_pressure=121)
    city.until(lambda: screened(city, month) == 3, "a second registration is somebody else")
    city.send(
        MergeResidents(resident_id=again, into_id=chen),
        Actor(kind="person", id="centre", roles=("supervisor",), area=city.home[:9]),
    )
    city.until(lambda: screened(city, month) == screened(city, month[:4]) == 2, "it was the same person")
    shown, withheld = results_of(city, chen, here)
    assert (len(shown), withheld) == (3, False)
    city.wait(2 * DAY)
    assert results_of(city, chen, here) == ([], True)
    with pytest.raises(Refused, match="consent_over"):
        measure(city, screening, zhao, here, fasting_glucose=52)
    later = city.ask(station, quilts=1, due=city.now() + 31 * DAY - HOUR)
    city.wait(31 * DAY)
    city.reaches(later, "unmet")  # so that the results, whose time was over before, are deleted by now
    for person in (chen, zhao):
        agree(city, person, "health_screening")
    for person in (chen, zhao):
        assert results_of(city, person, here) == ([], False), "deleted before the consent was given again"
    assert screened(city, month) == 2, "who was screened was screened"
