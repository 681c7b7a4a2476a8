"""Reconciliation: the steps that lead from the visits of a home as they stand to those that its plan has now. Pure.

The same steps serve a new day of the horizon, an edit of the plan, a calendar, a pause, and a service that was away:
each run compares, so that a run which comes twice, late or after a jump of the clock changes nothing more.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple

from services.stations.plans.domain.home import PlanHome
from services.stations.plans.domain.occurrence import (
    Occurrence,
    called_off,
    missed,
    occurrence_id_of,
    planned_visit,
    rescheduled,
)
from services.stations.plans.domain.schedule import Visit

StepKind = Literal["make", "miss", "move", "call_off", "confirm"]
"""Make the need; record that it is too late for one; move it; call it off; only the visit's own fields are others."""
MOST_STEPS: Final = 8
"""Steps of one message: each stores and announces two things. The rest follows at once."""


class Step(NamedTuple):
    """One step of a visit: from `before` as it is stored, None where it is new, to `after`.

    Of a visit that is to be made or moved, `after` is the visit at its time, for which a need is still to be had.
    """

    kind: StepKind
    before: Occurrence | None
    after: Occurrence


class Window(NamedTuple):
    """The instants between which visits are looked at: after `since`, up to `until` where the plan is not going on."""

    since: datetime
    now: datetime
    horizon: timedelta
    until: datetime | None = None
    reset_at: datetime | None = None
    called_off: bool = False
    """Whether visits that were edited on their own are called off, too: the plan has ended, or the home was removed."""


def find_steps(
    home: PlanHome, visits: Mapping[date, Visit], known: Mapping[str, Occurrence], window: Window
) -> Iterator[Step]:
    """Yield the steps of a home, in the order of its days: `visits` are those of the plan, `known` those stored.

    Visits that have begun stay as they are.
    """
    by_day = {one.on: one for one in known.values()}
    for on in sorted({*_select(visits, window), *by_day}):
        visit, stored = visits.get(on), by_day.get(on)
        if visit is not None and not _goes_on(visit.starts_at, window):
            visit = None
        if stored is not None:
            step = _find_step(stored, visit, window)
        else:
            step = None if visit is None else _begin(planned_visit(home, visit), window)
        if step is not None:
            yield step


def list_ids(home_id: str, visits: Mapping[date, Visit], window: Window) -> list[str]:
    """Return the ids of the visits that the window shows."""
    return [occurrence_id_of(home_id, on) for on in _select(visits, window)]


def find_next_look(visits: Mapping[date, Visit], known: Mapping[str, Occurrence], window: Window) -> datetime | None:
    """Return the instant at which the next visit comes within the horizon; None where none is left to come."""
    if window.until is not None:
        return None
    edge = window.now + window.horizon
    own = [one.starts_at for one in known.values() if one.state == "planned"]
    ahead = [one.starts_at for one in visits.values() if one.starts_at > edge]
    return min((at - window.horizon for at in (*own, *ahead) if at > edge), default=None)


def _select(visits: Mapping[date, Visit], window: Window) -> list[date]:
    edge = window.now + window.horizon
    return [on for on, one in visits.items() if window.since < one.starts_at <= edge]


def _begin(visit: Occurrence, window: Window) -> Step:
    if visit.starts_at > window.now:
        return Step("make", None, visit)
    return Step("miss", None, missed(visit, window.now))


def _find_step(known: Occurrence, visit: Visit | None, window: Window) -> Step | None:
    if known.starts_at <= window.now:
        late = known.state == "planned" and _goes_on(known.starts_at, window)
        return Step("miss", known, missed(known, window.now)) if late else None
    if known.state == "made" and known.obstacle is not None:
        return None  # its need goes its own way
    if known.own and not _is_reset(known, window):
        return _follow_own(known, window)
    if visit is None:
        return _call_off(known, window) if known.state in ("planned", "made") else None
    return _follow_plan(known, visit, window)


def _call_off(known: Occurrence, window: Window) -> Step:
    if known.own and not window.called_off:
        # A pause takes the need away; the edit counts again afterwards.
        return Step("call_off", known, known.model_copy(update={"state": "planned", "need_id": None}))
    return Step("call_off", known, called_off(known, window.now, own=False))


def _follow_own(known: Occurrence, window: Window) -> Step | None:
    """Return the step of a visit that was edited on its own."""
    if known.state == "cancelled":
        return None
    if not _goes_on(known.starts_at, window):
        kept = known.state == "planned" and not window.called_off
        return None if kept else _call_off(known, window)
    within = known.starts_at <= window.now + window.horizon
    return Step("make", known, known) if known.state == "planned" and within else None


def _follow_plan(known: Occurrence, visit: Visit, window: Window) -> Step | None:
    if visit.starts_at <= window.now:
        return None
    after = rescheduled(known, visit)
    if known.state in ("planned", "cancelled"):
        if visit.starts_at <= window.now + window.horizon:
            return Step("make", known, after)
        return None if after == known else Step("confirm", known, after)
    if known.state != "made" or after == known:
        return None
    same_time = (known.starts_at, known.ends_at) == (visit.starts_at, visit.ends_at)
    return Step("confirm" if same_time else "move", known, after)


def _goes_on(starts_at: datetime, window: Window) -> bool:
    return window.until is None or starts_at <= window.until


def _is_reset(known: Occurrence, window: Window) -> bool:
    return window.reset_at is not None and (known.edited_at is None or known.edited_at <= window.reset_at)
