"""The raising of alerts: for each value that crosses one, and for all of an examination one need at most."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.stations.needs.actions import Vault
from services.stations.needs.domain.need import Need
from services.stations.needs.policy import NeedsPolicy
from services.stations.residents.domain import Resident
from services.stations.screening.alerts import ALERTS
from services.stations.screening.domain.alert import Alert, detected, dismissed, raised
from services.stations.screening.domain.result import Examination
from services.stations.screening.domain.screening import Screening
from services.stations.screening.opening import close_need, join_need, open_need, takes_alerts
from services.stations.screening.policy import ScreeningPolicy
from services.stations.screening.storage import ScreeningNeed
from shared.contracts.stations.alerts import AlertDetected, AlertDismissed, AlertRaised, DismissalRequested
from shared.contracts.stations.indicators import SEVERITIES, IndicatorDefinition, RiskSeverity
from shared.contracts.stations.residents import ResidentParticulars
from shared.engine import Get, Load, UnitOfWork


@dataclass(frozen=True, slots=True)
class Crossing:
    """A result whose value crosses a threshold."""

    result_id: str
    indicator: IndicatorDefinition
    severity: RiskSeverity


@dataclass(frozen=True, slots=True)
class Raising:
    """The surroundings of a crossing: the screening, the person, and the rules of the city.

    `resident` is the one who is cared for: after a merge, the survivor.
    """

    vault: Vault
    policy: ScreeningPolicy
    needs_policy: NeedsPolicy
    screening: Screening
    resident: Resident
    person: ResidentParticulars
    family_agreed: bool

    def wants_need(self, severity: RiskSeverity) -> bool:
        """Return whether an alert of that severity opens a need by itself."""
        return SEVERITIES.index(severity) >= SEVERITIES.index(self.policy.alert_need_from)


def examination_loads(examination: Examination | None) -> list[Load]:
    """Return the loads of the need that was opened for the examination, with the list of its alerts."""
    if examination is None or not examination.need_id:
        return []
    return [Get(ScreeningNeed, examination.need_id), Get(Need, examination.need_id)]


def raise_alerts(
    work: UnitOfWork, around: Raising, examination: Examination, crossings: Sequence[Crossing]
) -> tuple[Examination, dict[str, Alert]]:
    """Store an alert for each crossing, the gravest first; return the examination, and the alerts by result.

    Needs `examination_loads`, and the loads of needs' registration.
    """
    alerts: dict[str, Alert] = {}
    for crossing in sorted(crossings, key=lambda one: -SEVERITIES.index(one.severity)):
        fresh = _detect(work, around, examination.resident_id, crossing)
        examination, alert = _provide_need(work, around, examination, fresh, crossing)
        ALERTS.store(work, None, alert, AlertDetected)
        alerts[crossing.result_id] = alert
    return examination, alerts


def raise_again(
    work: UnitOfWork, around: Raising, examination: Examination, before: Alert, crossing: Crossing
) -> Examination:
    """Make an open alert graver where the corrected value is; return the examination, with the need where one opened.

    Needs the loads of `raise_alerts`.
    """
    policy, severity = around.policy, crossing.severity
    times = policy.answer_time(severity), policy.treat_time(severity)
    moved = before.model_copy(update={"result_id": crossing.result_id})
    after = raised(moved, severity, *times, work.now)
    if after is moved:  # as grave as before: the alert only knows the result that stands now
        work.put(moved)
        return examination
    if after.need_id is None or not takes_alerts(work, after.need_id):
        examination, after = _provide_need(work, around, examination, after, crossing)
    ALERTS.store(work, before, after, AlertRaised)
    return examination


def lift(work: UnitOfWork, before: Alert, needs_policy: NeedsPolicy) -> None:
    """Dismiss an open alert whose value was corrected and crosses nothing; a critical one is checked by another person.

    Needs `need_loads` and `joined_loads`.
    """
    after = dismissed(before, "result_corrected", work.message.actor.principal, work.now)
    close_need(work, after, needs_policy)
    ALERTS.store(work, before, after, AlertDismissed if after.state == "dismissed" else DismissalRequested)


def _detect(work: UnitOfWork, around: Raising, resident_id: str, crossing: Crossing) -> Alert:
    return detected(
        alert_id=work.new_id(ALERTS.kind), screening=around.screening, cared_for=around.resident,
        resident_id=resident_id, result_id=crossing.result_id, indicator=crossing.indicator.code,
        severity=crossing.severity,
        answer_time=around.policy.answer_time(crossing.severity),
        treat_time=around.policy.treat_time(crossing.severity),
        family="to_tell" if around.family_agreed else "without_consent", now=work.now,
    )  # fmt: skip


def _provide_need(
    work: UnitOfWork, around: Raising, examination: Examination, alert: Alert, crossing: Crossing
) -> tuple[Examination, Alert]:
    """Return examination and alert with the need: that of the examination while it is open, else a new one where
    the alert is grave.
    """
    if not around.wants_need(crossing.severity):
        return examination, alert
    if takes_alerts(work, examination.need_id):
        return examination, join_need(work, alert, examination.need_id)
    after = open_need(
        work, around.vault, around.needs_policy, alert, crossing.indicator, around.resident, around.person
    )
    if after.need_id is None or after.need_id == alert.need_id:  # it could not be opened
        return examination, after
    for former in {examination.need_id, alert.need_id or ""} - {""}:
        if (ended := work.get(Need, former)) is not None:
            work.put(ended.model_copy(update={"followed_by": after.need_id}))
    return examination.model_copy(update={"need_id": after.need_id}), after
