"""A city's file of entries becomes calls of the API, one a row."""

import json
from pathlib import Path

import pytest

from deploy.lianshan.catalogue.upload import ImportFailedError, read_entries
from shared.contracts.stations.catalogue import AddEntry

CSV = """kind,code,zh,en,synonyms,form,units,equivalents
item,face_shield,面罩,face shield,防护面罩|visor,goods,piece/件/piece|pack_25/25件包/pack of 25/25,mask
theme,pets,宠物服务,pets,,,,
"""


def test_a_csv_file_holds_bodies_that_the_api_takes(tmp_path: Path) -> None:
    file = tmp_path / "entries.csv"
    file.write_text(CSV, encoding="utf-8")
    item, theme = (AddEntry.model_validate(row) for row in read_entries(file))
    assert (item.units[1].factor, item.equivalents, item.synonyms) == (25, ("mask",), ("防护面罩", "visor"))
    assert (theme.kind, theme.code, theme.units) == ("theme", "pets", ())


def test_a_json_file_is_taken_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "entries.json"
    rows = [{"kind": "theme", "code": "pets", "zh": "宠物服务", "en": "pets"}]
    file.write_text(json.dumps(rows), encoding="utf-8")
    assert read_entries(file) == rows


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "[{", CSV.replace("piece/件/piece", "piece")])
def test_a_file_that_is_no_list_of_entries_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "entries"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ImportFailedError):
        read_entries(file)
