"""Results of screenings as rows: one value a row, recorded as by hand, each crossing followed once."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from books import Sheet, workbook
from identity_numbers import invented_number
from worker_in_memory import CITY, WorkerInMemory

from services.stations.needs.domain.need import Need
from services.stations.network.domain import Station
from services.stations.screening.domain.alert import Alert
from services.stations.screening.domain.result import Result
from services.stations.screening.domain.screening import Screening
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.access.permissions import ROLES
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.consents import GiveResidentConsent, WithdrawResidentConsent
from shared.contracts.stations.indicators import DefineIndicator, RetireIndicator
from shared.contracts.stations.merges import MergeResidents
from shared.contracts.stations.network import OpenStation
from shared.contracts.stations.resident_queries import LookUpResidents
from shared.contracts.stations.residents import RegisterResident
from shared.contracts.stations.results import RecordResults
from shared.contracts.stations.screenings import BeginScreening, EndScreening, PlanScreening
from shared.engine.decide.actor_references import ActorReference

COMMUNITY = "110102009017"
ELSEWHERE = "110105001001"
HEADER = ["筛查编号", "居民编号", "身份证号", "性别", "指标", "结果", "单位", "检测时间"]
NUMBER = invented_number("19440302")
HOUR = timedelta(hours=1)
INDICATORS = ("systolic_pressure", "fasting_glucose", "lives_alone", "grip_strength")


class Office(WorkerInMemory):
    """A worker with an office's file of results, and a station with a screening that is running."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for area in (COMMUNITY, ELSEWHERE):
            self.engine.command(ImportAreas(rows=(AreaRow(code=area, name="Elm Hall"),)))
            self.engine.command(OpenStation(area=area, name="Elm Hall station", level="station"))
        self.screening = self.plan(self.station(COMMUNITY), external_id="S-1")
        self.elders = [self.elder(nth) for nth in range(3)]

    def station(self, area: str) -> str:
        return next(one.id for one in self.engine.all(Station) if one.area == area)

    def plan(self, station: str, **asked: Any) -> str:
        now = self.engine.now
        times = {"starts_at": now + HOUR, "ends_at": now + 8 * HOUR}
        asked = {"station_id": station, "indicators": INDICATORS, "expected": 50, **times, **asked}
        planned: str = self.engine.command(PlanScreening.model_validate(asked)).id
        self.engine.command(BeginScreening(id=planned))
        return planned

    def elder(self, nth: int, area: str = COMMUNITY, *, agrees: bool = True, **more: Any) -> str:
        person = {
            "station_id": self.station(area), "name": f"马{nth}老人", "phones": (f"+86139001390{nth:02d}",),
            "birth_year": 1930 + nth, "external_id": f"R-{nth}", "location": {"lon": 116.35, "lat": 39.94}, **more,
        }  # fmt: skip
        resident: str = self.engine.command(RegisterResident.model_validate(person)).id
        if agrees:
            self.agree(resident)
        return resident

    def agree(self, resident: str) -> str:
        given = {
            "person_id": resident, "scopes": ("health",), "purpose": "health_screening",
            "expires_at": self.engine.now + 300 * 24 * HOUR,
        }  # fmt: skip
        consent: str = self.engine.command(GiveResidentConsent.model_validate(given)).id
        return consent

    def row(self, nth: int = 0, **changes: object) -> dict[str, object]:
        return {"筛查编号": "S-1", "居民编号": f"R-{nth}", "指标": "收缩压", "结果": 118, "单位": "mmHg", **changes}

    def send(self, *rows: Mapping[str, object], **asked: Any) -> str:
        cells = [[row.get(name) for name in HEADER] for row in rows]
        asked = {"area": "110102", **asked}
        return self.begin(workbook(Sheet([HEADER, *cells])), kind="screenings", format="xlsx", **asked)

    def problems(self, job: str) -> list[tuple[int, str, str]]:
        return [(error.row, error.column, error.problem.code) for error in self.errors(job)]


@pytest.fixture
def office() -> Office:
    return Office()


def test_rows_are_recorded_as_the_office_means_them(office: Office) -> None:
    office.elder(5, identity_number=NUMBER, birth_year=None, consent={"words_version": "1", "obtained": "in_writing"})
    rows = (
        office.row(0, 结果="１８６", 单位="ｍｍＨｇ"),
        office.row(1, 筛查编号=office.screening, 居民编号=office.elders[1], 指标="空腹血糖", 结果=6.1, 单位="mmol/L"),
        office.row(2, 指标="lives alone", 结果="是", 单位=None),
        office.row(居民编号=None, 身份证号=NUMBER, 指标="grip_strength", 结果="17.0", 单位="公斤", 性别="女"),
        office.row(0, 指标="空腹血糖", 结果=5.5 + 0.1 + 0.2, 单位="mmol/L", 检测时间=str(date(2026, 3, 2))),
    )
    done = office.run(office.send(*rows))
    assert (done.taken, done.bad) == (5, 0), office.problems(done.id)
    found = [(one.indicator, one.severity) for one in office.engine.all(Result)]
    assert set(found) == {
        ("fasting_glucose", None), ("fasting_glucose", "watch"), ("grip_strength", "watch"), ("lives_alone", "watch"),
        ("systolic_pressure", "critical"),
    }  # fmt: skip


