"""Needs as the rows of a file: one need a row, with at most one line of each kind."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any, Final

from shared.contracts.refusals import Refused
from shared.contracts.stations.need_batch import RegisterNeedsAnswer
from shared.contracts.stations.needs import RegisterNeed, RegisterNeeds
from shared.jobs.kinds import ImportOf, Outcomes, Reading
from shared.jobs.places import place_columns, read_place
from shared.tables.cells import read_code, read_text
from shared.tables.headers import Column
from shared.tables.problems import CellProblem
from shared.tables.rows import Cell
from shared.tables.values import read_fen, read_flag, read_moment, read_whole

MOST: Final = 100
"""Needs of one transaction: each has an event, an audit row and a sealed text."""
LAST_OF_DAY: Final = time(23, 59)
"""The time of a day without one, by which a need is due."""
URGENCIES: Final = {"低": "low", "一般": "normal", "普通": "normal", "高": "high", "紧急": "urgent", "特急": "urgent"}
_BETWEEN: Final = re.compile(r"[、，,;；/]+")


def read_urgency(cell: Cell) -> str:
    """Return the code of an urgency; a word that is none is left to the rule of the field."""
    text = read_text(cell)
    return URGENCIES.get(text, text.lower())


def read_words(cell: Cell) -> list[str]:
    """Return the words of a cell, with any of the marks between them that offices use."""
    return [word.strip() for word in _BETWEEN.split(read_text(cell)) if word.strip()]


COLUMNS: Final = (
    Column("external_id", ("需求编号", "need number"), read_code, required=True),
    Column("station_id", ("社工站编号", "station"), read_code, required=True),
    Column("title", ("需求标题", "标题", "需求"), required=True),
    Column("theme", ("主题", "类别"), required=True),
    Column("urgency", ("紧急程度",), read_urgency),
    Column("severity", ("严重程度",), read_whole),
    Column("due", ("期望完成时间", "截止时间", "due time"), read_moment, required=True),
    *place_columns("location"),
    Column("beneficiaries.count", ("受益人数", "beneficiaries"), read_whole, required=True),
    Column("beneficiaries.groups", ("受益人群", "人群", "groups"), read_words),
    Column("lines.goods.item", ("物品", "goods")),
    Column("lines.goods.quantity", ("物品数量", "数量", "quantity"), read_whole),
    Column("lines.goods.unit", ("单位", "unit")),
    Column("lines.money.amount_fen", ("金额（元）", "金额", "amount (yuan)"), read_fen),
    Column("lines.money.purpose", ("资金用途", "purpose")),
    Column("lines.service.item", ("服务项目", "service")),
    Column("lines.service.quantity", ("服务次数", "sessions"), read_whole),
    Column("volunteers.headcount", ("志愿者人数", "volunteers"), read_whole),
    Column("volunteers.skills", ("志愿者技能", "技能", "skills"), read_words),
    Column("volunteers.starts_at", ("服务开始时间", "starts at"), read_moment),
    Column("volunteers.ends_at", ("服务结束时间", "ends at"), read_moment),
    Column("publish", ("是否发布",), read_flag),
)


def build_need(values: Mapping[str, Any], reading: Reading) -> Mapping[str, Any]:
    """Return the request of a need. Raises CellProblem for a point given by half, and a time of volunteers without one.

    A due day without a time is due at its end, in the city's zone.
    """
    rest = {name: value for name, value in values.items() if "." not in name}
    built: dict[str, Any] = {"urgency": "normal", **rest}
    if "due" in values:
        built["due"] = _to_instant(values["due"], reading, LAST_OF_DAY)
    place = read_place(values, "location", reading)
    if place is not None:
        built["location"] = place
    elif not reading.is_unread("location"):
        raise CellProblem("coordinates_half")
    built["beneficiaries"] = _part(values, "beneficiaries")
    kinds = ("goods", "money", "service")
    lines = [{"kind": kind, **part} for kind in kinds if (part := _part(values, f"lines.{kind}"))]
    if lines:
        built["lines"] = lines
    if volunteers := _part(values, "volunteers"):
        slot = {name: _to_slot(volunteers[name], reading) for name in ("starts_at", "ends_at") if name in volunteers}
        built["volunteers"] = {**volunteers, **slot}
    return built


def _part(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the fields of a part: those whose names begin with its name."""
    start = f"{name}."
    return {each.removeprefix(start): value for each, value in values.items() if each.startswith(start)}


def _to_instant(moment: Any, reading: Reading, at: time) -> datetime:
    whole = moment if isinstance(moment, datetime) else datetime.combine(moment, at)
    return whole if whole.tzinfo is not None else whole.replace(tzinfo=reading.zone)


def _to_slot(moment: Any, reading: Reading) -> datetime:
    if not isinstance(moment, datetime):
        raise CellProblem("time_of_slot_missing")
    return _to_instant(moment, reading, LAST_OF_DAY)


def _count(answer: RegisterNeedsAnswer, _: Sequence[RegisterNeed]) -> Outcomes:
    errors = {nth: item.error for nth, item in enumerate(answer.items) if item.error is not None}
    refused = {nth: Refused.from_json(error.model_dump()) for nth, error in errors.items()}
    return Outcomes(taken=len(answer.items) - len(refused), refused=refused)


NEEDS: Final = ImportOf(
    "needs",
    RegisterNeeds.permission,
    RegisterNeed,
    columns=COLUMNS,
    most=MOST,
    area=lambda _: None,  # that of its station, which the owner compares with the area of the import
    command=lambda rows: RegisterNeeds(needs=tuple(rows)),
    outcome=_count,
    build=build_need,
    key=("external_id",),
    unchanged=frozenset({"external_id_taken"}),
)
