"""The commands of visits and findings, and the reminders of findings.

All but three are plain. A visit and a finding take their area from the thing above them, and the report of a correction
keeps its principal: these are written here.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

from services.stations.network.domain import Station, require_open
from services.stations.network.keeping import kept_at
from services.stations.supervision.domain import (
    REMINDERS,
    Finding,
    FindingDue,
    Visit,
    closed,
    corrected,
    extended,
    find_next_step,
    found,
    recorded,
    reopened,
    require_other_hand,
    require_oversight,
    visit_withdrawn,
    withdrawn,
)
from shared.contracts.access import Actor
from shared.contracts.messages import EventData
from shared.contracts.plain import Action, Creation
from shared.contracts.stations.supervision import (
    CloseFinding,
    ExtendFinding,
    FindingClosed,
    FindingCorrected,
    FindingExtended,
    FindingOverdue,
    FindingRecorded,
    FindingReopened,
    FindingShape,
    FindingWithdrawn,
    RecordFinding,
    RecordVisit,
    ReopenFinding,
    ReportCorrection,
    VisitRecorded,
    VisitShape,
    VisitWithdrawn,
    WithdrawFinding,
    WithdrawVisit,
)
from shared.engine import TURN, Get, Handler, HandlerTable, Handling, Incoming, Load, UnitOfWork
from shared.engine.decide.external_ids import Namer, keep_name, name_load
from shared.engine.plain import Check, Plain, check_version

VISITS: Final = Plain(Visit, "visit", VisitShape, lambda _: None)
FINDINGS: Final = Plain(
    Finding, "finding", FindingShape, find_next_step, reminders=REMINDERS, keeping=kept_at(lambda one: one.station_id)
)
C = TypeVar("C", bound=Creation)
P = TypeVar("P", Station, Visit)


def _record_beneath(
    kind: Plain[Any], above: type[P], field: str, decide: Callable[[C, P, str, datetime], Any], event: type[EventData]
) -> Handler:
    """Return the handler of a command that records a thing beneath another, in its area: `decide(command, above, id,
    now)`.

    It raises the errors of `decide`, Refused("not_found") for an unknown thing above, "not_allowed" for its own people,
    and "wrong_state" for a closed station.
    """

    def handle(message: Incoming[C], vault: Namer) -> Handling:
        asked: C = message.data
        actor: Actor = message.actor
        loads: list[Load] = [Get(above, getattr(asked, field), actor.area)]
        yield [*loads, *name_load(vault, actor.principal, kind.kind, asked.external_id)]
        work = yield TURN
        parent = work.reach(above, getattr(asked, field), field)
        require_oversight(actor, parent, field)
        if isinstance(parent, Station):
            require_open(parent, field)
        after = decide(asked, parent, work.new_id(kind.kind), work.now)
        keep_name(work, vault, kind.kind, after.id, asked.external_id)
        return kind.store(work, None, after, event)

    return handle


def report_correction(message: Incoming[ReportCorrection]) -> Handling:
    """Keep the correction with the principal who reports it, so that somebody else checks it."""
    asked = message.data
    yield [Get(Finding, asked.id, message.actor.area)]
    work = yield TURN
    before = work.reach(Finding, asked.id, "id")
    check_version(before, FINDINGS.kind, asked.expected_version)
    return FINDINGS.store(work, before, corrected(before, message.actor.principal, work.now), FindingCorrected)


def _oversee_visit(asked: Action, work: UnitOfWork) -> None:
    require_oversight(work.message.actor, work.reach(Visit, asked.id, "id"), "id")


def _oversee_finding(asked: Action, work: UnitOfWork) -> None:
    require_oversight(work.message.actor, work.reach(Finding, asked.id, "id"), "id")


def _check_correction(asked: Action, work: UnitOfWork) -> None:
    finding = work.reach(Finding, asked.id, "id")
    require_oversight(work.message.actor, finding, "id")
    require_other_hand(work.message.actor, finding)


VISIT_BY_LEVEL_ABOVE: Final[Check[Any]] = Check(lambda _: (), _oversee_visit)
BY_LEVEL_ABOVE: Final[Check[Any]] = Check(lambda _: (), _oversee_finding)
BY_ANOTHER: Final[Check[Any]] = Check(lambda _: (), _check_correction)
HANDLERS: Final[HandlerTable] = {
    RecordVisit: _record_beneath(VISITS, Station, "station_id", recorded, VisitRecorded),
    WithdrawVisit: VISITS.change(visit_withdrawn, VisitWithdrawn, VISIT_BY_LEVEL_ABOVE),
    RecordFinding: _record_beneath(FINDINGS, Visit, "visit_id", found, FindingRecorded),
    ExtendFinding: FINDINGS.change(extended, FindingExtended, BY_LEVEL_ABOVE),
    ReportCorrection: report_correction,
    ReopenFinding: FINDINGS.change(reopened, FindingReopened, BY_LEVEL_ABOVE),
    CloseFinding: FINDINGS.change(closed, FindingClosed, BY_ANOTHER),
    WithdrawFinding: FINDINGS.change(withdrawn, FindingWithdrawn, BY_ANOTHER),
    FindingDue: FINDINGS.remind(FindingOverdue),
}
