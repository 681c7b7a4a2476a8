"""The alerts of a resident go where the resident goes: to another station, another id, or to an end by an erasure.

Screening stands above residents: a timer that these set with the change has the alerts follow.
"""

from typing import Final

from services.stations.needs.policy import NeedsPolicy
from services.stations.residents.care import CareMoved, follow_care
from services.stations.residents.domain import Resident
from services.stations.screening.alerts import ALERTS
from services.stations.screening.consent import survivor_loads
from services.stations.screening.domain.alert import erased, handed_over
from services.stations.screening.opening import close_need, joined_loads, need_loads
from services.stations.screening.storage import OpenAlertsOf
from shared.contracts.stations.alerts import AlertDismissed, AlertHandedOver
from shared.engine import Get, HandlerTable, Handling, Incoming, Loading, take_turn
from shared.people.identities import identity_load, identity_of


def follow_resident(message: Incoming[CareMoved], needs_policy: NeedsPolicy) -> Handling:
    """Hand the open alerts of a resident over to the station that cares now; close those of an erased one.

    Repeated, it changes nothing. At most 50 alerts a step; a timer goes on with those that follow.
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

    work = yield from take_turn(load)
    alerts = work.find(search)
    resident = work.get(Resident, identity_of(work, person).survivor) or work.get(Resident, person)
    if resident is None:
        return
    for before in alerts:
        if resident.state == "erased":
            after = erased(before)
            close_need(work, after, needs_policy)
            ALERTS.store(work, before, after, AlertDismissed)
        else:
            after = handed_over(before, resident.station_id, resident.area)
            ALERTS.store(work, before, after, AlertHandedOver)
    if len(alerts) == OpenAlertsOf.limit:
        follow_care(work, person, max(one.id for one in alerts))


HANDLERS: Final[HandlerTable] = {CareMoved: follow_resident}
