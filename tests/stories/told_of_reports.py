"""The story of a monthly report: the figures of a street after a month, each with its rows."""

from datetime import timedelta

from deploy.lianshan.clock.calendar import CITY_ZONE
from services.gateway.features.reports.answer import NeedsReportAnswer, Scope, needs_report
from services.gateway.features.reports.counting import Table, Tally, cells_of
from services.gateway.features.reports.export import write_figures
from services.gateway.features.reports.need_rows import NEEDS
from services.gateway.features.reports.periods import read_period
from services.gateway.features.reports.summary import Summary
from services.gateway.features.reports.supervision_rows import FINDINGS, VISITS
from services.gateway.features.reports.view import TABLES
from services.gateway.features.reports.volunteer_years import VolunteerCount, count_ids
from shared.contracts.need_parts import LineDelivered
from shared.contracts.stations.need_residents import NameResidents
from shared.contracts.stations.needs import CancelNeed, ConfirmNeed
from shared.contracts.stations.residents import RegisterResident
from shared.contracts.stations.served import CountResidentsServed
from shared.contracts.stations.supervision import RecordFinding, RecordVisit
from shared.contracts.volunteering.dispatch import CheckIn, CheckOut
from shared.engine.decide.memory import TESTER
from shared.words import Wording
from tests.stories.exported import exact_times, exported_sheet
from tests.stories.reported import figures
from tests.stories.stage import HOUR, NOW, Stage
from tests.stories.told import lets_time_pass

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SUNDAY = 7
HOURS, SERVED_NEEDS = TABLES["participation"]


def begin_month(city: Stage) -> str:
    """Let time pass until 09:00 on a weekday in the first days of a month, and return the month."""
    city.to_morning()
    here = city.now().astimezone(CITY_ZONE)
    first = (here.replace(day=1) + 32 * DAY).replace(day=2)
    while first.isoweekday() >= SUNDAY - 1:
        first += DAY
    city.wait(first - here)
    return first.strftime("%Y-%m")


def opened(city: Stage, table: Table, month: str, figure: str) -> list[str]:
    """Return the ids of the things that the figure counts."""
    rows = (table.row.from_document(row) for row in city.shown(table.row.collection))
    street = (row for row in rows if row.area.startswith(city.home[:9]))
    return [
        row.id
        for row in street
        if any(name == figure and day.startswith(month) for (name, day), _ in cells_of(table, row))
    ]


def volunteers(city: Stage, key: str) -> int:
    """Return the number of volunteers of the street's report of a kept period."""
    ids = count_ids(city.home[:9], key)
    return sum(row["volunteers"] for row in city.shown(VolunteerCount.collection) if row["_id"] in ids)


def people_of(area: str, month: str) -> CountResidentsServed:
    """Return the question about the people served in a month."""
    since, before = read_period(month).instants()
    return CountResidentsServed(area=area, since=since, before=before)


def needs_of(city: Stage, month: str) -> NeedsReportAnswer:
    """Return the street's report about needs."""
    summary = Summary(NEEDS)
    rows = [row for row in city.shown(Tally.collection) if (row["area"], row["key"]) == (city.home[:9], month)]
    summary.add(Tally.from_document(row) for row in rows if row["table"] == "needs")
    return needs_report(Scope.of(city.home[:9], read_period(month), None), summary)


