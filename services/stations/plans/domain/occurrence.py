"""One visit of a plan to a home: made into a need, moved, called off, missed and settled. Pure."""

from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from services.stations.plans.domain.home import PlanHome
from services.stations.plans.domain.schedule import Visit
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.occurrences import Obstacle, OccurrenceShape, SettleMissedVisit
from shared.engine.decide.unit_of_work import make_id
from shared.engine.plain import Aggregate
from shared.engine.reminders import Due, Reminders

SETTLE_WITHIN: Final = timedelta(hours=24)
"""The time in which somebody sees to a missed visit."""
LEAD: Final = timedelta(days=31)
"""The time of a need's id lies so far before its visit: the longest horizon that a city may have."""


class Occurrence(OccurrenceShape, Aggregate):
    """A visit, and the instant of its last edit on its own."""

    collection: ClassVar[str] = "plan_occurrences"
    edited_at: datetime | None = None


class OccurrenceDue(Due):
    """Nobody has seen to a missed visit in time."""

    type: ClassVar[str] = "stations.occurrence_due"


REMINDERS: Final = Reminders(OccurrenceDue, frozenset({"settle_missed_visit"}))


def occurrence_id_of(home_id: str, on: date) -> str:
    """Return the id of the visit to a home on a day of the rule: the same however often it is made."""
    return f"occurrence_{home_id.removeprefix('home_')}_{on:%Y%m%d}"


def need_id_of(occurrence: Occurrence) -> str:
    """Return the id of the need that is made next for a visit."""
    day = datetime(occurrence.on.year, occurrence.on.month, occurrence.on.day, tzinfo=occurrence.starts_at.tzinfo)
    return make_id("need", day - LEAD, f"{occurrence.id}/{occurrence.made + 1}")


def planned_visit(home: PlanHome, visit: Visit) -> Occurrence:
    """Return the visit as the plan has it, without a need."""
    return Occurrence(
        id=occurrence_id_of(home.id, visit.on), version=0, area=home.area, plan_id=home.plan_id, home_id=home.id,
        station_id=home.station_id, state="planned", **visit._asdict(),
    )  # fmt: skip


def made(before: Occurrence, need_id: str) -> Occurrence:
    """Return the visit with its need."""
    return before.model_copy(update={"state": "made", "need_id": need_id, "made": before.made + 1, "obstacle": None})


def rescheduled(before: Occurrence, visit: Visit) -> Occurrence:
    """Return the visit at the time that its plan has now; it follows the plan again where it was edited on its own."""
    times = {"starts_at": visit.starts_at, "ends_at": visit.ends_at}
    return before.model_copy(
        update={
            **times, "moved": visit.moved, "provisional": visit.provisional, "own": False, "edited_at": None,
            "obstacle": None,
        }
    )  # fmt: skip


def edited(before: Occurrence, starts_at: datetime, ends_at: datetime, now: datetime) -> Occurrence:
    """Return the visit at a time of its own, which the plan leaves alone from now on."""
    times = {"starts_at": starts_at, "ends_at": ends_at}
    return before.model_copy(
        update={**times, "own": True, "edited_at": now, "moved": False, "provisional": False, "obstacle": None}
    )


def hindered(before: Occurrence, obstacle: Obstacle) -> Occurrence:
    """Return the visit at its former time, with the reason why its need cannot follow the plan."""
    return before if before.obstacle == obstacle else before.model_copy(update={"obstacle": obstacle})


def called_off(before: Occurrence, now: datetime, *, own: bool) -> Occurrence:
    """Return the visit as cancelled, by an edit of its own or with its plan."""
    return before.model_copy(
        update={"state": "cancelled", "own": own, "edited_at": now if own else None, "obstacle": None}
    )


def missed(before: Occurrence, now: datetime) -> Occurrence:
    """Return the visit as missed: its time has passed, and nobody was asked for it."""
    return before.model_copy(update={"state": "missed", "missed_at": now})


def settled(asked: SettleMissedVisit, before: Occurrence, _: datetime) -> Occurrence:
    """Return the missed visit as settled. Raises Refused("wrong_state") where it was not missed, or is settled."""
    if before.state != "missed":
        raise Refused("wrong_state", "visit_not_missed", field="id")
    if before.outcome is not None:
        raise Refused("wrong_state", "visit_settled", field="id")
    return before.model_copy(update={"outcome": asked.outcome})


def find_occurrence_step(visit: Occurrence) -> NextStep | None:
    """Return the step of a missed visit that nobody has seen to; a made one has the steps of its need."""
    if visit.state != "missed" or visit.outcome is not None or visit.missed_at is None:
        return None
    return NextStep(code="settle_missed_visit", due=visit.missed_at + SETTLE_WITHIN)
