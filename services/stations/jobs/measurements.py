"""The command that a row of results means: its screening and resident by their ids, its value in the indicator's step.

An office names both by the platform's ids or by its own numbers, and the resident by the identity number as well.
"""

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from services.stations.residents.alike import AlikeResidents
from services.stations.residents.domain import Resident, ResidentRecord
from services.stations.screening.domain.indicator import answers_of
from services.stations.screening.domain.judging import Measured, check_value
from services.stations.screening.domain.screening import Screening
from services.stations.screening.indicators import find_indicator, load_indicators
from shared.contracts.messages import ExternalId as GivenName
from shared.contracts.messages import IdentityNumber, Instant, Label, Message
from shared.contracts.refusals import Refused
from shared.contracts.stations.indicators import YES_NO, IndicatorDefinition
from shared.contracts.stations.results import MeasuredValue, RecordResults, Sex
from shared.engine import Get, Handling, Incoming, UnitOfWork
from shared.engine.decide.external_ids import ExternalId, name_key
from shared.people import Marker
from shared.people.identities import identity_load, identity_of
from shared.runtime.vault import Vault
from shared.tables.problems import CellProblem
from shared.tables.values import read_decimal, read_flag

DAY: Final = timedelta(days=1)
UNITS: Final = {"毫米汞柱": "mmhg", "毫摩尔/升": "mmol/l", "公斤": "kg", "千克": "kg"}
"""The Chinese names of units, as they are compared."""
_NUMBER: Final = "i"
"""The beginning of the mark of an identity number."""


class ScreeningRow(Message):
    """One value of one resident, as a row has it. A day alone is its end, or that of the screening before it."""

    screening_id: GivenName
    resident_id: GivenName | None = None
    identity_number: IdentityNumber | None = None
    sex: Sex | None = None
    indicator: Label
    results: Label
    unit: Label | None = None
    measured_at: Instant | None = None
    day_alone: bool = False


def find_screened(message: Incoming[ScreeningRow], vault: Vault) -> Handling:
    """Return the RecordResults that the row means. Nothing is written.

    Raises Refused("not_found") for a screening or resident that is unknown within the actor's area, "conflict" for an
    identity number of somebody else, "invalid" for an indicator that is none of the screening, another unit and a value
    that does not fit, "wrong_state" for a retired indicator.
    """
    row, area = message.data, message.actor.area
    named = {kind: _name_of(message, vault, kind, text) for kind, text in _names(row)}
    alike = _find_alike(message, vault)
    work = yield [*named.values(), *([] if alike is None else [alike])]
    found = [] if alike is None else [one.id for one in work.find(alike)]
    screening_id = _about(work, named["screening"], row.screening_id)
    own = None if row.resident_id is None else _about(work, named["resident"], row.resident_id)
    people = [*([] if own is None else [own]), *found]
    work = yield [Get(Screening, screening_id, area), *(identity_load(one) for one in people)]
    screening = work.get(Screening, screening_id)
    if screening is None or not message.actor.reaches(screening.area):
        raise Refused(
            "not_found", "unknown_id", field="screening_id", kind=Screening.__name__.lower(), id=row.screening_id
        )
    stand_for = {one: identity_of(work, one).survivor for one in people}
    work = yield [
        *load_indicators(screening.indicators, screening.area),
        *(Get(Resident, one, area) for one in stand_for.values()),
        *(Get(ResidentRecord, one) for one in stand_for.values()),
    ]  # fmt: skip
    resident = _choose(work, row, None if own is None else stand_for[own], [stand_for[one] for one in found])
    value = measure(row, _require_indicator(work, row.indicator, screening))
    return RecordResults(
        screening_id=screening.id, resident_id=resident, sex=row.sex, results=(value,),
        measured_at=find_time(row, screening, work.now),
    )  # fmt: skip


def find_time(row: ScreeningRow, screening: Screening, now: datetime) -> datetime | None:
    """Return the time of the value; of a day alone its end, or the last time of that day that the screening takes."""
    latest = now if screening.ended_at is None else screening.ended_at
    if row.day_alone and row.measured_at is not None and row.measured_at - DAY < latest < row.measured_at:
        return latest
    return row.measured_at


