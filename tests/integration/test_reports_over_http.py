"""Reports over HTTP: figures that open to their rows, within the area of the key."""

import csv
import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from gateway_stack import AREA, ELSEWHERE, STREET, RunningGateway, created, need, serve_need, station
from lianshan_command import lianshan
from played_screening import screened_of
from waiting import eventually, until

from services.gateway.features.reports import FEATURE, PEOPLE_SCREENED, VOLUNTEER_YEARS
from services.gateway.projection.feature import Feature

pytestmark = pytest.mark.integration
TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
REPORTS = ("needs", "supervision", "participation", "stations", "screenings")


def figures(api: httpx.Client, report: str, **params: str) -> dict[str, dict[str, Any]]:
    """The figures of a report, by name and labels."""
    found = api.get(f"/v1/reports/{report}", params=params).json()["figures"]
    return {":".join((each["figure"], *each["labels"].values())): each for each in found}


def rows(api: httpx.Client, path: str) -> list[dict[str, Any]]:
    """All rows of a figure, page by page."""
    items, after = [], ""
    while True:
        page = api.get(f"{path}&limit=2{after}").json()
        items += page["items"]
        if page["next"] is None:
            return items
        after = f"&after={page['next']}"


def counts_each_volunteer_once(api: httpx.Client, area: str) -> bool:
    """Return whether the volunteers of the day, who are counted in the rows, are those kept for its year."""
    day, year = (figures(api, "participation", period=each, area=area) for each in (TODAY, TODAY[:4]))
    return day["volunteers"]["value"] == year["volunteers"]["value"] > 0


def test_each_figure_of_a_report_opens_to_as_many_rows(api: httpx.Client) -> None:
    station_id = station(api)
    before = figures(api, "needs", period=TODAY, area=AREA)["registered"]["value"]
    draft = created(api, "/v1/needs", need(station_id, publish=False))
    api.post(f"/v1/needs/{created(api, '/v1/needs', need(station_id, publish=False))}/cancel")
    served, _ = serve_need(api)
    api.post(f"/v1/needs/{served}/confirm", json={}).raise_for_status()

    def is_counted() -> None:
        found = figures(api, "needs", period=TODAY, area=AREA)
        assert found["registered"]["value"] == before + 3
        assert found["end:cancelled"]["value"] >= 1

    eventually(is_counted)
    for area in (AREA, AREA[:2]):
        until(lambda area=area: counts_each_volunteer_once(api, area), "the day has the volunteers of its year")
    for report in REPORTS:
        for figure in figures(api, report, area=STREET).values():
            listed = rows(api, figure["rows"]) if figure["rows"] else []
            sums = [each["amounts"].get(figure["figure"].removeprefix("visit_"), 1) for each in listed]
            assert figure["rows"] is None or sum(sums) == figure["value"], figure
    registered = rows(api, figures(api, "needs", period=TODAY, area=AREA)["registered"]["rows"])
    assert draft in {row["id"] for row in registered}
    assert {len(row["days"]["registered"]) for row in registered} == {10}
    assert api.get(next(row["path"] for row in registered if row["id"] == draft)).json()["state"] == "draft"


def test_screenings_and_alerts_are_reported_by_ids_and_codes(api: httpx.Client) -> None:
    there = station(api)
    resident = created(api, "/v1/residents", {"station_id": there, "name": "Ma Screened", "birth_year": 1941})
    ids = screened_of(api, there, resident)
    api.post(f"/v1/alerts/{ids['alert_id']}/answer", json={"way": "telephone"}).raise_for_status()

    def is_counted() -> None:
        found = figures(api, "screenings", area=AREA)
        told = ("people_screened", "screenings", "examined", "results", "crossings_critical")
        assert [found[name]["value"] for name in told] == [1, 1, 1, 1, 1]
        assert found["answered:critical:in_time"]["labels"] == {"severity": "critical", "answered": "in_time"}

    eventually(is_counted)
    for name, each in figures(api, "screenings", area=AREA).items():
        if name == "people_screened":
            assert each["rows"] is None, "it opens to nobody"
            continue
        listed = rows(api, each["rows"])
        assert sum(row["amounts"].get(name.removeprefix("crossings_"), 1) for row in listed) == each["value"], name
        assert resident not in str(listed)
        assert {api.get(row["path"]).status_code for row in listed} <= {200}
    times = {(each["figure"], *each["labels"].values()): each for each in _screenings(api)["times"]}
    answered = times["detected_answered", "critical"]
    assert answered["count"] == len(rows(api, answered["rows"])) == 1
    file = api.get("/v1/reports/screenings/export", params={"area": AREA}).text
    assert ",detected_answered,critical,critical,1," in file
    listed = api.get("/v1/reports/screenings/export", params={"area": AREA, "figure": "alert:critical:answered"}).text
    assert ids["alert_id"] in listed
    assert resident not in listed