@lets_time_pass
def a_street_centre_reads_the_report_of_a_month_and_opens_its_figures(city: Stage) -> None:
    month = begin_month(city)
    (station,) = city.open_stations(city.home)
    visited = city.send(
        RecordVisit(station_id=station, kind="support", topics=("volunteers",), began_at=city.now() - HOUR, minutes=45)
    )["id"]
    city.send(
        RecordFinding(
            visit_id=visited, topic="volunteers", severity="minor", action="train_staff", due=city.now() + DAY
        )
    )
    city.give(station, city.home, 12)
    city.volunteer(city.home, standing=True)
    served = city.ask(station, quilts=2, people=1, begins=NOW)
    city.reaches(served, "ready")
    (dispatch,) = (row["_id"] for row in city.dispatches(served))
    city.send(CheckIn(dispatch_id=dispatch))
    city.wait(HOUR)
    city.send(CheckOut(dispatch_id=dispatch))
    city.reaches(served, "served")
    city.wait(HOUR)
    city.send(ConfirmNeed(need_id=served))
    partly = city.ask(station, quilts=30, beneficiaries={"count": 3})
    city.until(lambda: bool(city.need(partly).get("link", {}).get("amounts")), "a part is linked")
    city.send(ConfirmNeed(need_id=partly, delivered=(LineDelivered(line_id="l1", amount=10),)))
    neighbour = city.send(RegisterResident(station_id=station, name="Ma Invented"))["id"]
    for need in (served, partly):
        city.send(NameResidents(need_id=need, residents=(neighbour,)))
    cancelled = city.ask(station, quilts=90)
    city.send(CancelNeed(need_id=cancelled, reason_code="no_longer_needed"))
    unmet = city.ask(station, quilts=90, theme="children")
    draft = city.ask(station, quilts=1, publish=False)
    city.wait(20 * DAY)
    city.reaches(unmet, "unmet")
    told = {
        "registered": 5, "published": 4, "state:confirmed": 1, "state:partly_served": 1, "state:cancelled": 1,
        "state:unmet": 1, "state:draft": 1, "end:served": 1, "end:partly_served": 1, "end:cancelled": 1, "end:unmet": 1,
        "confirmed": 2, "beneficiaries": 4,
    }  # fmt: skip

    def is_counted() -> bool:
        found = figures(city, NEEDS, {month})
        return {name: value for name, value in found.items() if not name.endswith("p50")} == told

    city.until(is_counted, f"the report says {told}")
    assert figures(city, NEEDS, {month})["served_confirmed p50"] in range(60, 66)
    assert set(opened(city, NEEDS, month, "registered")) == {served, partly, cancelled, unmet, draft}
    for name, value in told.items():
        assert len(opened(city, NEEDS, month, name)) == value or name == "beneficiaries"
    assert opened(city, NEEDS, month, "end:unmet") == [unmet]
    visits, findings = {"visits": 1, "kind:support": 1, "visit_minutes": 45}, {"finding:minor:open": 1, "overdue": 1}
    city.until(lambda: figures(city, VISITS, {month}) == visits, f"the report says {visits}")
    city.until(lambda: figures(city, FINDINGS, {month}) == {"findings": 1} | findings, f"the report says {findings}")
    city.until(lambda: figures(city, HOURS, {month}).get("minutes", 0) in range(60, 66), "an hour is credited")
    city.until(lambda: opened(city, SERVED_NEEDS, month, "needs_with_volunteers") == [served], "its need is counted")
    city.until(lambda: volunteers(city, month) == volunteers(city, month[:4]) == 1, "the volunteer is counted once")
    people = city.read(people_of(city.home[:9], month), TESTER)
    assert people == {"needs": 2, "residents": 1, "unidentified": 2}
    report = needs_of(city, month)
    lines = write_figures("needs", report, marked=True, words=Wording("zh")).splitlines()
    assert lines[0].startswith("\N{ZERO WIDTH NO-BREAK SPACE}区划代码,起始日期")
    begin, last = f"{city.home[:9]},{month}-01", read_period(month).last
    unmet_needs = "按结束方式的需求,end,未满足,unmet,1,,,"
    assert f"{begin},{last},,,{unmet_needs}" in lines
    assert f"{begin},{last},儿童服务,children,{unmet_needs}" in lines
    head, *rows = exported_sheet(city, month, "registered")
    assert sorted(str(row[0]) for row in rows) == sorted((served, partly, cancelled, unmet, draft))
    assert {str(row[head.index("结束方式代码")]) for row in rows} >= {"served", "partly_served", "cancelled", "unmet"}
    assert exact_times(city, month, report)["served_confirmed"] in range(60, 62), "without the error of kept counts"
