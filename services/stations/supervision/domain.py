"""A visit to a station and a finding through their lives: recorded, corrected, checked; and who decides about them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Final

from services.stations.network.domain import Station
from shared.contracts.access import Actor
from shared.contracts.clocks import CLOCKS_APART
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.supervision import (
    CloseFinding,
    ExtendFinding,
    FindingShape,
    FindingState,
    RecordFinding,
    RecordVisit,
    ReopenFinding,
    VisitShape,
    WithdrawFinding,
    WithdrawVisit,
)
from shared.engine.plain import Aggregate
from shared.engine.reminders import Due, Reminders

LATEST: Final = timedelta(days=365)
"""The longest time for a correction."""
CHECK_WITHIN: Final = timedelta(days=14)
"""The time for the check of a correction that was reported."""


class Visit(VisitShape, Aggregate):
    """A visit as it is recorded."""

    collection: ClassVar[str] = "visits"


class Finding(FindingShape, Aggregate):
    """A finding, and the principal who reported its correction last."""

    collection: ClassVar[str] = "findings"
    corrected_by: str = ""


class FindingDue(Due):
    """The next step of a finding is overdue: the next level is reminded."""

    type: ClassVar[str] = "stations.finding_due"


def recorded(asked: RecordVisit, station: Station, visit_id: str, now: datetime) -> Visit:
    """Return a new visit. Raises Refused("invalid") for one that ends in the future."""
    # Subtracted from now: the calendar may end before a visit that begins on its last day does.
    if asked.began_at > now + CLOCKS_APART - timedelta(minutes=asked.minutes):
        raise Refused("invalid", "visit_ahead", field="began_at")
    return Visit(id=visit_id, version=0, area=station.area, state="recorded", **_facts(asked))


def visit_withdrawn(asked: WithdrawVisit, before: Visit, _: datetime) -> Visit:
    """Return the visit as withdrawn. Raises Refused("wrong_state") where it is withdrawn already."""
    require_recorded(before, "id")
    return before.model_copy(update={"state": "withdrawn", "reason": asked.reason})


def found(asked: RecordFinding, visit: Visit, finding_id: str, now: datetime) -> Finding:
    """Return a new, open finding. Raises Refused: "wrong_state" of a withdrawn visit, "invalid" for the time."""
    require_recorded(visit, "visit_id")
    _require_due(asked.due, now)
    return Finding(
        id=finding_id, version=0, area=visit.area, state="open", station_id=visit.station_id, **_facts(asked)
    )  # fmt: skip


def extended(asked: ExtendFinding, before: Finding, now: datetime) -> Finding:
    """Return the finding with another time. Raises Refused: "wrong_state" unless it is open, "invalid" for the time."""
    _require(before, "open")
    _require_due(asked.due, now)
    return before if asked.due == before.due else before.model_copy(update={"due": asked.due})


def corrected(before: Finding, principal: str, now: datetime) -> Finding:
    """Return the finding as corrected, by that principal. Raises Refused("wrong_state") unless it is open."""
    _require(before, "open")
    return before.model_copy(update={"state": "corrected", "corrected_at": now, "corrected_by": principal})


def reopened(asked: ReopenFinding, before: Finding, now: datetime) -> Finding:
    """Return the finding as open again. Raises Refused: "wrong_state" unless corrected, "invalid" for the time."""
    _require(before, "corrected")
    _require_due(asked.due, now)
    return before.model_copy(update={"state": "open", "due": asked.due, "reopened": before.reopened + 1})


def closed(_: CloseFinding, before: Finding, __: datetime) -> Finding:
    """Return the finding as closed. Raises Refused("wrong_state") unless it is corrected."""
    _require(before, "corrected")
    return before.model_copy(update={"state": "closed"})


def withdrawn(asked: WithdrawFinding, before: Finding, _: datetime) -> Finding:
    """Return the finding as withdrawn. Raises Refused("wrong_state") where it is closed or withdrawn."""
    _require(before, "open", "corrected")
    return before.model_copy(update={"state": "withdrawn", "reason": asked.reason})


def find_next_step(finding: Finding) -> NextStep | None:
    """Return the next step: the station corrects, then the level above checks; None once it has ended."""
    if finding.state == "open":
        return NextStep(code="correct_finding", due=finding.due)
    if finding.state == "corrected" and finding.corrected_at is not None:
        return NextStep(code="check_correction", due=finding.corrected_at + CHECK_WITHIN)
    return None


REMINDERS: Final = Reminders(
    FindingDue, frozenset({"correct_finding", "check_correction"}), above=frozenset({"check_correction"})
)


def require_oversight(actor: Actor, thing: Station | Visit | Finding, field: str) -> None:
    """Raise Refused("not_allowed") for an actor of the station itself: the level above decides about it.

    `field` is that of the command which names the thing.
    """
    if len(actor.area) >= len(thing.area):
        raise Refused("not_allowed", "supervised_by_itself", field=field, area=thing.area)


def require_other_hand(actor: Actor, finding: Finding) -> None:
    """Raise Refused("not_allowed") for the principal who reported the correction: somebody else checks it."""
    if actor.principal == finding.corrected_by:
        raise Refused("not_allowed", "correction_by_own_hand", field="id")


def require_recorded(visit: Visit, field: str) -> None:
    """Raise Refused("wrong_state") naming the field that pointed to the visit, where it is withdrawn."""
    if visit.state != "recorded":
        raise Refused("wrong_state", "visit_withdrawn", field=field)


def _facts(asked: RecordVisit | RecordFinding) -> Mapping[str, object]:
    return {name: value for name, value in dict(asked).items() if name != "external_id"}


def _require(finding: Finding, *allowed: FindingState) -> None:
    if finding.state not in allowed:
        raise Refused("wrong_state", "finding_not_in_state", field="id", state=finding.state, allowed=",".join(allowed))


def _require_due(due: datetime, now: datetime) -> None:
    if not now < due <= now + LATEST:
        raise Refused("invalid", "correction_due_range", field="due", days=LATEST.days)
