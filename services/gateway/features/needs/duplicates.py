"""The search for needs that may be registered twice: those of the last days alone, and within the caller's area."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from pymongo.errors import PyMongoError

from services.gateway.backend import Backend
from services.gateway.features.needs.answer import LikelyDuplicate, NeedListed
from services.gateway.features.needs.likeness import Traits, find_alike, likeness_of, traits_of_view
from services.gateway.features.needs.view import STORY, NeedView
from services.gateway.http.problems import Problem
from services.gateway.http.worded import ReasonAnswer
from services.gateway.reading.areas import within
from shared.contracts.access import Actor
from shared.engine.decide.schema import Document
from shared.engine.decide.unit_of_work import make_id
from shared.runtime.logging import get_logger

MOST_COMPARED: Final = 50
"""The needs of one place and theme that are compared, the newest ones."""
MOST_OF_MANY: Final = 1_000
"""Likewise, of all needs of one request together."""
KIND_DIGITS: Final = len("need_") + 9
"""The part of an id that holds its kind and its time."""
N = TypeVar("N", bound=NeedListed)


async def find_duplicates(
    backend: Backend, caller: Actor, needs: Sequence[NeedListed]
) -> Mapping[str, tuple[LikelyDuplicate, ...]]:
    """Return by id the needs that each of `needs` may repeat: not cancelled, registered within the days of the setting.

    One query for all of them. A need whose view is late is compared as its station has answered.
    """
    asked = [_traits_of(need) for need in needs]
    since = backend.clock.city() - timedelta(days=backend.need_duplicate_days)
    keys = sorted({each.likeness for each in asked})
    rule: Document = {
        "likeness": {"$in": keys}, "state": {"$ne": "cancelled"}, **within(caller.area),
        "_id": {"$gt": make_id("need", since, "")[:KIND_DIGITS]},
    }  # fmt: skip
    most = min(MOST_COMPARED * len(keys), MOST_OF_MANY)
    page = await backend.views.page(NeedView, rule, limit=most, after=None, without=STORY)
    views = {view.id: view for view in page.views}
    known = [traits_of_view(view.id, view.station_id, view.likeness, view.need) for view in page.views]
    return {
        each.need_id: tuple(
            LikelyDuplicate(
                id=alike.need_id, state=views[alike.need_id].state, station_id=views[alike.need_id].station_id,
                registered_at=views[alike.need_id].need.get("registered_at"),
                alike=tuple(ReasonAnswer.model_validate(part.model_dump()) for part in alike.parts),
            )
            for alike in find_alike(each, known)
        )
        for each in asked
    }  # fmt: skip


async def warn_of_duplicates(backend: Backend, caller: Actor, needs: Sequence[N]) -> list[N]:
    """Return the needs, each with those that it may repeat; without a word of it where the views cannot be read now.

    The needs are registered: a search that fails must not make their caller believe that they are not.
    """
    if not needs:
        return []
    try:
        found = await find_duplicates(backend, caller, needs)
    except (Problem, PyMongoError) as error:
        get_logger().warning("need_duplicates_missing", error=type(error).__name__)
        return list(needs)
    return [need.model_copy(update={"possible_duplicates": found[need.id]}) for need in needs]


def _traits_of(need: NeedListed) -> Traits:
    items = frozenset(str(line.item or line.kind) for line in need.lines)
    groups = frozenset(map(str, need.beneficiaries.groups))
    return Traits(need.id, need.station_id, likeness_of(need.theme, need.place), need.theme, groups, items)
