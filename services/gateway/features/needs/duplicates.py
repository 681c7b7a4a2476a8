"""The search for needs that may be registered twice: those of the last days alone, and within the caller's area."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from pymongo.errors import PyMongoError

from services.gateway.backend import Backend
from services.gateway.features.needs.answer import LikelyDuplicate, NeedListed
from services.gateway.features.needs.likeness import NOBODY, Alike, Traits, find_alike, likeness_of, traits_of_view
from services.gateway.features.needs.view import NeedView
from services.gateway.http.authentication import may
from services.gateway.http.problems import Problem
from services.gateway.http.worded import ReasonAnswer
from services.gateway.reading.areas import within
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations.need_residents import MOST_NEEDS, FindNeedsBeside, Shared
from shared.contracts.stations.residents import READ
from shared.engine.decide.schema import Document
from shared.engine.decide.unit_of_work import make_id
from shared.runtime.logging import get_logger

MOST_COMPARED: Final = 50
"""The needs of one place and theme that are compared, the newest ones."""
MOST_OF_MANY: Final = 1_000
"""Likewise, of all needs of one request together."""
COMPARED: Final = (
    "state", "station_id", "likeness", "need.theme", "need.beneficiary_groups", "need.lines.item", "need.lines.kind",
    "need.registered_at",
)  # fmt: skip
"""The fields of a view that a comparison reads."""
KIND_DIGITS: Final = len("need_") + 9
"""The part of an id that holds its kind and its time."""
N = TypeVar("N", bound=NeedListed)


async def find_duplicates(
    backend: Backend, caller: Actor, needs: Sequence[NeedListed], about_people: Collection[str] = ()
) -> Mapping[str, tuple[LikelyDuplicate, ...]]:
    """Return by id the needs that each of `needs` may repeat: not cancelled, registered within the days of the setting.

    One query for all of them, and one to stations for those that name residents, the ids in `about_people`. A need
    whose view is late is compared as its station has answered.
    """
    asked = [_traits_of(need) for need in needs]
    since = backend.clock.city() - timedelta(days=backend.need_duplicate_days)
    keys = sorted({each.likeness for each in asked})
    still: Document = {"state": {"$ne": "cancelled"}, **within(caller.area)}
    newer = {"$gt": make_id("need", since, "")[:KIND_DIGITS]}
    most = min(MOST_COMPARED * len(keys), MOST_OF_MANY)
    rule: Document = {"likeness": {"$in": keys}, "_id": newer, **still}
    views = {view["_id"]: view for view in await backend.views.parts(NeedView, rule, COMPARED, most)}
    beside = await _find_beside(backend, caller, about_people, since)
    others = sorted({one for found in beside.values() for one in found} - views.keys())
    if others:
        more = await backend.views.parts(NeedView, {"_id": {"$in": others}, **still}, COMPARED, len(others))
        views |= {view["_id"]: view for view in more}
    known = [_traits_of_view(view) for view in views.values()]
    return {
        each.need_id: tuple(
            _describe(views[alike.need_id], alike)
            for alike in find_alike(each, known, beside.get(each.need_id, NOBODY))
        )
        for each in asked
    }


def _traits_of_view(view: Document) -> Traits:
    # Views of the generation before may lack newer fields.
    return traits_of_view(view["_id"], view.get("station_id", ""), view.get("likeness", ""), view["need"])


def _describe(view: Document, alike: Alike) -> LikelyDuplicate:
    return LikelyDuplicate(
        id=alike.need_id,
        state=view["state"],
        station_id=view.get("station_id", ""),
        registered_at=view["need"].get("registered_at"),
        alike=tuple(ReasonAnswer(code=part.code, args=part.args) for part in alike.parts),
    )


async def warn_of_duplicates(
    backend: Backend, caller: Actor, needs: Sequence[N], about_people: Collection[str] = ()
) -> list[N]:
    """Return the needs, each with those that it may repeat; without a word of it where the views cannot be read now.

    The needs are registered: a search that fails must not make their caller believe that they are not.
    """
    if not needs:
        return []
    try:
        found = await find_duplicates(backend, caller, needs, about_people)
    except (Problem, PyMongoError) as error:
        get_logger().warning("need_duplicates_missing", error=type(error).__name__)
        return list(needs)
    return [need.model_copy(update={"possible_duplicates": found[need.id]}) for need in needs]


async def _find_beside(
    backend: Backend, caller: Actor, need_ids: Collection[str], since: datetime
) -> Mapping[str, Mapping[str, Shared]]:
    """Return by id the needs about the same people, with the people in common; none for who may not see residents.

    None as well where stations cannot be asked now: the needs of the same place are warned of all the same.
    """
    if not need_ids or not may(caller, READ) or backend.queries.silent("stations"):
        return {}
    try:
        query = FindNeedsBeside(need_ids=tuple(need_ids)[:MOST_NEEDS], since=since)
        answer = await backend.queries.ask(query, actor=caller, why="duplicates of needs")
    except Refused as refusal:
        get_logger().warning("needs_beside_missing", code=refusal.code)
        return {}
    found: dict[str, dict[str, Shared]] = {}
    for item in answer.items:
        found.setdefault(item.need_id, {})[item.beside_id] = item.shared
    return found


def _traits_of(need: NeedListed) -> Traits:
    items = frozenset(str(line.item or line.kind) for line in need.lines)
    groups = frozenset(map(str, need.beneficiaries.groups))
    return Traits(need.id, need.station_id, likeness_of(need.theme, need.place), need.theme, groups, items)