def measure(row: ScreeningRow, indicator: IndicatorDefinition) -> MeasuredValue:
    """Return the value in the indicator's smallest step, or the code of the answer.

    Raises Refused("invalid") for another unit, none of a number, more decimal places than the indicator has, which are
    never rounded, a number out of its range, and an answer that is none of its own.
    """
    if indicator.kind != "number":
        return MeasuredValue(indicator=indicator.code, chosen=_find_answer(row.results, indicator))
    try:
        number = read_decimal(row.results)
    except CellProblem:
        raise Refused("invalid", "number_of_indicator", field="results", indicator=indicator.code) from None
    unit = indicator.unit or ""
    if row.unit is None or _fold(row.unit) != _fold(unit):
        raise Refused("invalid", "unit_of_indicator", field="unit", unit=unit)
    steps = number * Decimal(10) ** indicator.scale
    if steps != steps.to_integral_value():
        raise Refused("invalid", "decimals_of_indicator", field="results", scale=indicator.scale)
    check_value(indicator, Measured(int(steps)), "results")
    return MeasuredValue(indicator=indicator.code, measured=int(steps))


def _names(row: ScreeningRow) -> list[tuple[str, str]]:
    return [("screening", row.screening_id), *([("resident", row.resident_id)] if row.resident_id else [])]


def _name_of(message: Incoming[ScreeningRow], vault: Vault, kind: str, text: str) -> Get[ExternalId]:
    return Get(ExternalId, name_key(vault, message.actor.principal, kind, text))


def _about(work: UnitOfWork, name: Get[ExternalId], text: str) -> str:
    """Return the id that the name stands for; the text itself where the principal has given no such name."""
    known = work.get(ExternalId, name.id)
    return text if known is None else known.about


def _find_alike(message: Incoming[ScreeningRow], vault: Vault) -> AlikeResidents | None:
    number = message.data.identity_number
    if number is None:
        return None
    return AlikeResidents.by((Marker(vault).of_identity_number(number),), message.actor.area)


def _choose(work: UnitOfWork, row: ScreeningRow, own: str | None, found: Sequence[str]) -> str:
    """Return the resident whom number and identity number name alike; either may be left out.

    A number that belongs to somebody else is refused, so that nobody gets another person's result.
    """
    reached = [one for one in dict.fromkeys(found) if _is_reached(work, one)]
    if own is not None:
        if not _is_reached(work, own):
            raise Refused("not_found", "unknown_id", field="resident_id", kind="resident", id=str(row.resident_id))
        record = work.get(ResidentRecord, own)
        numbered = record is not None and any(mark.startswith(_NUMBER) for mark in record.marks)
        if row.identity_number is not None and own not in reached and (reached or numbered):
            raise Refused("conflict", "resident_of_another_number", field="identity_number")
        return own
    if not reached:
        raise Refused("not_found", "number_unknown_here", field="identity_number")
    if len(reached) > 1:
        raise Refused("conflict", "number_of_several", field="identity_number", count=len(reached))
    return reached[0]


def _is_reached(work: UnitOfWork, resident_id: str) -> bool:
    resident = work.get(Resident, resident_id)
    return resident is not None and work.message.actor.reaches(resident.area)


def _require_indicator(work: UnitOfWork, words: str, screening: Screening) -> IndicatorDefinition:
    """Return the indicator of the screening with that code, or with that Chinese or English name."""
    wanted = _fold(words)
    for code in screening.indicators:
        indicator = find_indicator(work, code, screening.area)
        if indicator is None and wanted == _fold(code):
            raise Refused("wrong_state", "indicator_not_in_force", field="indicator", indicator=code)
        if indicator is not None and wanted in {_fold(code), _fold(indicator.zh), _fold(indicator.en)}:
            return indicator
    known = ",".join(screening.indicators)
    raise Refused("invalid", "indicator_of_screening", field="indicator", known=known)


def _find_answer(words: str, indicator: IndicatorDefinition) -> str:
    """Return the code of the answer; of yes and no in any of the words that offices use."""
    answers = answers_of(indicator)
    if indicator.kind == "yes_no":
        try:
            return YES_NO[read_flag(words)]
        except CellProblem:
            raise Refused("invalid", "answer_of_indicator", field="results", answers=",".join(answers)) from None
    wanted = _fold(words)
    for each in indicator.choices:
        if wanted in {_fold(each.code), _fold(each.zh), _fold(each.en)}:
            return each.code
    raise Refused("invalid", "answer_of_indicator", field="results", answers=",".join(answers))


def _fold(text: str) -> str:
    """Return a word as words are compared: in half width, without case and spaces; a unit by its sign."""
    folded = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    return UNITS.get(folded, folded)
