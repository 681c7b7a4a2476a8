"""Residents as the rows of a file: one a row, after the same search for the same person as a registration alone.

Somebody likely known, or in the file before, is a bad row that names the rule: never a second record.
"""

from collections.abc import Mapping
from typing import Any, Final

from services.stations.jobs.needs import read_words
from services.stations.jobs.people import MOST, read_list, read_word
from shared.contracts.stations.residents import RegisterResident
from shared.jobs.kinds import ImportOf, Outcomes, Reading
from shared.jobs.places import place_columns, read_place
from shared.tables.cells import read_code
from shared.tables.headers import Column
from shared.tables.rows import Cell
from shared.tables.values import read_day, read_whole

CAPACITIES: Final = {
    "完全": "full", "完全民事行为能力": "full", "限制": "limited", "限制民事行为能力": "limited",
    "无": "none", "无民事行为能力": "none",
}  # fmt: skip
OBTAINED: Final = {"当面": "in_person", "书面": "in_writing", "电话": "by_telephone", "线上": "online"}


def read_capacity(cell: Cell) -> str:
    """Return the code of the civil capacity."""
    return read_word(cell, CAPACITIES)


def read_obtained(cell: Cell) -> str:
    """Return the code of the way in which consent was obtained."""
    return read_word(cell, OBTAINED)


def build_resident(values: Mapping[str, Any], reading: Reading) -> Mapping[str, Any]:
    """Return the request of a registration. Raises CellProblem for a point given by half.

    A row with a word about consent has one to the record, given by the resident: a guardian's is recorded by hand.
    """
    built: dict[str, Any] = {name: value for name, value in values.items() if "." not in name}
    if (place := read_place(values, "location", reading)) is not None:
        built["location"] = place
    consent = {name: values[f"consent.{name}"] for name in ("words_version", "obtained") if f"consent.{name}" in values}
    return {**built, "consent": consent} if consent else built


RESIDENTS: Final = ImportOf(
    "residents",
    RegisterResident.permission,
    RegisterResident,
    columns=(
        Column("external_id", ("居民编号", "resident number"), read_code, required=True),
        Column("station_id", ("社工站编号", "station"), read_code, required=True),
        Column("name", ("姓名", "name"), required=True),
        Column("phones", ("电话", "手机", "联系电话", "phones"), read_list),
        Column("identity_number", ("身份证号", "公民身份号码", "identity number"), read_code),
        Column("birth_date", ("出生日期", "birth date"), read_day),
        Column("birth_year", ("出生年份", "birth year"), read_whole),
        Column("address", ("住址", "家庭住址", "address")),
        *place_columns("location"),
        Column("language", ("语言", "language")),
        Column("groups", ("人群", "受益人群", "groups"), read_words),
        Column("capacity", ("民事行为能力", "civil capacity"), read_capacity),
        Column("consent.words_version", ("同意书版本", "consent words"), read_code),
        Column("consent.obtained", ("同意方式", "consent obtained"), read_obtained),
    ),
    most=MOST,
    area=lambda _: None,  # that of its station, which the owner compares with the area of the import
    command=lambda rows: rows[0],
    outcome=lambda _, rows: Outcomes(taken=len(rows)),
    build=build_resident,
    key=("external_id",),
    unchanged=frozenset({"external_id_taken"}),
    alone=True,
)
