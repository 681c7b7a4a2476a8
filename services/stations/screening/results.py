"""The commands of results: values are judged, sealed and stored; a crossing raises an alert and may open a need."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.stations.needs.actions import Vault as NeedsVault
from services.stations.needs.policy import NeedsPolicy
from services.stations.residents.domain import Resident
from services.stations.screening.consent import guard_records, may_tell_family
from services.stations.screening.domain.alert import Alert, is_graver
from services.stations.screening.domain.indicator import judging_id
from services.stations.screening.domain.judging import Measured, judge
from services.stations.screening.domain.people import count_person, day_of, with_people
from services.stations.screening.domain.result import (
    Examination,
    Result,
    describe_person,
    examination_id,
    place_of,
    require_current,
    write_value,
)
from services.stations.screening.domain.screening import (
    Screening,
    counted,
    find_measuring_time,
    recounted,
    require_recordable,
)
from services.stations.screening.examining import (
    RESULT,
    Judged,
    examinations_of,
    judge_all,
    load_correction,
    load_record,
    open_person,
    others_of,
    reach_result,
    require_examinable,
    require_indicator,
)
from services.stations.screening.policy import ScreeningPolicy
from services.stations.screening.raising import Crossing, Raising, lift, raise_again, raise_alerts
from services.stations.screening.screenings import SCREENINGS
from shared.contracts.stations.results import CorrectResult, RecordResults, ResultAnswer, ResultsAnswer
from shared.contracts.stations.screenings import ScreeningProgressed
from shared.engine import HandlerTable, Handling, Incoming, UnitOfWork, take_turn
from shared.engine.decide.actor_references import refer
from shared.engine.plain import check_version
from shared.people import key_of
from shared.runtime.vault import Vault


def record_results(
    message: Incoming[RecordResults], vault: Vault, policy: ScreeningPolicy, needs_policy: NeedsPolicy
) -> Handling:
    """Record the values of one resident, also late ones of a screening that has ended. Answers ResultsAnswer.

    Raises Refused: "not_found" for an unknown screening or resident, "wrong_state" unless the screening takes results
    and the resident is cared for and consents separately (Personal Information Protection Law, art. 29),
    "conflict" for another value than the recorded one, "invalid" as `judge` does.
    """
    asked = message.data
    work = yield from take_turn(lambda: load_record(message))
    screening = work.reach(Screening, asked.screening_id, "screening_id")
    require_recordable(screening, policy.late_time, work.now)
    resident = work.reach(Resident, asked.resident_id, "resident_id")
    require_examinable(work, resident, screening)
    measured_at = find_measuring_time(screening, asked.measured_at, work.now)
    person = open_person(work, vault, resident.id, "resident_id")
    known = examinations_of(work, screening.id, resident.id)
    before = _examination(screening, resident, known, others_of(work, resident.id))
    judged = judge_all(work, vault, asked, screening, describe_person(person, asked.sex, measured_at))
    if not judged:
        return _answer(work, screening.id, known)
    guard_records(work, resident.id)
    around = Raising(
        vault, policy, needs_policy, screening, resident, person, may_tell_family(work, resident.id)
    )  # fmt: skip
    after, alerts = raise_alerts(work, around, before, _crossings(judged))
    for one in judged:
        _store(work, vault, screening, resident.id, one, alerts.get(one.result_id), measured_at)
    after = work.put(
        after.model_copy(update={"results": {**after.results, **{one.indicator.code: one.result_id for one in judged}}})
    )
    progressed = counted(screening, [one.severity for one in judged], new_person=not known)
    if not known:
        progressed = with_people(progressed, {}, after.counted)
    SCREENINGS.store(work, screening, progressed, ScreeningProgressed)
    return _answer(work, screening.id, [after, *(one for one in known if one.id != after.id)])


def correct_result(
    message: Incoming[CorrectResult], vault: Vault, policy: ScreeningPolicy, needs_policy: NeedsPolicy
) -> Handling:
    """Replace a result by another value, judged by the indicator in force now. Answers ResultsAnswer.

    An alert becomes graver with its value, and never less grave; one whose value crosses nothing any more is
    dismissed, a critical one by another person. Raises Refused("wrong_state") for a result that was replaced, and as
    `judge` does.
    """
    asked = message.data
    work = yield from take_turn(lambda: load_correction(message))
    before, resident = reach_result(work, asked.id)
    check_version(before, RESULT, asked.expected_version)
    require_current(before)
    screening = work.require(Screening, before.screening_id, "id")
    examination = work.require(Examination, examination_id(screening.id, before.resident_id), "id")
    person = open_person(work, vault, before.resident_id, "id")
    indicator = require_indicator(work, before.indicator, screening, "id")
    value, measured_at = Measured(asked.measured, asked.chosen), before.measured_at or before.recorded_at
    severity = judge(indicator, value, describe_person(person, asked.sex, measured_at), "")
    judged = Judged(work.new_id(RESULT), indicator, value, severity)
    guard_records(work, before.resident_id)
    family = may_tell_family(work, before.resident_id)
    around = Raising(vault, policy, needs_policy, screening, resident, person, family)
    examination, alert = _follow(work, around, examination, before, judged)
    stored = _store(work, vault, screening, before.resident_id, judged, alert, measured_at, asked.correction)
    work.put(before.model_copy(update={"replaced_by": stored.id}))
    work.put(examination.model_copy(update={"results": {**examination.results, stored.indicator: stored.id}}))
    SCREENINGS.store(work, screening, recounted(screening, before.severity, severity), ScreeningProgressed)
    return ResultsAnswer(screening_id=screening.id, items=(_show(stored),))


def _examination(
    screening: Screening, resident: Resident, known: Sequence[Examination], others: Sequence[Examination]
) -> Examination:
    """Return the examination under the resident's own id, with the need that was opened under a merged one.

    The first of the person in this screening counts the person where no other one does.
    """
    key = examination_id(screening.id, resident.id)
    own = next((one for one in known if one.id == key), None)
    need_id = next((one.need_id for one in known if one.need_id), "")
    if own is None:
        day = day_of(screening)
        return Examination(
            id=key, area=screening.area, screening_id=screening.id, resident_id=resident.id, need_id=need_id, day=day,
            counted={} if known else count_person(day, screening.area, others),
        )  # fmt: skip
    return own if own.need_id else own.model_copy(update={"need_id": need_id})


def _crossings(judged: Sequence[Judged]) -> list[Crossing]:
    return [Crossing(one.result_id, one.indicator, one.severity) for one in judged if one.severity is not None]


def _follow(
    work: UnitOfWork, around: Raising, examination: Examination, before: Result, judged: Judged
) -> tuple[Examination, Alert | None]:
    """Follow the corrected value with the alert: raise, make graver or lift it; return the alert that it has now.

    An alert that was treated covers a value that is no graver; one that was dismissed covers none.
    """
    alert = work.get(Alert, before.alert_id) if before.alert_id else None
    if judged.severity is None:
        if alert is not None and alert.state in {"detected", "answered"}:
            lift(work, alert, around.needs_policy)
        return examination, alert
    crossing = Crossing(judged.result_id, judged.indicator, judged.severity)
    if alert is not None and alert.state == "treated" and not is_graver(alert, judged.severity):
        return examination, alert
    if alert is None or alert.state in {"treated", "dismissed"}:
        examination, raised = raise_alerts(work, around, examination, [crossing])
        return examination, raised[judged.result_id]
    return raise_again(work, around, examination, alert, crossing), work.get(Alert, alert.id)


def _store(  # noqa: PLR0917 - the facts of one result
    work: UnitOfWork, vault: NeedsVault, screening: Screening, resident_id: str, judged: Judged,
    alert: Alert | None, measured_at: datetime, correction: str = "",
) -> Result:  # fmt: skip
    named, version = judging_id(judged.indicator)
    key = key_of(work, vault, resident_id)
    return work.put(
        Result(
            id=judged.result_id, area=screening.area, screening_id=screening.id, station_id=screening.station_id,
            resident_id=resident_id, indicator=judged.indicator.code, judged_by=named, judged_version=version,
            severity=judged.severity, value=key.seal(write_value(judged.value), *place_of(judged.result_id)),
            measured_at=measured_at, recorded_at=work.now, recorded_by=refer(work, vault),
            alert_id="" if alert is None else alert.id, need_id="" if alert is None else alert.need_id or "",
            correction=correction,
        )
    )  # fmt: skip


def _answer(work: UnitOfWork, screening_id: str, examinations: Sequence[Examination]) -> ResultsAnswer:
    ids = {code: result for one in reversed(examinations) for code, result in one.results.items()}
    results = (work.get(Result, one) for one in ids.values())
    return ResultsAnswer(screening_id=screening_id, items=tuple(_show(one) for one in results if one is not None))


def _show(result: Result) -> ResultAnswer:
    return ResultAnswer.model_validate(
        {
            **dict(result), "severity": result.severity, "alert_id": result.alert_id or None,
            "need_id": result.need_id or None,
        }
    )  # fmt: skip


HANDLERS: Final[HandlerTable] = {RecordResults: record_results, CorrectResult: correct_result}
