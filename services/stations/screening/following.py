"""The alerts of a resident go where the resident goes: to another station, another id, or to an end by an erasure.

After a merge the results under all ids go by the last thing that was said about the consent to be screened.
Screening stands above residents: a timer that these set with the change has the alerts follow.
"""

from typing import Final

from services.stations.needs.policy import NeedsPolicy
from services.stations.residents.care import CareMoved, ScreeningWithdrawn, follow_care, remind_withdrawal
from services.stations.residents.consent import SCREENED
from services.stations.residents.domain import Resident
from services.stations.screening.alerts import ALERTS
from services.stations.screening.consent import (
    find_cared_for,
    find_lapse,
    is_taken_back,
    load_consents,
    survivor_loads,
)
from services.stations.screening.domain.alert import erased, handed_over
from services.stations.screening.opening import close_need, joined_loads, need_loads
from services.stations.screening.people import follow_identity
from services.stations.screening.storage import OpenAlertsOf
from shared.contracts.stations.alerts import AlertDismissed, AlertHandedOver
from shared.engine import Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork, take_turn
from shared.engine.reminders import AT_ONCE
from shared.people.identities import identity_load, identity_of


def follow_resident(message: Incoming[CareMoved], needs_policy: NeedsPolicy) -> Handling:
    """Hand the open alerts of a resident over to the station that cares now; close those of an erased one.

    Those of an erased id that was merged go on under the survivor's. Repeated, it changes nothing. At most 50 alerts a
    step; a timer goes on with those that follow.
    """
    person, search = message.data.id, OpenAlertsOf(message.data.id, message.data.after)

    def load() -> Loading:
        work = yield [Get(Resident, person), identity_load(person), search]
        survivor = identity_of(work, person).survivor
        alerts = work.find(search)
        work = yield [
            *survivor_loads(work, person), Get(Resident, survivor),
            *(load for alert in alerts for load in need_loads(alert)),
        ]  # fmt: skip
        yield [load for alert in alerts for load in joined_loads(work, alert)]
        yield from load_consents(person, (SCREENED,))

    work = yield from take_turn(load)
    alerts = work.find(search)
    resident = find_cared_for(work, person)
    if resident is None:
        return
    gone = _is_erased(work, person)
    for before in alerts:
        if resident.state == "erased":
            after = erased(before)
            close_need(work, after, needs_policy)
            ALERTS.store(work, before, after, AlertDismissed)
        else:
            kept = work.put(before.model_copy(update={"resident_id": resident.id})) if gone else before
            ALERTS.store(work, kept, handed_over(kept, resident.station_id, resident.area), AlertHandedOver)
    if gone or is_taken_back(work, person) or find_lapse(work, person) is not None:
        # By a merge the withdrawal under one id counts for the results under the other. A consent under the other that
        # held has ended the wait of one that is over: parted from it, or with it erased, that one counts again.
        remind_withdrawal(work, ScreeningWithdrawn(id=person), AT_ONCE)
    if not message.data.after:
        follow_identity(work, person)
    if len(alerts) == OpenAlertsOf.limit:
        follow_care(work, person, max(one.id for one in alerts))


def _is_erased(work: UnitOfWork, resident_id: str) -> bool:
    resident = work.get(Resident, resident_id)
    return resident is not None and resident.state == "erased"


HANDLERS: Final[HandlerTable] = {CareMoved: follow_resident}