def test_bad_rows_name_column_and_rule_and_the_others_are_recorded(office: Office) -> None:
    silent, away = office.elder(6, agrees=False), office.elder(7, ELSEWHERE)
    wrong = NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")
    bad: list[tuple[Mapping[str, object], str, str]] = [
        ({"单位": "kPa"}, "单位", "unit_of_indicator"), ({"单位": None}, "单位", "unit_of_indicator"),
        ({"结果": "正常"}, "结果", "number_of_indicator"), ({"结果": 118.5}, "结果", "decimals_of_indicator"),
        ({"结果": 900}, "结果", "number_out_of_range"), ({"结果": None}, "结果", "cell_missing"),
        ({"指标": "握力", "结果": 25.0, "单位": "kg"}, "性别", "threshold_asks_sex"),
        ({"指标": "胆固醇"}, "指标", "indicator_of_screening"), ({"性别": "不详"}, "性别", "literal_error"),
        ({"指标": "独居", "结果": "不详"}, "结果", "answer_of_indicator"),
        ({"居民编号": "R-9"}, "居民编号", "unknown_id"), ({"居民编号": away}, "居民编号", "unknown_id"),
        ({"居民编号": silent}, "居民编号", "consent_missing"), ({"居民编号": None}, "", "resident_not_named"),
        ({"居民编号": None, "身份证号": NUMBER}, "身份证号", "number_unknown_here"),
        ({"身份证号": wrong}, "身份证号", "identity_number_check"), ({"筛查编号": "S-9"}, "筛查编号", "unknown_id"),
        ({"检测时间": "2020-01-01"}, "检测时间", "measured_in_screening"),
        ({"检测时间": "昨天"}, "检测时间", "day_not_read"),
    ]  # fmt: skip
    for nth in range(len(bad)):
        office.elder(10 + nth)
    rows = (office.row(0, 指标="独居", 结果="否"), *(office.row(10 + n, **row) for n, (row, _, _) in enumerate(bad)))
    done = office.run(office.send(*rows))
    assert (done.taken, done.bad) == (1, len(bad))
    assert office.problems(done.id) == [(3 + n, column, rule) for n, (_, column, rule) in enumerate(bad)]


def test_a_crossing_of_a_row_is_followed_once_though_the_worker_dies_and_the_file_comes_again(office: Office) -> None:
    rows = [
        office.row(0, 结果=186), office.row(1), office.row(0, 指标="空腹血糖", 结果=17, 单位="mmol/L"),
        office.row(2, 结果=165), office.row(2, 指标="独居", 结果="是", 单位=None),
    ]  # fmt: skip
    dry = office.run(office.send(*rows, dry_run=True))
    assert (dry.taken, dry.bad, office.engine.all(Result), office.engine.all(Need)) == (5, 0, [], [])
    job = office.send(*rows)
    assert office.run(job, parts=1).done == office.most, "it died after a part"
    assert (office.run(job).taken, len(office.engine.all(Result))) == (5, 5)
    again = office.run(office.send(*rows))
    assert (again.taken, again.unchanged, again.bad) == (0, 5, 0), office.problems(again.id)
    assert len(office.engine.all(Result)) == 5
    assert sorted(one.severity for one in office.engine.all(Alert)) == ["critical", "critical", "high", "watch"]
    assert len(office.engine.all(Need)) == 2, "one for each person"
    assert office.engine.one(Screening, office.screening).examined == 3


def test_another_value_of_the_same_person_is_a_bad_row_in_one_file_and_in_the_next(office: Office) -> None:
    done = office.run(office.send(office.row(0), office.row(1), office.row(0, 结果=120)))
    assert office.problems(done.id) == [(4, "", "row_twice")]
    again = office.run(office.send(office.row(0, 结果=120), office.row(1)))
    assert (again.taken, again.unchanged) == (0, 1)
    assert office.problems(again.id) == [(2, "结果", "result_known")]


def test_a_row_that_leaves_out_its_last_cells_is_known_again(office: Office) -> None:
    lines = ("筛查编号,居民编号,指标,结果,单位,身份证号", "S-1,R-0,独居,否,,", "S-1,R-0,独居,否", "S-1,R-1,独居,否")
    done = office.run(office.begin("\n".join(lines).encode(), kind="screenings", area="110102"))
    assert office.problems(done.id) == [(3, "", "row_twice")]
    assert done.taken == 2


