"""The stories of imports: files with bad rows are checked, taken in by two workers, and known again."""

import base64
from typing import Any

from books import Sheet, workbook

from deploy.lianshan.clock.calendar import CITY_ZONE
from shared.contracts.jobs import PART_BYTES
from shared.contracts.stations.jobs import AddStationsFilePart, BeginStationsImport, CloseStationsJob
from shared.contracts.stations.residents import RegisterResident
from tests.stories.screened import agree, begin
from tests.stories.stage import HOUR, Document, Stage
from tests.stories.told import story

HEADER = ("需求编号", "社工站编号", "标题", "主题", "截止时间", "经度", "纬度", "受益人数", "物品", "数量", "单位")
ROWS = 130
BAD = {7: ("数量", "两床"), 55: ("社工站编号", "station_of_nobody"), 129: ("截止时间", "明天")}
"""The bad rows, with the cell that is at fault."""


def office_file(city: Stage, station: str) -> bytes:
    due = f"{city.now() + 48 * HOUR:%Y-%m-%d} 18:00"
    rows: list[list[object]] = [list(HEADER)]
    for number in range(2, ROWS + 2):
        cells: dict[str, object] = {
            "需求编号": f"{city.city}-{number}", "社工站编号": station, "标题": "送棉被", "主题": "养老",
            "截止时间": due, "经度": 113.1, "纬度": 23.1, "受益人数": "１", "物品": "棉被", "数量": 1, "单位": "床",
        }  # fmt: skip
        if number in BAD:
            cells[BAD[number][0]] = BAD[number][1]
        rows.append([cells[name] for name in HEADER])
    return workbook(Sheet(rows, "需求登记表"))


def send(city: Stage, file: bytes, **asked: Any) -> str:
    """Begin the import and bring the file; return the id of the job."""
    begun = BeginStationsImport.model_validate({"kind": "needs", "area": city.home, **asked})
    job: str = city.send(begun)["id"]
    parts = range(0, len(file), PART_BYTES)
    for number, at in enumerate(parts):
        content = base64.b64encode(file[at : at + PART_BYTES]).decode()
        last = number == len(parts) - 1
        city.send(AddStationsFilePart(id=job, upload="office", number=number, content=content, last=last))
    return job


def shown(city: Stage, job: str) -> Document:
    return next((row["shape"] for row in city.shown("jobs") if row["_id"] == job), {})


def counts(city: Stage, job: str) -> tuple[int, int, int]:
    """Wait for the end of the job; return the rows taken in, unchanged and bad."""
    city.until(lambda: shown(city, job).get("state") == "done", "the job is done")
    found = shown(city, job)
    return found["taken"], found["unchanged"], found["bad"]


def needs(city: Stage) -> int:
    return sum(row["area"] == city.home for row in city.shown("needs"))


def step_of(city: Stage, job: str) -> str:
    return next((row["code"] for row in city.shown("tasks") if row["_id"] == job and row["open"]), "")


@story
def a_workbook_with_three_bad_rows_is_checked_taken_in_by_two_workers_and_known_again(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    file = office_file(city, station)
    dry = send(city, file, dry_run=True)
    city.run_jobs()
    assert counts(city, dry) == (ROWS - len(BAD), 0, len(BAD))
    assert needs(city) == 0, "a dry run changes nothing"
    job = send(city, file)
    city.run_jobs(steps=3)  # a worker begins it, checks the file, decides a part and dies
    city.run_jobs()
    assert counts(city, job) == (ROWS - len(BAD), 0, len(BAD))
    city.until(lambda: needs(city) == ROWS - len(BAD), "each good row is one need")
    city.until(lambda: step_of(city, job) == "correct_rows", "somebody is to correct the bad rows")
    again = send(city, file)
    city.run_jobs()
    assert counts(city, again) == (0, ROWS - len(BAD), len(BAD))
    assert needs(city) == ROWS - len(BAD)
    for one in (job, again):
        city.send(CloseStationsJob(id=one))
    city.until(lambda: not step_of(city, job) and not step_of(city, again), "nothing is left to do")


RESULTS = ("筛查编号", "居民编号", "指标", "结果", "单位", "检测时间")
ELDERS = 10
"""Of them the first has two critical values and the second one, the third has not agreed; the others are well."""


def results_file(city: Stage, screening: str) -> bytes:
    day = f"{city.now().astimezone(CITY_ZONE):%Y-%m-%d}"
    rows: list[list[object]] = [list(RESULTS)]
    for nth in range(ELDERS):
        grave = nth < 2
        values = (
            ("收缩压", 186 if grave else "１１８", "mmHg"), ("空腹血糖", 17.0 if nth == 0 else 5.6, "mmol/L"),
            ("独居", "是" if nth == 5 else "否", None),
        )  # fmt: skip
        rows += [[screening, f"{city.city}-{nth}", *value, day] for value in values]
    rows[-1][4], rows[-2][4] = "次", "mg/dL"  # an answer has no unit, and a number its own
    return workbook(Sheet(rows, "体检结果"))


def elders(city: Stage, station: str) -> None:
    """Register the elders under the office's numbers; all but the third agree to be screened."""
    home = {"lon": 113.1, "lat": 23.1}
    for nth in range(ELDERS):
        person = {"station_id": station, "name": f"马{nth}老人", "birth_year": 1930 + nth, "location": home}
        asked = RegisterResident.model_validate({**person, "external_id": f"{city.city}-{nth}"})
        resident = city.send(asked)["id"]
        if nth != 2:
            agree(city, resident, "health_screening")


@story
def an_office_brings_the_results_of_a_screening_and_each_crossing_is_followed_once(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    elders(city, station)
    file = results_file(city, begin(city, station))
    dry = send(city, file, kind="screenings", dry_run=True)
    city.run_jobs()
    good, bad = 3 * ELDERS - 4, 4
    assert counts(city, dry) == (good, 0, bad)
    assert (crossings(city), needs(city)) == ([], 0), "a dry run raises nothing"
    job = send(city, file, kind="screenings")
    city.run_jobs(steps=3)  # a worker begins it, checks the file, decides a part and dies
    city.run_jobs()
    assert counts(city, job) == (good, 0, bad)
    raised = ["critical", "critical", "critical", "watch"]
    city.until(lambda: crossings(city) == raised, "each crossing is an alert")
    city.until(lambda: needs(city) == 2, "each person in danger has one need")
    again = send(city, file, kind="screenings")
    city.run_jobs()
    assert counts(city, again) == (0, good, bad)
    assert (crossings(city), needs(city)) == (raised, 2)


def crossings(city: Stage) -> list[str]:
    """Return the severities of the alerts at home, sorted."""
    return sorted(row["shape"]["severity"] for row in city.shown("alerts") if row["area"] == city.home)
