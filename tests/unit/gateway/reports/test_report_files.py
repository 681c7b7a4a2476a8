"""The kept counts that a report reads, and the lines of its files."""

import pytest

from services.gateway.features.reports.answer import Scope, needs_report
from services.gateway.features.reports.counting import Tally
from services.gateway.features.reports.export import figure_lines, row_columns, row_lines
from services.gateway.features.reports.need_rows import NEEDS, NeedRow
from services.gateway.features.reports.periods import read_period
from services.gateway.features.reports.reading import find_figure
from services.gateway.features.reports.summary import Summary, tally_rule
from services.gateway.http.problems import Problem

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
    lines = list(figure_lines(needs_report(Scope.of("110102009", MONTH, None), summary)))
    begin = ["110102009", "2026-03-01", "2026-03-31"]
    assert lines[1] == [*begin, "", "registered", "", "4", "", "", ""]
    assert [*begin, "health", "end", "unmet", "1", "", "", ""] in lines
    assert [*begin, "", "published_ready", "", "4", "7", "9", "9"] in lines


def test_a_row_of_a_file_has_the_columns_of_its_table_and_no_others() -> None:
    row = NeedRow(
        id="need_1", area="110102009017", theme="health", days={"registered": "2026-03-02"},
        labels={"state": "draft", "unknown": "x"}, amounts={"beneficiaries": 3, "published_ready": 12},
    )  # fmt: skip
    (line,) = row_lines(NEEDS, [row])
    found = dict(zip(row_columns(NEEDS), line, strict=True))
    assert {name: value for name, value in found.items() if value} == {
        "id": "need_1", "path": "/v1/needs/need_1", "area": "110102009017", "theme": "health",
        "day_registered": "2026-03-02", "state": "draft", "beneficiaries": "3", "published_ready_minutes": "12",
    }  # fmt: skip


def test_a_figure_is_found_by_its_name_and_the_values_of_its_labels() -> None:
    found = find_figure("supervision", "finding:serious:open")
    assert (found.table.name, found.figure.name, found.labels) == ("findings", "finding", ("serious", "open"))
    for strange in ("finding", "finding:serious", "registered", ""):
        with pytest.raises(Problem):
            find_figure("supervision", strange)
