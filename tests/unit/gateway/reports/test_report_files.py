"""The kept counts that a report reads, and the lines of its files."""

import pytest

from services.gateway.features.reports.answer import Scope, needs_report, stations_report
from services.gateway.features.reports.counting import Tally
from services.gateway.features.reports.lines import FIGURE_COLUMNS, figure_lines, head_columns, row_columns, row_lines
from services.gateway.features.reports.need_rows import NEEDS, NeedRow
from services.gateway.features.reports.periods import read_period
from services.gateway.features.reports.reading import find_figure
from services.gateway.features.reports.screening_rows import ALERTS, AlertRow
from services.gateway.features.reports.station_rows import STATIONS
from services.gateway.features.reports.summary import Coverage, Summary, tally_rule
from services.gateway.features.reports.view import TABLES
from services.gateway.http.problems import Problem
from shared.tables.written import write_csv
from shared.words import LANGUAGES, Wording
from shared.words.catalogues import catalogue

MONTH = read_period("2026-03")


@pytest.mark.parametrize(
    ("area", "level", "read"),
    [
        ("110102009017", 12, "110102009017"),
        ("110102009", 9, "110102009"),
        ("110102", 6, "110102"),
        ("1101", {"$in": [4, 5, 6]}, {"$gte": "1101", "$lt": "1101:"}),
        ("", {"$in": [1, 2, 3, 4, 5, 6]}, None),
    ],
)
def test_a_wider_area_is_the_sum_of_its_districts_and_a_narrow_one_is_kept(
    area: str, level: object, read: object
) -> None:
    rule = tally_rule(NEEDS, area, ["2026-03"], None)
    assert (rule["level"], rule.get("area")) == (level, read)
    assert "theme" not in rule
    assert tally_rule(NEEDS, area, ["2026-03"], "children")["theme"] == "children"


def test_a_file_of_figures_has_those_of_all_themes_then_each_theme_and_the_spreads() -> None:
    summary = Summary(NEEDS)
    for theme in ("children", "health"):
        figures = {"registered": 2, "end:unmet": 1, "published_ready/7": 1, "published_ready/9": 1}
        at = {"table": "needs", "level": 9, "area": "110102009", "key": "2026-03", "theme": theme}
        summary.add([Tally(id=theme, figures=figures, **at)])
    lines = list(figure_lines("needs", needs_report(Scope.of("110102009", MONTH, None), summary), Wording("zh")))
    begin = ["110102009", "2026-03-01", "2026-03-31"]
    assert lines[0] == [*begin, "", "", "登记需求", "registered", "", "", 4, "", "", ""]
    assert [*begin, "健康服务", "health", "按结束方式的需求", "end", "未满足", "unmet", 1, "", "", ""] in lines
    assert [*begin, "", "", "发布至就绪时长", "published_ready", "", "", 4, 7, 9, 9] in lines
    assert head_columns(FIGURE_COLUMNS, Wording("zh"))[3:7] == ["主题", "主题代码", "指标", "指标代码"]


def test_a_file_of_stations_has_the_stations_by_stage_at_the_end_of_each_day_of_the_series() -> None:
    days = [Coverage("2026-02-28", {"planned": 1, "pilot": 0, "open": 2}), Coverage("2026-03-31", {"open": 3})]
    stages = [day._replace(stages={"planned": 0, "pilot": 0} | dict(day.stages)) for day in days]
    report = stations_report(Scope.of("110102", MONTH, None), Summary(STATIONS), stages)
    series = [line for line in figure_lines("stations", report, Wording("zh")) if line[6] == "standing"]
    assert [(line[1], line[2], line[8], line[9]) for line in series] == [
        ("2026-02-28", "2026-02-28", "planned", 1),
        ("2026-02-28", "2026-02-28", "pilot", 0),
        ("2026-02-28", "2026-02-28", "open", 2),
        ("2026-03-31", "2026-03-31", "planned", 0),
        ("2026-03-31", "2026-03-31", "pilot", 0),
        ("2026-03-31", "2026-03-31", "open", 3),
    ]
    assert {len(line) for line in series} == {len(FIGURE_COLUMNS)}
    assert series[2][5:8] == ["某日结束时的社工站", "standing", "运行中"]


def test_a_row_of_a_file_has_the_columns_of_its_table_and_no_others() -> None:
    row = NeedRow(
        id="need_1", area="110102009017", theme="health", days={"registered": "2026-03-02"},
        labels={"state": "draft", "unknown": "x"}, amounts={"beneficiaries": 3, "published_ready": 12},
    )  # fmt: skip
    (line,) = row_lines(NEEDS, [row], Wording("zh"))
    found = dict(zip(row_columns(NEEDS), line, strict=True))
    assert {name: value for name, value in found.items() if value} == {
        "id": "need_1", "path": "/v1/needs/need_1", "area": "110102009017", "theme": "健康服务", "theme_code": "health",
        "day_registered": "2026-03-02", "state": "草稿", "state_code": "draft", "beneficiaries": 3,
        "published_ready_minutes": 12,
    }  # fmt: skip


def test_minutes_that_were_taken_back_are_a_number_and_a_text_is_no_formula() -> None:
    assert write_csv([[-60, "-60", "=1+1", "草稿"]]) == "-60,'-60,'=1+1,草稿\r\n"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_and_every_figure_has_a_heading(language: str) -> None:
    known = catalogue("zh" if language == "zh" else "en", "terms")
    for table in (table for tables in TABLES.values() for table in tables):
        names = {name.removesuffix("_code") for name in (*row_columns(table), *FIGURE_COLUMNS)}
        assert {("report_column", name) for name in names} <= known.keys(), table.name
        assert {("report_figure", figure.name) for figure in table.figures} <= known.keys(), table.name


def test_a_figure_is_found_by_its_name_and_the_values_of_its_labels() -> None:
    found = find_figure("supervision", "finding:serious:open")
    assert (found.table.name, found.figure.name, found.labels) == ("findings", "finding", ("serious", "open"))
    for strange in ("finding", "finding:serious", "registered", ""):
        with pytest.raises(Problem):
            find_figure("supervision", strange)


def test_an_indicator_stands_in_a_file_by_its_name_with_its_code_beside() -> None:
    row = AlertRow(id="alert_1", area="110102009017", labels={"indicator": "systolic_pressure", "severity": "high"})
    for language, name in (("zh", "收缩压"), ("en", "systolic blood pressure")):
        (line,) = row_lines(ALERTS, [row], Wording(language))
        found = dict(zip(row_columns(ALERTS), line, strict=True))
        assert (found["indicator"], found["indicator_code"]) == (name, "systolic_pressure")
