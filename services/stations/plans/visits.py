"""The visits to a home: made into needs within the horizon, moved and called off as the plan has them now."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final, NamedTuple

from services.stations.calendars.domain import Calendar, calendar_id
from services.stations.calendars.working_days import WorkingDays, working_days_of
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.planned import VisitRequest, find_obstacle
from services.stations.needs.domain.text import NeedText
from services.stations.needs.planned import call_off_need, make_need, move_need
from services.stations.needs.policy import NeedsPolicy
from services.stations.network.domain import Station
from services.stations.network.keeping import kept_at
from services.stations.plans.domain.home import HomeDue, PlanCursor, PlanHome
from services.stations.plans.domain.occurrence import (
    REMINDERS,
    Occurrence,
    find_occurrence_step,
    hindered,
    made,
    need_id_of,
)
from services.stations.plans.domain.plan import Plan
from services.stations.plans.domain.reconciliation import (
    MOST_STEPS,
    Step,
    Window,
    find_next_look,
    find_steps,
    list_ids,
)
from services.stations.plans.domain.schedule import Visit, list_visits
from services.stations.plans.policy import PlansPolicy
from services.stations.plans.storage import ErasuresOf
from shared.contracts.areas import CITY_DIGITS, DISTRICT_DIGITS, PROVINCE_DIGITS
from shared.contracts.messages import EventData
from shared.contracts.need_parts import VolunteerRequest
from shared.contracts.refusals import Refused
from shared.contracts.stations.occurrences import (
    Obstacle,
    OccurrenceCancelled,
    OccurrenceMade,
    OccurrenceMissed,
    OccurrenceMoved,
    OccurrenceShape,
)
from shared.engine import Get, Load, Loading, UnitOfWork
from shared.engine.plain import Plain
from shared.people import key_loads
from shared.runtime.vault import Vault

OCCURRENCES: Final = Plain(
    Occurrence, "occurrence", OccurrenceShape, find_occurrence_step, reminders=REMINDERS,
    keeping=kept_at(lambda one: one.station_id),
)  # fmt: skip
_LEVELS: Final = (PROVINCE_DIGITS, CITY_DIGITS, DISTRICT_DIGITS)


class Policies(NamedTuple):
    """The policies that the visits go by."""

    plans: PlansPolicy
    needs: NeedsPolicy


class Visited(NamedTuple):
    """A home, with its plan and the progress of its visits."""

    plan: Plan
    home: PlanHome
    cursor: PlanCursor


def calendar_loads(plan: Plan, now: datetime) -> list[Load]:
    """Return the loads of the calendars around a plan: of three areas, for at most six years."""
    years = range(now.year - 1, min(plan.ends_on.year, now.year + 3) + 2)
    ids = (calendar_id(plan.area[:digits], year) for digits in _LEVELS for year in years)
    return [Get(Calendar, one) for one in ids]


def working_days_around(work: UnitOfWork, plan: Plan) -> WorkingDays:
    """Return the working days of the plan's station, by the calendars of `calendar_loads`."""
    found = (work.get(load.model, load.id) for load in calendar_loads(plan, work.now) if isinstance(load, Get))
    return working_days_of(plan.area, [calendar for calendar in found if calendar is not None])


def visits_of(work: UnitOfWork, plan: Plan, policy: PlansPolicy) -> Mapping[date, Visit]:
    """Return the visits of a plan as its rules and the calendars have them now."""
    return list_visits(plan, working_days_around(work, plan), policy.zone)


def window_of(plan: Plan, home: PlanHome, cursor: PlanCursor, now: datetime, policy: PlansPolicy) -> Window:
    """Return the window of a home: from its last step to the horizon, no farther than the plan or the home goes on."""
    ends = [at for at in (plan.visits_until, home.removed_at) if at is not None]
    return Window(
        since=max(cursor.handled_until, plan.active_since), now=now, horizon=policy.horizon,
        until=min(ends, default=None), reset_at=plan.reset_at,
        called_off=plan.state == "ended" or home.state == "removed",
    )  # fmt: skip


