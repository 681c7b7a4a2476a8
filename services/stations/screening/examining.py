"""The surroundings of results: the loads of a record and of a correction, the person, and the values that are known."""

from dataclasses import dataclass
from typing import Final

from services.stations.network.domain import Station
from services.stations.residents.domain import Resident, ResidentRecord, require_active
from services.stations.residents.opening import open_record
from services.stations.screening.consent import consent_loads, find_cared_for, require_screened, survivor_loads
from services.stations.screening.domain.alert import Alert
from services.stations.screening.domain.judging import Examined, Measured, judge
from services.stations.screening.domain.result import (
    Examination,
    Result,
    examination_id,
    place_of,
    read_value,
)
from services.stations.screening.domain.screening import Screening
from services.stations.screening.indicators import find_indicator, load_indicators
from services.stations.screening.opening import joined_loads, need_loads
from services.stations.screening.people import placed
from services.stations.screening.raising import examination_loads
from services.stations.screening.storage import ExaminationsUnder
from shared.catalogue import load_catalogue
from shared.contracts import Refused
from shared.contracts.stations.indicators import IndicatorDefinition, RiskSeverity
from shared.contracts.stations.residents import ResidentParticulars
from shared.contracts.stations.results import CorrectResult, RecordResults
from shared.engine import Get, Incoming, Load, Loading, UnitOfWork
from shared.engine.decide.actor_references import reference_load
from shared.people import Opener, key_loads
from shared.people.identities import all_ids, identity_load, identity_of
from shared.people.reading import loaded_keys

RESULT: Final = "result"


@dataclass(frozen=True, slots=True)
class Judged:
    """A new result, not yet stored: its value, and the severity by the indicator in force."""

    result_id: str
    indicator: IndicatorDefinition
    value: Measured
    severity: RiskSeverity | None


def load_record(message: Incoming[RecordResults]) -> Loading:
    """Load all that a record of results needs, with the examinations under ids that were merged."""
    asked, area = message.data, message.actor.area
    person = asked.resident_id
    work = yield [
        Get(Screening, asked.screening_id, area), Get(Resident, person, area), *_person_loads(person),
        reference_load(message.actor),
    ]  # fmt: skip
    screening, resident = work.get(Screening, asked.screening_id), work.get(Resident, person)
    loads = survivor_loads(work, person)
    if screening is not None:
        loads += load_indicators(screening.indicators, screening.area)
    if resident is not None:
        loads.append(Get(Station, resident.station_id, area))
    work = yield loads
    ids = all_ids(work, person)
    work = yield [
        *consent_loads(work, person), *(Get(Examination, examination_id(asked.screening_id, one)) for one in ids),
        ExaminationsUnder(tuple(ids)),
        *(load for one in ids for load in key_loads(one)),
    ]  # fmt: skip
    found = examinations_of(work, asked.screening_id, person)
    yield [
        *(load for one in found for load in examination_loads(one)),
        *(Get(Result, result) for one in found for result in one.results.values()),
        *(Get(Screening, one.screening_id) for one in work.find(ExaminationsUnder(tuple(ids)))),
    ]
    yield from load_catalogue()


def load_correction(message: Incoming[CorrectResult]) -> Loading:
    """Load all that a correction needs; the resident who stands for the result's person within the actor's area."""
    area = message.actor.area
    work = yield [Get(Result, message.data.id), reference_load(message.actor)]
    result = work.get(Result, message.data.id)
    if result is not None:
        person, key = result.resident_id, examination_id(result.screening_id, result.resident_id)
        work = yield [
            Get(Examination, key), Get(Screening, result.screening_id), *_person_loads(person),
            *([Get(Alert, result.alert_id)] if result.alert_id else []),
        ]  # fmt: skip
        alert, screening = _alert_of(work, result), work.get(Screening, result.screening_id)
        ids = dict.fromkeys((person, identity_of(work, person).survivor))
        work = yield [
            *survivor_loads(work, person), *(Get(Resident, one, area) for one in ids),
            *need_loads(alert), *examination_loads(work.get(Examination, key)),
            *load_indicators((result.indicator,), result.area if screening is None else screening.area),
        ]  # fmt: skip
        residents = (work.get(Resident, one) for one in ids)
        yield [
            *consent_loads(work, person), *joined_loads(work, alert),
            *(Get(Station, one.station_id, area) for one in residents if one is not None),
        ]  # fmt: skip
    yield from load_catalogue()


