"""The deletion of results after the consent to be screened has ended, and of those of an erased resident.

A withdrawal deletes them at once. Of a consent whose time is over they are stored without being used, until it is given
again or the time for that is over, too (Personal Information Protection Law, art. 47).
Results go with their values, and closed alerts lose the ids of person and result. The results of an open alert stay
until it is closed: the life and health of the person need them (Personal Information Protection Law, art. 47 and 13).
"""

from datetime import timedelta
from typing import Final

from services.stations.residents.care import ScreeningWithdrawn, remind_withdrawal
from services.stations.residents.consent import SCREENED, living_ids
from services.stations.residents.domain import Resident
from services.stations.screening.consent import find_lapse, guard_records, is_taken_back, load_consents
from services.stations.screening.domain.alert import OPEN_STATES, Alert
from services.stations.screening.domain.result import Examination, Result, examination_id
from services.stations.screening.policy import ScreeningPolicy
from services.stations.screening.storage import ResultsUnder
from shared.engine import Get, HandlerTable, Handling, Incoming, Load, Loading, UnitOfWork, take_turn
from shared.engine.reminders import AT_ONCE
from shared.people.identities import all_ids

NO_TIME: Final = timedelta(0)
LOOK_AGAIN: Final = timedelta(days=1)
"""The time until the results of an alert that was open are looked at again."""


def forget_results(message: Incoming[ScreeningWithdrawn], policy: ScreeningPolicy) -> Handling:
    """Delete the results of a resident who does not consent, under all ids that merges have joined, or of an erased
    one; 50 a step. Those of a lapsed consent wait for `policy.lapsed_time`.

    Consent that was given again meanwhile ends it. Early or repeated, it changes nothing.
    """
    step = message.data

    def load() -> Loading:
        yield from load_consents(step.id, (SCREENED,))
        work = yield []
        search = ResultsUnder(_ids_of(work, step.id), step.after)
        work = yield [search]
        yield [load for one in work.find(search) for load in _loads_beside(one)]

    work = yield from take_turn(load)
    erased = _is_erased(work, step.id)
    if not erased and not is_taken_back(work, step.id):
        lapsed_at = find_lapse(work, step.id)
        if lapsed_at is None:
            return
        if (left := lapsed_at + policy.lapsed_time - work.now) > NO_TIME:
            remind_withdrawal(work, ScreeningWithdrawn(id=step.id), left)
            return
        guard_records(work, step.id)  # of a renewal at this instant the second is decided again
    found = work.find(ResultsUnder(_ids_of(work, step.id), step.after))
    kept = [one for one in found if not _forget(work, one, erased=erased)]
    waits = step.waits or bool(kept)
    if len(found) == ResultsUnder.limit:
        remind_withdrawal(work, step.model_copy(update={"after": found[-1].id, "waits": waits}), AT_ONCE)
    elif waits:
        remind_withdrawal(work, ScreeningWithdrawn(id=step.id), LOOK_AGAIN)


def _loads_beside(result: Result) -> list[Load]:
    examination = Get(Examination, examination_id(result.screening_id, result.resident_id))
    return [examination, *([Get(Alert, result.alert_id)] if result.alert_id else [])]


def _is_erased(work: UnitOfWork, resident_id: str) -> bool:
    resident = work.get(Resident, resident_id)
    return resident is not None and resident.state == "erased"


def _ids_of(work: UnitOfWork, resident_id: str) -> tuple[str, ...]:
    """Return the ids of the person that are not erased; an erased one alone."""
    return (resident_id,) if _is_erased(work, resident_id) else tuple(living_ids(work, all_ids(work, resident_id)))


def _forget(work: UnitOfWork, result: Result, *, erased: bool) -> bool:
    """Delete the result, and take it out of examination and alert; return whether its alert allows it.

    The value of an erased one opens to nobody any more: it goes also where the alert is open, under a merged id.
    """
    alert = work.get(Alert, result.alert_id) if result.alert_id else None
    is_open = alert is not None and alert.state in OPEN_STATES
    if is_open and not erased:
        return False
    work.remove(result)
    if alert is not None and (alert.resident_id or alert.result_id):
        gone = {"result_id": ""} if is_open else {"resident_id": "", "result_id": ""}
        work.put(alert.model_copy(update=gone))
    examination = work.get(Examination, examination_id(result.screening_id, result.resident_id))
    if examination is not None and result.id in examination.results.values():
        left = {code: one for code, one in examination.results.items() if one != result.id}
        if left:
            work.put(examination.model_copy(update={"results": left}))
        else:
            work.remove(examination)
    return True


HANDLERS: Final[HandlerTable] = {ScreeningWithdrawn: forget_results}