def load_visits(home_id: str, plan_id: str, policy: PlansPolicy) -> Loading:
    """Load a home, its plan with station and calendars, its visits ahead, their needs, and the words of the next."""
    work = yield [Get(PlanHome, home_id), Get(Plan, plan_id), Get(PlanCursor, home_id)]
    plan, home, cursor = work.get(Plan, plan_id), work.get(PlanHome, home_id), work.get(PlanCursor, home_id)
    if plan is None or home is None or cursor is None:
        return
    ahead: list[Load] = [Get(Occurrence, one) for one in cursor.ahead]
    words: list[Load] = [Get(NeedText, cursor.words_of), *key_loads(cursor.words_of)]
    work = yield [*calendar_loads(plan, work.now), *ahead, *words, Get(Station, plan.station_id)]
    window = window_of(plan, home, cursor, work.now, policy)
    ids = list_ids(home_id, visits_of(work, plan, policy), window)
    work = yield [Get(Occurrence, one) for one in ids]
    known = _known(work, (*cursor.ahead, *ids))
    needs = [one.need_id for one in known.values() if one.need_id is not None]
    yield [*(Get(Need, one) for one in needs), erasures_of(home, cursor, known)]


def erasures_of(home: PlanHome, cursor: PlanCursor, known: Mapping[str, Occurrence]) -> ErasuresOf:
    """Return the search for an erasure of the person behind a home: by the needs that its visits go by."""
    needs = {home.need_id, cursor.words_of, *(one.need_id for one in known.values() if one.need_id is not None)}
    return ErasuresOf(tuple(sorted(needs)), home.area)


def _known(work: UnitOfWork, ids: Iterable[str]) -> dict[str, Occurrence]:
    found = (work.get(Occurrence, one) for one in ids)
    return {one.id: one for one in found if one is not None}