def _person_loads(resident_id: str) -> list[Load]:
    return [Get(ResidentRecord, resident_id), *key_loads(resident_id), identity_load(resident_id)]


def _alert_of(work: UnitOfWork, result: Result) -> Alert | None:
    return work.get(Alert, result.alert_id) if result.alert_id else None


def examinations_of(work: UnitOfWork, screening_id: str, resident_id: str) -> list[Examination]:
    """Return the examinations of a person in the screening, under all ids of the person: that of this id first.

    Needs `load_record`.
    """
    ids = dict.fromkeys((resident_id, *all_ids(work, resident_id)))
    found = (work.get(Examination, examination_id(screening_id, one)) for one in ids)
    return [one for one in found if one is not None]


def others_of(work: UnitOfWork, resident_id: str) -> list[Examination]:
    """Return the newest examinations of the person in all screenings, under all ids, placed where they count now.

    Needs `load_record`.
    """
    return placed(work, work.find(ExaminationsUnder(tuple(all_ids(work, resident_id)))))


def reach_result(work: UnitOfWork, result_id: str) -> tuple[Result, Resident]:
    """Return the result with the resident who stands for its person: an actor reaches it where the resident is in care.

    Raises Refused("not_found") for an unknown one, and for one of a resident elsewhere.
    """
    result = work.get(Result, result_id)
    resident = None if result is None else find_cared_for(work, result.resident_id)
    both = None if result is None or resident is None else (result, resident)
    return work.reach_found(both, "" if resident is None else resident.area, RESULT, result_id, "id")


def require_examinable(work: UnitOfWork, resident: Resident, screening: Screening) -> None:
    """Refuse a resident who is not cared for, is cared for outside the screening's area, or does not consent.

    Raises Refused("wrong_state") and Refused("invalid"); consent: Personal Information Protection Law, art. 29.
    """
    require_active(resident, "resident_id")
    if not resident.area.startswith(screening.area):
        raise Refused("invalid", "resident_outside_screening", field="resident_id", station=screening.station_id)
    require_screened(work, resident.id, "resident_id")


def open_person(work: UnitOfWork, vault: Opener, resident_id: str, field: str) -> ResidentParticulars:
    """Return the personal data of a resident. Raises Refused("wrong_state") for one who was erased."""
    record = work.get(ResidentRecord, resident_id)
    if record is None:
        raise Refused("wrong_state", "person_erased", field=field, id=resident_id)
    return open_record(record.to_document(), loaded_keys(work, vault, resident_id))


def judge_all(
    work: UnitOfWork, vault: Opener, asked: RecordResults, screening: Screening, person: Examined
) -> list[Judged]:
    """Return the results that are new. Raises Refused naming the value at fault; nothing is stored yet."""
    known = {
        code: result
        for one in reversed(examinations_of(work, screening.id, asked.resident_id))
        for code, result in one.results.items()
    }
    found: list[Judged] = []
    codes = [each.indicator for each in asked.results]
    for nth, each in enumerate(asked.results):
        field, value = f"results.{nth}", Measured(each.measured, each.chosen)
        if each.indicator not in screening.indicators or codes.index(each.indicator) != nth:
            raise Refused(
                "invalid", "indicator_once_of_screening", field=f"{field}.indicator", indicator=each.indicator
            )
        indicator = require_indicator(work, each.indicator, screening, f"{field}.indicator")
        severity = judge(indicator, value, person, field)
        if not _is_known(work, vault, known.get(each.indicator), value, field):
            found.append(Judged(work.new_id(RESULT), indicator, value, severity))
    return found


def _is_known(work: UnitOfWork, vault: Opener, known: str | None, value: Measured, field: str) -> bool:
    """Return whether the value is recorded. Raises Refused("conflict") for another one of the same indicator."""
    if known is None:
        return False
    if (result := work.get(Result, known)) is None:
        return False  # it was deleted by age
    keys = loaded_keys(work, vault, result.resident_id)
    if read_value(keys.open(result.value, result.resident_id, *place_of(result.id))) != value:
        raise Refused("conflict", "result_known", field=field, result=result.id)
    return True


def require_indicator(work: UnitOfWork, code: str, screening: Screening, field: str) -> IndicatorDefinition:
    """Return the indicator in force where the screening is held. Raises Refused("wrong_state") where there is none."""
    indicator = find_indicator(work, code, screening.area)
    if indicator is None:
        raise Refused("wrong_state", "indicator_not_in_force", field=field, indicator=code)
    return indicator