def _screenings(api: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/v1/reports/screenings", params={"area": AREA}).json()
    return found


def coverage_with_one_open(api: httpx.Client) -> dict[str, Any]:
    """The report about stations, once the one that stands in the community is counted and the former ones are not."""
    found: dict[str, Any] = api.get("/v1/reports/stations", params={"period": TODAY[:7], "area": AREA}).json()
    assert [day["open"] for day in found["series"] if day["day"] == TODAY] == [1]
    return found


def test_a_report_shows_themes_times_and_the_stages_of_stations(api: httpx.Client) -> None:
    station(api)
    found = eventually(lambda: coverage_with_one_open(api))
    assert found["scope"]["last_day"] >= TODAY
    needs = api.get("/v1/reports/needs", params={"area": AREA, "theme": "children"}).json()
    assert {each["figure"] for each in needs["times"]} >= {"published_ready", "served_confirmed"}
    assert needs["scope"]["theme"] == "children"


def test_a_report_and_the_rows_of_a_figure_are_exported_as_they_are_shown(api: httpx.Client) -> None:
    created(api, "/v1/needs", need(station(api), publish=False))
    asked = {"period": TODAY, "area": AREA}
    until(lambda: figures(api, "needs", **asked)["registered"]["value"] > 0, "the need is counted")
    found = figures(api, "needs", **asked)["registered"]
    file = api.get("/v1/reports/needs/export", params=asked)
    assert (file.status_code, file.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    lines = list(csv.DictReader(file.text.splitlines()))
    (registered,) = [line for line in lines if (line["figure code"], line["theme code"]) == ("registered", "")]
    assert int(registered["value"]) == found["value"]
    marked = api.get("/v1/reports/needs/export", params={**asked, "figure": "registered", "bom": "true"})
    assert marked.content.startswith(b"\xef\xbb\xbf")
    listed = list(csv.DictReader(marked.content.decode("utf-8-sig").splitlines()))
    assert [line["id"] for line in listed] == [row["id"] for row in rows(api, found["rows"])]
    for report in (*REPORTS, "people"):
        assert api.get(f"/v1/reports/{report}/export", params=asked).status_code == 200
    assert api.get("/v1/reports/people/export", params={"figure": "residents"}).status_code == 422
    strange = api.get("/v1/reports/needs/export", params={**asked, "figure": 'end:"\r\n养老'})
    assert (strange.status_code, len(strange.text.splitlines())) == (200, 1)


def test_people_served_are_counted_by_their_owner_within_the_area(gateway: RunningGateway, api: httpx.Client) -> None:
    found = figures(api, "people", area=AREA)
    assert found["confirmed"]["value"] == len(rows(api, found["confirmed"]["rows"]))
    assert found["residents"]["rows"] is None
    with gateway.client(gateway.key("supervisor", area=STREET)) as street:
        assert street.get("/v1/reports/people", params={"area": ELSEWHERE}).status_code == 403


def test_a_report_of_another_area_or_without_the_permission_is_refused(gateway: RunningGateway) -> None:
    with gateway.client(gateway.key("supervisor", area=STREET)) as street:
        for report in REPORTS:
            assert street.get(f"/v1/reports/{report}", params={"area": ELSEWHERE}).status_code == 403
            rest = {"area": ELSEWHERE, "figure": "registered"}
            assert street.get(f"/v1/reports/{report}/rows", params=rest).status_code == 403
            assert street.get(f"/v1/reports/{report}").json()["scope"]["area"] == STREET
    with gateway.client(gateway.key("reader")) as reader:
        told = reader.get("/v1/reports/needs")
        assert (told.status_code, told.json()["args"]["permission"]) == (403, "reports:read")
    with gateway.client(gateway.key("charity_officer")) as officer:
        assert officer.get("/v1/reports/needs").status_code == 200
        for report in ("supervision", "screenings"):
            for path in ("", "/rows", "/export"):
                assert officer.get(f"/v1/reports/{report}{path}").status_code == 403


@pytest.mark.parametrize(
    ("params", "rule"),
    [
        ({"period": "2026-02-30", "figure": "registered"}, "not_a_period"),
        ({"figure": "happiness"}, "unknown_figure"),
        ({"figure": "end"}, "unknown_figure"),
        ({"figure": "registered", "after": "abc"}, "not_a_cursor"),
    ],
)
def test_a_period_a_figure_or_a_cursor_that_is_none_is_refused(
    api: httpx.Client, params: dict[str, str], rule: str
) -> None:
    told = api.get("/v1/reports/needs/rows", params=params)
    assert (told.status_code, told.json()["errors"][0]["rule"]) == (422, rule)


def kept(gateway: RunningGateway, feature: Feature, generation: int) -> dict[str, Any]:
    """The rows and the counts of a generation, without the engine's own count of writes."""
    with gateway.database() as database:
        found = {
            f"{collection} {row['_id']}": row
            for collection in feature.views
            for row in database[f"{collection}@{generation}"].find({}, {"version": 0})
        }
    return {name: row for name, row in found.items() if row.get("figures") != {}}


def test_rebuilt_reports_are_those_that_were_kept_from_the_feed(gateway: RunningGateway, api: httpx.Client) -> None:
    created(api, "/v1/needs", need(station(api), publish=False))
    until(lambda: figures(api, "needs", period=TODAY, area=AREA)["registered"]["value"] > 0, "the need is counted")
    until(lambda: counts_each_volunteer_once(api, AREA), "the volunteer of the need served before is counted")
    until(
        lambda: figures(api, "screenings", area=AREA)["people_screened"]["value"] > 0, "so is the one screened before"
    )
    views = {feature.name: feature for feature in (FEATURE, VOLUNTEER_YEARS, PEOPLE_SCREENED)}
    done = lianshan(gateway.room.environment, "views", "rebuild", *views, "--by", "an operator", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    rebuilt = {each["view"]: each["live"] for each in json.loads(done.stdout)}
    assert rebuilt.keys() == views.keys()
    for name, live in rebuilt.items():
        # The generation of before is kept up to date, for readers who have not noticed yet.
        until(
            lambda of=views[name], live=live: kept(gateway, of, live) == kept(gateway, of, live - 1), f"{name} is level"
        )
        assert kept(gateway, views[name], live)
    assert figures(api, "needs", period=TODAY, area=AREA)["registered"]["value"] > 0