class Reconciling:
    """One look at the visits of a home, within the bounds of one message."""

    def __init__(self, work: UnitOfWork, vault: Vault, visited: Visited, policies: Policies) -> None:
        self.provisional_from: datetime | None = None
        """When the first provisional visit begins of those made in this step."""
        self._work = work
        self._vault = vault
        self._plan, self._home, self._cursor = plan, home, cursor = visited
        self._policies = policies
        self._window = window_of(plan, home, cursor, work.now, policies.plans)
        self._visits = visits_of(work, plan, policies.plans)
        self._text = work.get(NeedText, cursor.words_of)
        self._ids = (*cursor.ahead, *list_ids(home.id, self._visits, self._window))

    @property
    def lacks_words(self) -> bool:
        """Whether the words about the home were erased, or are to be: nobody could be sent there."""
        if self._home.state != "active":
            return False
        # Also before an erasure is done: it waits for the end of a visit, and no other one may take its words over.
        known = _known(self._work, self._ids)
        return self._text is None or bool(self._work.find(erasures_of(self._home, self._cursor, known)))

    def run(self) -> None:
        """Take the next steps, store the cursor, and set the timer of the next look."""
        known = _known(self._work, self._ids)
        steps = list(islice(find_steps(self._home, self._visits, known, self._window), MOST_STEPS + 1))
        for step in steps[:MOST_STEPS]:
            after = self._take(step)
            known[after.id] = after
        finished = len(steps) <= MOST_STEPS
        self._keep(known, finished)
        following = find_next_look(self._visits, known, self._window) if finished else self._work.now
        if following is None:
            self._work.forget(timer_key(self._home.id))
        else:
            look_at_home(self._work, self._plan.id, self._home.id, following)

    def _keep(self, known: Mapping[str, Occurrence], finished: bool) -> None:
        now = self._work.now
        ahead = tuple(sorted(one.id for one in known.values() if one.starts_at > now))
        until = max(self._cursor.handled_until, now) if finished else self._cursor.handled_until
        self._cursor = self._cursor.model_copy(update={"ahead": ahead, "handled_until": until})
        self._work.put(self._cursor)

    def _take(self, step: Step) -> Occurrence:
        if step.kind == "make" and self._text is not None:
            return self._make(step, self._text)
        if step.kind == "move":
            return self._move(step)
        if step.kind == "call_off":
            return self._call_off(step)
        return self._store(step.before, step.after, OccurrenceMissed if step.kind == "miss" else OccurrenceMoved)

    def _make(self, step: Step, text: NeedText) -> Occurrence:
        visit, need_id = step.after, need_id_of(step.after)
        request = _to_request(self._plan, self._home, visit)
        make_need(self._work, self._vault, request, need_id, text=text, policy=self._policies.needs)
        self._cursor = self._cursor.model_copy(update={"words_of": need_id})
        if visit.provisional and self.provisional_from is None:
            self.provisional_from = visit.starts_at
        return self._store(step.before, made(visit, need_id), OccurrenceMade)

    def _move(self, step: Step) -> Occurrence:
        need, after = self._need_of(step.before), step.after
        obstacle: Obstacle | None = None if need is None else find_obstacle(need)
        if need is not None and obstacle is None:
            obstacle = self._move_need(need, after)
        if step.before is not None and obstacle is not None:
            after = hindered(step.before, obstacle)
        return self._store(step.before, after, OccurrenceMoved)

    def _move_need(self, need: Need, after: Occurrence) -> Obstacle | None:
        try:
            move_need(self._work, need, after.starts_at, after.ends_at, self._policies.needs)
        except Refused:  # before anything was put: the other visits of this step are still to be had
            return "need_not_amendable"
        return None

    def _call_off(self, step: Step) -> Occurrence:
        need = self._need_of(step.before)
        obstacle = None if need is None else find_obstacle(need)
        if step.before is not None and obstacle == "service_has_begun":
            return self._store(step.before, hindered(step.before, obstacle), OccurrenceMoved)
        if need is not None and obstacle is None:
            call_off_need(self._work, need, self._policies.needs)
        return self._store(step.before, step.after, OccurrenceCancelled)

    def _need_of(self, visit: Occurrence | None) -> Need | None:
        if visit is None or visit.need_id is None or visit.state != "made":
            return None
        return self._work.get(Need, visit.need_id)

    def _store(self, before: Occurrence | None, after: Occurrence, event: type[EventData]) -> Occurrence:
        OCCURRENCES.store(self._work, before, after, event)
        return self._work.get(Occurrence, after.id) or after


def timer_key(home_id: str) -> str:
    """Return the key of the timer of a home; `home:` is that of the plain form."""
    return f"visits:{home_id}"


def look_at_home(work: UnitOfWork, plan_id: str, home_id: str, at: datetime | None = None) -> None:
    """Have the visits of a home looked at, at an instant or at once."""
    # Not at this very instant: a timer of the same key and instant may have fired.
    soon = work.now + timedelta(milliseconds=1)
    work.remind(timer_key(home_id), max(at or soon, soon), HomeDue(home_id=home_id, plan_id=plan_id))


def look_at_homes(work: UnitOfWork, plan: Plan) -> None:
    """Have the visits of all homes of a plan looked at: each by a message of its own."""
    for home_id in plan.home_ids:
        look_at_home(work, plan.id, home_id)


def _to_request(plan: Plan, home: PlanHome, visit: Occurrence) -> VisitRequest:
    visitors = plan.visitors
    volunteers = None if visitors is None else VolunteerRequest(
        headcount=visitors.headcount, skills=visitors.skills, languages=visitors.languages,
        starts_at=visit.starts_at, ends_at=visit.ends_at,
    )  # fmt: skip
    return VisitRequest(
        station_id=plan.station_id, area=plan.area, theme=plan.theme, urgency=plan.urgency, severity=plan.severity,
        place=home.place, beneficiaries=home.beneficiaries, groups=home.groups, lines=plan.lines,
        volunteers=volunteers, due=visit.ends_at, series=home.id,
    )  # fmt: skip