def test_consent_and_indicators_count_as_they_are_when_the_row_is_decided(office: Office) -> None:
    consent = office.agree(office.elder(6, agrees=False))
    own = {"zh": "舒张压", "en": "diastolic", "kind": "number", "unit": "mmHg", "least": 20, "most": 220}
    steps = {
        "thresholds": [{"severity": "high", "at_least": 100}],
        "theme": "health",
        "service": "medical_consultation",
    }
    defined = office.engine.command(
        DefineIndicator.model_validate({"area": "110102", "code": "diastolic_pressure", **own, **steps})
    )
    office.plan(office.station(COMMUNITY), external_id="S-2", indicators=("diastolic_pressure",))
    rows = (
        office.row(6), office.row(1, 筛查编号="S-2", 指标="舒张压", 结果=80),
        office.row(2, 筛查编号="S-2", 指标="diastolic_pressure", 结果=80), office.row(0),
    )  # fmt: skip
    assert office.run(office.send(*rows, dry_run=True)).taken == 4
    office.engine.command(WithdrawResidentConsent(id=consent))
    office.engine.command(RetireIndicator(id=defined.id))
    done = office.run(office.send(*rows))
    assert office.problems(done.id) == [
        (2, "居民编号", "consent_taken_back"), (3, "指标", "indicator_of_screening"),
        (4, "指标", "indicator_not_in_force"),
    ]  # fmt: skip
    assert done.taken == 1


def test_an_identity_number_of_somebody_else_is_refused_and_a_merged_number_leads_to_the_survivor(
    office: Office,
) -> None:
    agreed: dict[str, Any] = {"birth_year": None, "consent": {"words_version": "1", "obtained": "in_writing"}}
    numbered = office.elder(6, identity_number=NUMBER, **agreed)
    office.elder(7, identity_number=invented_number("19410101"), **agreed)
    office.engine.command(MergeResidents(resident_id=office.elders[2], into_id=numbered))
    rows = (
        office.row(6, 身份证号=NUMBER), office.row(7, 身份证号=NUMBER), office.row(0, 身份证号=NUMBER),
        office.row(1, 身份证号=invented_number("19500101")), office.row(2, 指标="独居", 结果="否"),
        office.row(7, 身份证号=invented_number("19500101"), 指标="独居", 结果="否"),
    )  # fmt: skip
    done = office.run(office.send(*rows))
    assert office.problems(done.id) == [
        (3, "身份证号", "resident_of_another_number"), (4, "身份证号", "resident_of_another_number"),
        (7, "身份证号", "resident_of_another_number"),
    ]  # fmt: skip
    assert sorted(one.resident_id for one in office.engine.all(Result)) == sorted(
        [numbered, numbered, office.elders[1]]
    )


def test_a_day_alone_is_its_end_or_the_end_of_the_screening(office: Office) -> None:
    day = office.engine.now.astimezone(CITY).date()
    office.engine.command(EndScreening(id=office.screening))
    office.engine.now += 3 * HOUR
    done = office.run(
        office.send(office.row(0, 检测时间=str(day)), office.row(1, 检测时间=str(day + timedelta(days=1))))
    )
    assert office.problems(done.id) == [(3, "检测时间", "measured_in_screening")]
    (result,) = office.engine.all(Result)
    assert result.measured_at == office.engine.one(Screening, office.screening).ended_at


def test_nobody_imports_results_without_the_permission_to_record_them(office: Office) -> None:
    integrator = Actor(kind="key", id="key_one", roles=("integrator",), area=COMMUNITY)
    with pytest.raises(Refused, match="permission_missing"):
        office.send(office.row(), actor=integrator, area=COMMUNITY)
    nurse = Actor(kind="person", id="nurse", roles=("station_worker",), area=COMMUNITY)
    own = office.row(筛查编号=office.screening, 居民编号=office.elders[0])
    done = office.run(office.send(own, office.row(1), actor=nurse, area=COMMUNITY))
    assert office.problems(done.id) == [(3, "筛查编号", "unknown_id")], "the numbers are those of another office"
    (result,) = office.engine.all(Result)
    assert result.recorded_by == office.engine.one(ActorReference, "nurse").reference


def test_all_who_record_results_may_look_people_up_by_their_identity_number() -> None:
    recording = [granted for granted in ROLES.values() if RecordResults.permission in granted]
    assert recording
    assert all(LookUpResidents.permission in granted for granted in recording)


def test_no_word_of_a_row_stands_in_clear(office: Office) -> None:
    office.run(office.send(office.row(0, 结果=187), office.row(居民编号=None, 身份证号=NUMBER, 检测时间="随便")))
    stored = repr([entity.to_document() for entity in office.engine.entities.values()])
    for word in (NUMBER, "187", "随便", "R-0"):  # as a word: sealed bytes spell any three letters now and then
        assert not re.search(rf"(?<![\w+/=-]){word}(?![\w+/=-])", stored)
