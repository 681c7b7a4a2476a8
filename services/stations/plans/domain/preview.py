"""The preview of an edit: the visits that it would touch, before it does. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.stations.calendars.working_days import WorkingDays
from services.stations.needs.domain.planned import NeedObstacle
from services.stations.plans.domain.editing import edited_plan, find_new_time, find_visit
from services.stations.plans.domain.occurrence import Occurrence, occurrence_id_of
from services.stations.plans.domain.plan import Plan
from services.stations.plans.domain.schedule import Visit, list_visits
from shared.contracts.stations.plan_previews import Effect, TouchedVisit
from shared.contracts.stations.plans import PlanEdit

Obstacles = Mapping[str, NeedObstacle | None]
"""By need: the reason why it cannot follow its visit."""


class Present(NamedTuple):
    """A plan as it stands: its stored visits that are ahead, by id, its working days, the instant and the zone."""

    plan: Plan
    known: Mapping[str, Occurrence]
    days: WorkingDays
    now: datetime
    zone: ZoneInfo


def list_touched(edit: PlanEdit, present: Present) -> Iterator[TouchedVisit]:
    """Yield the visits ahead that the edit touches, by day and home; without the obstacles of their needs.

    Raises Refused as the edit does.
    """
    plan, known, days, now, zone = present
    before = list_visits(plan, days, zone)
    if edit.home_id is not None and edit.on is not None:
        stored = known.get(occurrence_id_of(edit.home_id, edit.on))
        visit = find_visit(plan, stored, before, edit.on, now)
        becomes = None if edit.cancelled else find_new_time(edit, plan, visit, now, zone)[0]
        yield _touch_one(edit.home_id, visit, becomes, stored)
        return
    after = list_visits(edited_plan(edit, plan, now, zone), days, zone)
    reset = edit.extent == "all"
    for on in sorted({*before, *after, *(one.on for one in known.values())}):
        for home_id in sorted(plan.home_ids):
            stored = known.get(occurrence_id_of(home_id, on))
            if stored is not None and ((stored.own and not reset) or stored.obstacle is not None):
                continue
            touched = _touch(home_id, on, stored, (before.get(on), after.get(on)), now)
            if touched is not None:
                yield touched


def _touch(
    home_id: str, on: date, stored: Occurrence | None, visits: tuple[Visit | None, Visit | None], now: datetime
) -> TouchedVisit | None:
    former, later = (None if one is None or one.starts_at <= now else one for one in visits)
    starts_at, ends_at = (None, None) if former is None else (former.starts_at, former.ends_at)
    need_id = None
    if stored is not None:
        if stored.starts_at <= now:
            return None
        called_off = stored.state == "cancelled"
        starts_at, ends_at = (None, None) if called_off else (stored.starts_at, stored.ends_at)
        need_id = stored.need_id if stored.state == "made" else None
    effect: Effect = "moved"
    if later is None:
        effect = "cancelled"
    elif starts_at is None:
        effect = "added"
    if (starts_at, ends_at) == ((None, None) if later is None else (later.starts_at, later.ends_at)):
        return None
    return TouchedVisit(
        home_id=home_id, on=on, effect=effect, starts_at=starts_at, need_id=need_id,
        becomes_at=None if later is None else later.starts_at,
    )  # fmt: skip


def _touch_one(home_id: str, visit: Visit, becomes: datetime | None, stored: Occurrence | None) -> TouchedVisit:
    return TouchedVisit(
        home_id=home_id, on=visit.on, effect="cancelled" if becomes is None else "moved", starts_at=visit.starts_at,
        becomes_at=becomes, need_id=None if stored is None else stored.need_id,
    )  # fmt: skip
