"""Exports in stories: the file that a worker writes, of the rows that the city shows."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from services.gateway.exports.content import write_head, write_lines
from services.gateway.exports.files import write_file
from services.gateway.features.exports.records import Export
from services.gateway.features.reports.answer import NeedsReportAnswer
from services.gateway.features.reports.counting import ReportRow, name_cell
from services.gateway.features.reports.periods import read_period
from services.gateway.features.reports.reading import Asked
from shared.tables.workbook import read_workbook
from shared.words import Wording
from tests.stories.stage import Stage


class ShownSource:
    """The rows of the city's views, by the rule of the store."""

    def __init__(self, city: Stage, export: Export) -> None:
        self._city, self._export = city, export

    def rows(self, asked: Asked) -> Iterator[ReportRow]:
        period, (table, figure, labels) = read_period(self._export.period), asked
        found = (table.row.from_document(row) for row in self._city.shown(table.row.collection))
        here = [
            row
            for row in found
            if row.area.startswith(self._export.area)
            and period.first.isoformat() <= row.days.get(figure.day, "") <= period.last.isoformat()
            and name_cell(figure, labels) == name_cell(figure, [row.labels.get(label, "") for label in figure.by])
            and (not (amount := figure.spread or figure.adds) or amount in row.amounts)
        ]
        yield from sorted(here, key=lambda row: (row.area, row.days[figure.day], row.id))

    def minutes(self, asked: Asked) -> Mapping[int, int]:
        return Counter(row.amounts[asked.figure.spread] for row in self.rows(asked))


def exported_sheet(city: Stage, month: str, figure: str) -> list[list[object]]:
    """Return the lines of the workbook of a figure of the street's needs, headings first, as a spreadsheet has them."""
    export = _export(city, month, figure=figure, format="xlsx")
    return _sheet(city, export)


def exact_times(city: Stage, month: str, report: NeedsReportAnswer) -> dict[str, object]:
    """Return the median of each time, computed from the rows, by the code of the time."""
    export = _export(city, month, figures=report.model_dump_json(), exact=True, format="xlsx")
    head, *lines = _sheet(city, export)
    code, median = head.index("指标代码"), head.index("中位数（分钟）")
    return {str(line[code]): line[median] for line in lines if len(line) > median and line[median] is not None}


def _export(city: Stage, month: str, **more: object) -> Export:
    asked = {"id": "export_1", "request": "1", "fingerprint": "", "principal": "p", "report": "needs"}
    now = city.now()
    return Export.model_validate(
        {**asked, "area": city.home[:9], "period": month, "begun_at": now, "until": now, **more}
    )


def _sheet(city: Stage, export: Export) -> list[list[object]]:
    words = Wording(export.language)
    lines = write_lines(export, ShownSource(city, export), words)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        write_file(path, export.format, write_head(export, words), lines, marked=False, note=lambda _: None)
        content = path.read_bytes()
    return [list(row.cells) for row in read_workbook(lambda: iter([content]), None)]
