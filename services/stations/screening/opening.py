"""The need of an alert: opened by needs' own registration, ended with a false alarm, and the end of the alert with it.

A need that cannot be opened leaves the alert with the rule against it: nobody is left without an alert.
"""

from datetime import datetime, timedelta
from typing import Final

from services.stations.needs.actions import Vault
from services.stations.needs.announcing import announce
from services.stations.needs.domain.cancellation import cancelled
from services.stations.needs.domain.need import Need
from services.stations.needs.handlers import take_in
from services.stations.needs.policy import NeedsPolicy
from services.stations.residents.domain import Resident
from services.stations.screening.domain.alert import OPEN_STATES, Alert
from services.stations.screening.storage import ScreeningNeed
from shared.contracts import Refused
from shared.contracts.need_parts import Urgency
from shared.contracts.stations.indicators import IndicatorDefinition
from shared.contracts.stations.needs import NeedState, RegisterNeed
from shared.contracts.stations.residents import ResidentParticulars
from shared.engine import Get, Load, Loading, UnitOfWork

URGENCIES: Final[dict[str, tuple[Urgency, int]]] = {"watch": ("normal", 3), "high": ("high", 4)}
"""Urgency and severity (1 to 5) of a need, by the severity of its alert; any other is the gravest."""
GRAVEST: Final[tuple[Urgency, int]] = ("urgent", 5)
LEAST_TIME: Final = timedelta(hours=1)
MOST_GROUPS: Final = 10
UNDER_WAY: Final[frozenset[NeedState]] = frozenset({"draft", "assessed", "published", "ready", "in_service"})
"""The states of a need that an alert more may join; one that is served or has ended sees to no more."""
MOST_JOINED: Final = 60
"""Alerts of one need; another need is opened for those that follow."""


def open_need(  # noqa: PLR0917 - the facts of one need
    work: UnitOfWork, vault: Vault, policy: NeedsPolicy, alert: Alert, indicator: IndicatorDefinition,
    resident: Resident, person: ResidentParticulars,
) -> Alert:  # fmt: skip
    """Publish a need for the alert that names the resident, due with the treatment; return the alert with the need, or
    with the rule against it.

    Needs the loads of needs' registration: station, resident, catalogue and the actor's reference.
    """
    try:
        asked = _request(alert, indicator, resident, person, work.now)
        need = take_in(work, asked, vault, policy)
    except Refused as refusal:
        return alert.model_copy(update={"need_refused": refusal.rule})
    work.put(ScreeningNeed(id=need.id, area=alert.area, alerts=(alert.id,)))
    return alert.model_copy(update={"need_id": need.id})


def _request(
    alert: Alert, indicator: IndicatorDefinition, resident: Resident, person: ResidentParticulars, now: datetime
) -> RegisterNeed:  # fmt: skip
    """Return the request of the need. Raises Refused("wrong_state") where the home has no place on record."""
    if (home := person.location) is None:
        raise Refused("wrong_state", "home_not_located", field="resident_id")
    urgency, severity = URGENCIES.get(alert.severity, GRAVEST)
    return RegisterNeed.model_validate(
        {
            "station_id": alert.station_id,
            "title": f"{indicator.zh} · {indicator.en}",
            "theme": indicator.theme,
            "urgency": urgency,
            "severity": severity,
            "due": _due(alert, now),
            "location": home,
            "beneficiaries": {"count": 1, "groups": person.groups[:MOST_GROUPS]},
            "lines": [{"kind": "service", "item": indicator.service, "quantity": 1}],
            "channel": "screening",
            "residents": (resident.id,),
            "publish": True,
        }
    )


def takes_alerts(work: UnitOfWork, need_id: str) -> bool:
    """Return whether the need is under way, so that an alert more is seen to with it. Needs the loads of both."""
    need, known = work.get(Need, need_id) if need_id else None, work.get(ScreeningNeed, need_id) if need_id else None
    return need is not None and need.state in UNDER_WAY and known is not None and len(known.alerts) < MOST_JOINED


def join_need(work: UnitOfWork, alert: Alert, need_id: str) -> Alert:
    """Return the alert with the need that was opened for the same examination. Needs the load of ScreeningNeed."""
    known = work.get(ScreeningNeed, need_id)
    if known is not None and alert.id not in known.alerts:
        work.put(known.model_copy(update={"alerts": (*known.alerts, alert.id)}))
    return alert.model_copy(update={"need_id": need_id})


def load_need_of(work: UnitOfWork, alert: Alert | None) -> Loading:
    """Load the need of the alert and the other alerts of it, for `close_need`."""
    if loads := need_loads(alert):
        work = yield loads
        yield joined_loads(work, alert)


def need_loads(alert: Alert | None) -> list[Load]:
    """Return the first of the two loads of `load_need_of`."""
    need_id = None if alert is None else alert.need_id
    return [] if need_id is None else [Get(Need, need_id), Get(ScreeningNeed, need_id)]


def joined_loads(work: UnitOfWork, alert: Alert | None) -> list[Load]:
    """Return the second of the two: the other alerts of the need."""
    if alert is None or alert.need_id is None or (joined := work.get(ScreeningNeed, alert.need_id)) is None:
        return []
    return [Get(Alert, one) for one in joined.alerts if one != alert.id]


def close_need(work: UnitOfWork, alert: Alert, policy: NeedsPolicy) -> None:
    """Cancel the need of a dismissed alert, unless another open alert needs it, or it is served already.

    Needs `load_need_of`.
    """
    need = None if alert.need_id is None else work.get(Need, alert.need_id)
    if need is None or alert.state != "dismissed":
        return
    joined = work.get(ScreeningNeed, need.id)
    for one in joined.alerts if joined is not None else ():
        other = None if one == alert.id else work.get(Alert, one)
        if other is not None and other.state in (*OPEN_STATES, "treated"):
            return
    try:
        after = cancelled(need, work.now, "entered_wrongly")
    except Refused:
        return
    announce(work, after, need, policy)


def _due(alert: Alert, now: datetime) -> datetime:
    # A deadline that has passed meanwhile leaves the need some time: it cannot be due in the past.
    return max(alert.treat_by, now + LEAST_TIME)
