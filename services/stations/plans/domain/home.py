"""A home of a plan: added by a need that the station knows, visited, removed. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Final

from services.stations.needs.domain.need import Need
from services.stations.plans.domain.plan import Plan
from shared.contracts.messages import Timer
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.plan_homes import HomeEnd, HomeShape
from shared.contracts.stations.plans import MOST_HOMES
from shared.engine.decide.entity import Entity
from shared.engine.plain import Aggregate

MOST_AHEAD: Final = 120
"""Visits of a home that are ahead and have been made or edited: a horizon of days, and edits beyond it."""


class PlanHome(HomeShape, Aggregate):
    """A home, and the instant from which it is visited no more."""

    collection: ClassVar[str] = "plan_homes"
    removed_at: datetime | None = None


class PlanCursor(Entity):
    """The progress of the visits to one home, whose id it has; apart from it, because each step writes it.

    All visits up to `handled_until` were made or found missed. `ahead` are the ids of visits that may still change.
    `words_of` is the need whose words go with the next visit.
    """

    collection: ClassVar[str] = "plan_cursors"
    plan_id: str
    area: str
    handled_until: datetime
    words_of: str
    ahead: tuple[str, ...] = ()


class HomeDue(Timer):
    """The visits to a home have to be looked at."""

    type: ClassVar[str] = "stations.home_due"
    home_id: str
    plan_id: str


def home_id_of(plan_id: str, need_id: str) -> str:
    """Return the id of the home that a need adds to a plan: the same need adds one home, however often it is sent."""
    return f"home_{plan_id.rpartition('_')[2]}_{need_id.rpartition('_')[2]}"


def added(plan: Plan, need: Need, before: PlanHome | None) -> PlanHome:
    """Return the home of the need, visited by the plan; `before` is the same home where it was there already.

    Raises Refused: "conflict" where the plan visits it, "invalid" for a need of another station and one home too many.
    """
    home_id = home_id_of(plan.id, need.id)
    if before is not None and before.state == "active":
        raise Refused("conflict", "home_known", field="need_id", home=before.id)
    if need.station_id != plan.station_id:
        raise Refused("invalid", "need_of_another_station", field="need_id", station=plan.station_id)
    if plan.homes >= MOST_HOMES:
        raise Refused("invalid", "homes_most", field="plan_id", most=MOST_HOMES)
    return PlanHome(
        id=home_id, version=0 if before is None else before.version, area=plan.area, plan_id=plan.id,
        station_id=plan.station_id, need_id=need.id, place=need.place, beneficiaries=need.beneficiaries,
        groups=need.groups, state="active",
    )  # fmt: skip


def removed(before: PlanHome, because: HomeEnd, now: datetime) -> PlanHome:
    """Return the home as visited no more. Raises Refused("wrong_state") where it was removed already."""
    require_active(before, "id")
    return before.model_copy(update={"state": "removed", "reason": because, "removed_at": now})


def require_active(home: PlanHome, field: str) -> None:
    """Raise Refused("wrong_state") naming the field that pointed to a home which is visited no more."""
    if home.state != "active":
        raise Refused("wrong_state", "home_removed", field=field)


def with_ahead(cursor: PlanCursor, ids: Sequence[str]) -> PlanCursor:
    """Return the cursor with these visits ahead. Raises Refused("wrong_state") for more than 120 of them."""
    ahead = tuple(sorted({*cursor.ahead, *ids}))
    if len(ahead) > MOST_AHEAD:
        raise Refused("wrong_state", "visits_edited_most", field="on", most=MOST_AHEAD)
    return cursor.model_copy(update={"ahead": ahead})


def find_home_step(_: PlanHome) -> NextStep | None:
    """Return None: the visits of a home have steps of their own."""
    return None
