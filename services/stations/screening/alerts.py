"""The commands of alerts, their clock, and their end with the need that was opened for them."""

from collections.abc import Callable
from typing import Any, Final

from services.stations.needs.domain.need import Need
from services.stations.needs.domain.screened import ScreenedNeedServed
from services.stations.needs.policy import NeedsPolicy
from services.stations.residents.consent import FAMILY
from services.stations.screening.consent import guard_records, load_consents, require_family
from services.stations.screening.domain.alert import (
    REMINDERS,
    Alert,
    AlertDue,
    answered,
    dismissal_confirmed,
    dismissal_rejected,
    dismissed,
    family_told,
    find_next_step,
    served,
    treated,
)
from services.stations.screening.opening import close_need, load_need_of
from services.stations.screening.storage import ScreeningNeed
from shared.contracts.messages import EventData
from shared.contracts.plain import Action
from shared.contracts.stations.alerts import (
    AlertAnswered,
    AlertDismissed,
    AlertOverdue,
    AlertShape,
    AlertTreated,
    AnswerAlert,
    ConfirmDismissal,
    DismissAlert,
    DismissalRejected,
    DismissalRequested,
    FamilyTold,
    RejectDismissal,
    TellFamily,
    TreatAlert,
)
from shared.engine import Get, Handler, HandlerTable, Handling, Incoming, Loading, UnitOfWork, take_turn
from shared.engine.decide.actor_references import Blinder, refer, reference_load
from shared.engine.plain import Plain, check_version

ALERTS: Final = Plain(Alert, "alert", AlertShape, find_next_step, reminders=REMINDERS)


def reach_alert(work: UnitOfWork, asked: Action) -> Alert:
    """Return the alert. Raises Refused("not_found") and Refused("version_mismatch")."""
    before = work.reach(Alert, asked.id, "id")
    check_version(before, ALERTS.kind, asked.expected_version)
    return before


def _close_by(decide: Callable[[Any, Alert, UnitOfWork], Alert]) -> Handler:
    """Return the handler of an action that may dismiss the alert, and ends its need with it."""

    def handle(message: Incoming[Action], needs_policy: NeedsPolicy) -> Handling:
        def load() -> Loading:
            work = yield [Get(Alert, message.data.id, message.actor.area)]
            yield from load_need_of(work, work.get(Alert, message.data.id))

        work = yield from take_turn(load)
        before = reach_alert(work, message.data)
        after = decide(message.data, before, work)
        close_need(work, after, needs_policy)
        return ALERTS.store(work, before, after, _event_of(after))

    return handle


def _event_of(after: Alert) -> type[EventData]:
    if after.state == "dismissed":
        return AlertDismissed
    return DismissalRequested if after.state == "dismissal_asked" else DismissalRejected


def _dismiss(asked: DismissAlert, before: Alert, work: UnitOfWork) -> Alert:
    return dismissed(before, asked.reason, work.message.actor.principal, work.now)


def _confirm(_: ConfirmDismissal, before: Alert, work: UnitOfWork) -> Alert:
    return dismissal_confirmed(before, work.message.actor.principal)


def _reject(_: RejectDismissal, before: Alert, work: UnitOfWork) -> Alert:
    return dismissal_rejected(before, work.message.actor.principal)


def tell_family(message: Incoming[TellFamily], vault: Blinder) -> Handling:
    """Record that the family was told. Answers AlertShape.

    Raises Refused("wrong_state") without the resident's separate consent (PIPL, art. 29).
    """
    asked = message.data

    def load() -> Loading:
        work = yield [Get(Alert, asked.id, message.actor.area), reference_load(message.actor)]
        if (known := work.get(Alert, asked.id)) is not None:
            yield from load_consents(known.resident_id, (FAMILY,))

    work = yield from take_turn(load)
    before = reach_alert(work, asked)
    if before.family != "told":
        require_family(work, before.resident_id, "id")
    family_told(before, "", work.now)  # refuses before the reference is stored
    guard_records(work, before.resident_id)
    after = family_told(before, refer(work, vault), work.now)
    return ALERTS.store(work, before, after, FamilyTold)


def follow_service(message: Incoming[ScreenedNeedServed]) -> Handling:
    """Close the alerts of a need that was served, as treated by it. Repeated, it changes nothing."""
    need_id = message.data.need_id

    def load() -> Loading:
        work = yield [Get(Need, need_id), Get(ScreeningNeed, need_id)]
        if (joined := work.get(ScreeningNeed, need_id)) is not None:
            yield [Get(Alert, one) for one in joined.alerts]

    work = yield from take_turn(load)
    need, joined = work.get(Need, need_id), work.get(ScreeningNeed, need_id)
    if need is None or joined is None or need.state not in {"confirmed", "evaluated"}:
        return
    for one in joined.alerts:
        if (before := work.get(Alert, one)) is not None:
            ALERTS.store(work, before, served(before, work.now), AlertTreated)


def _overdue(before: Alert, _: object) -> Alert:
    return before.model_copy(update={"overdue": True})


HANDLERS: Final[HandlerTable] = {
    AnswerAlert: ALERTS.change(answered, AlertAnswered),
    TreatAlert: ALERTS.change(treated, AlertTreated),
    TellFamily: tell_family,
    DismissAlert: _close_by(_dismiss),
    ConfirmDismissal: _close_by(_confirm),
    RejectDismissal: _close_by(_reject),
    ScreenedNeedServed: follow_service,
    AlertDue: ALERTS.remind(AlertOverdue, _overdue),
}
