"""Files of exports: their lines, their percentiles, and no cell that becomes a formula."""

import tracemalloc
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from math import ceil
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.exports.content import nearest_rank, write_head, write_lines
from services.gateway.exports.files import PAGE, write_file
from services.gateway.exports.holding import Hold, LostError
from services.gateway.features.exports.records import Export
from services.gateway.features.reports.answer import Scope, needs_report, stations_report
from services.gateway.features.reports.counting import ReportRow, Tally
from services.gateway.features.reports.lines import Line
from services.gateway.features.reports.need_rows import NEEDS, NeedRow
from services.gateway.features.reports.periods import read_period
from services.gateway.features.reports.reading import Asked
from services.gateway.features.reports.station_rows import STATIONS
from services.gateway.features.reports.summary import Coverage, Summary
from shared.tables.workbook import read_workbook
from shared.words import Wording

NOW = datetime(2026, 3, 2, tzinfo=UTC)
EXPORT = Export(
    id="export_1", request="1", fingerprint="", principal="p", area="110102009", report="needs", period="2026-03",
    begun_at=NOW, until=NOW,
)  # fmt: skip
ZH = Wording("zh")


class Rows:
    """Needs that became ready after 40, 41 and 42 minutes."""

    def rows(self, asked: Asked) -> Iterator[ReportRow]:
        assert asked.figure.day == "ended"
        yield NeedRow(id="need_1", area="110102009017", theme="=1+1", labels={"state": "unmet", "end": "unmet"})

    def minutes(self, asked: Asked) -> Mapping[int, int]:
        return {40: 1, 41: 1, 42: 1} if asked.figure.name == "published_ready" else {}


def figures() -> str:
    summary = Summary(NEEDS)
    kept = {"registered": 3, "published_ready/40": 3}
    summary.add([Tally(id="1", table="needs", level=9, area="110102009", key="2026-03", theme="health", figures=kept)])
    return needs_report(Scope.of("110102009", read_period("2026-03"), None), summary).model_dump_json()


def written(path: Path, export: Export, lines: list[Line] | None = None) -> bytes:
    found = write_lines(export, Rows(), ZH) if lines is None else lines
    write_file(path, export.format, write_head(export, ZH), found, marked=export.bom, note=lambda _: None)
    return path.read_bytes()


def test_a_workbook_has_the_rows_of_a_figure_and_a_text_stays_a_text(tmp_path: Path) -> None:
    export = EXPORT.model_copy(update={"format": "xlsx", "figure": "end:unmet"})
    content = written(tmp_path / "file", export)
    head, row = (list(each.cells) for each in read_workbook(lambda: iter([content]), None))
    found = dict(zip(head, row, strict=False))
    assert (found["编号"], found["主题代码"], found["结束方式"]) == ("need_1", "=1+1", "未满足")


def test_a_workbook_of_stations_has_the_series_behind_the_figures(tmp_path: Path) -> None:
    days = [Coverage("2026-02-28", {"planned": 1, "pilot": 0, "open": 2})]
    report = stations_report(Scope.of("110102009", read_period("2026-03"), None), Summary(STATIONS), days)
    export = EXPORT.model_copy(update={"format": "xlsx", "report": "stations", "figures": report.model_dump_json()})
    content = written(tmp_path / "file", export)
    head, *rows = (list(each.cells) for each in read_workbook(lambda: iter([content]), None))
    series = [dict(zip(head, row, strict=False)) for row in rows if "standing" in row]
    assert [(one["起始日期"], one["分类代码"], str(one["数值"])) for one in series] == [
        ("2026-02-28", "planned", "1"),
        ("2026-02-28", "pilot", "0"),
        ("2026-02-28", "open", "2"),
    ]


def test_a_file_of_csv_begins_with_the_mark_where_it_is_asked_for(tmp_path: Path) -> None:
    export = EXPORT.model_copy(update={"bom": True, "figure": "end:unmet"})
    content = written(tmp_path / "file", export)
    assert content.startswith("\N{ZERO WIDTH NO-BREAK SPACE}编号,路径".encode())
    assert ",'=1+1,'=1+1," in content.decode()


def test_exact_times_are_those_of_the_rows_and_kept_ones_have_their_error() -> None:
    kept, exact = (
        {line[6]: line[-3:] for line in write_lines(each, Rows(), ZH)}
        for each in (EXPORT.model_copy(update={"figures": figures(), "exact": exact}) for exact in (False, True))
    )
    assert list(exact["published_ready"]) == [41, 42, 42]
    assert list(kept["published_ready"]) != [41, 42, 42]
    assert list(exact["ready_served"]) == ["", "", ""]


@examples(25)
@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=50), st.sampled_from([50, 90, 99]))
def test_a_percentile_is_the_duration_of_its_rank(minutes: list[int], percent: int) -> None:
    assert nearest_rank(Counter(minutes), percent) == sorted(minutes)[ceil(len(minutes) * percent / 100) - 1]


def test_a_worker_that_has_lost_its_export_stops_in_the_midst_of_the_file(tmp_path: Path) -> None:
    hold, taken = Hold(EXPORT), []

    def lines() -> Iterator[Line]:
        for number in range(10 * PAGE):
            hold.lost = number > PAGE
            taken.append(number)
            yield ["a", number]

    with pytest.raises(LostError):
        write_file(tmp_path / "file", "xlsx", ["text", "number"], lines(), marked=False, note=hold.note)
    assert len(taken) == 2 * PAGE


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_memory_of_a_file_does_not_grow_with_its_lines(tmp_path: Path, form: str) -> None:
    def peak(number: int) -> int:
        tracemalloc.start()
        lines: Iterator[Line] = (["need_1", f"{each}", each] for each in range(number))
        asked = "xlsx" if form == "xlsx" else "csv"
        write_file(tmp_path / "file", asked, ["id", "text", "number"], lines, marked=False, note=lambda _: None)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(3 * PAGE) < 1.5 * peak(PAGE)
