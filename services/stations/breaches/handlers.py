"""The commands of the register of breaches and the reminders of their steps, all plain."""

from typing import Final

from services.stations.areas.domain import check_known, load_areas
from services.stations.breaches.domain import (
    REMINDERS,
    Breach,
    BreachDue,
    authority_notified,
    changed,
    closed,
    find_next_step,
    notice_required,
    people_notified,
    recorded,
)
from shared.contracts.stations.breaches import (
    AuthorityNotified,
    BreachChanged,
    BreachClosed,
    BreachOverdue,
    BreachRecorded,
    BreachShape,
    ChangeBreach,
    CloseBreach,
    NoticeRequired,
    NotifyAuthority,
    NotifyPeople,
    PeopleNotified,
    RecordBreach,
    RequireNotice,
)
from shared.engine import HandlerTable
from shared.engine.plain import Check, Plain

BREACHES: Final = Plain(Breach, "breach", BreachShape, find_next_step, reminders=REMINDERS)
KNOWN_AREA: Final[Check[RecordBreach]] = Check(
    lambda asked: load_areas(asked.area), lambda asked, work: check_known(work, "area", asked.area)
)
HANDLERS: Final[HandlerTable] = {
    RecordBreach: BREACHES.create(recorded, BreachRecorded, KNOWN_AREA),
    ChangeBreach: BREACHES.change(changed, BreachChanged),
    NotifyAuthority: BREACHES.change(authority_notified, AuthorityNotified),
    NotifyPeople: BREACHES.change(people_notified, PeopleNotified),
    RequireNotice: BREACHES.change(notice_required, NoticeRequired),
    CloseBreach: BREACHES.change(closed, BreachClosed),
    BreachDue: BREACHES.remind(BreachOverdue),
}
