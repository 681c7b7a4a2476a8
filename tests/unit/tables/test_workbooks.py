"""Workbooks that would keep a worker busy."""

import pytest
from books import Sheet, workbook

from shared.tables import workbook as reading
from shared.tables.problems import FileProblem
from shared.tables.sheet import has_cells
from shared.tables.workbook import read_workbook


def test_a_part_that_many_sheets_name_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []

    def look(pieces: object) -> bool:
        looked.append(1)
        return has_cells(pieces)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "has_cells", look)
    sheets = "".join(f'<sheet name="{n}" sheetId="{n}" r:id="rId1"/>' for n in range(200))
    links = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    listed = f'<workbook xmlns:r="{links}"><sheets>{sheets}</sheets></workbook>'
    book = workbook(Sheet([]), **{"xl/workbook.xml": listed.encode()})
    with pytest.raises(FileProblem, match="file_without_rows"):
        list(read_workbook(lambda: iter([book]), None))
    assert len(looked) == 1
