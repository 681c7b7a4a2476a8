"""Old ids of persons in requests: an id that was merged is answered with the one that stands for it.

Where that one was erased, each id is known by itself again.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from services.gateway.features.merges.view import ErasedView, IdentityView
from services.gateway.http.problems import Problem
from services.gateway.projection.view import View
from services.gateway.reading.views import Views
from shared.contracts.access import Actor
from shared.contracts.persons import PersonReference, may_see_person
from shared.engine.decide.schema import Document

BEING_BUILT: Final = 503
MOST_OF_A_PAGE: Final = 40
"""People with several ids that are read at once: each has 20 ids at most."""
V = TypeVar("V", bound=View)


@dataclass(frozen=True, slots=True)
class Known:
    """A person: the id that stands for all, its version, and the ids that were merged into it."""

    id: str
    version: int = 1
    merged_ids: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids of the person."""
        return (self.id, *self.merged_ids)


async def find_known(views: Views, ids: Sequence[str]) -> Mapping[str, Known]:
    """Return the persons with these ids, by the id asked for, as far as the ids took part in a merge."""
    found = {view.id: view for view in await _find(views, IdentityView, ids)}
    wanted = {view.survivor_id for view in found.values()}
    survivors = found | {view.id: view for view in await _find(views, IdentityView, wanted - found.keys())}
    gone = {view.id for view in await _find(views, ErasedView, wanted)}
    return {
        one: Known(one, view.seen) if view.survivor_id in gone else _known(survivors[view.survivor_id])
        for one, view in found.items()
        if view.survivor_id in survivors
    }


async def find_person(views: Views, person_id: str) -> Known:
    """Return the person with that id: itself where it never took part in a merge."""
    return (await find_known(views, [person_id])).get(person_id, Known(person_id))


async def person_rule(views: Views, field: str, person_id: str | None) -> Document:
    """Return the MongoDB rule for things of that person under any id; for all things without one."""
    if person_id is None:
        return {}
    person = await find_person(views, person_id)
    return {field: {"$in": list(person.ids)} if person.merged_ids else person.id}


async def with_merged_ids(views: Views, people: Sequence[PersonReference], caller: Actor) -> list[PersonReference]:
    """Return the references with those of all ids that were merged with one of them, each once; of a person whom the
    caller may not see the given one alone.
    """
    known = await find_known(views, [person.id for person in people if may_see_person(caller, person.kind)])
    every = [
        PersonReference(kind=person.kind, id=one)
        for person in people
        for one in (person.id, *(known[person.id].ids if person.id in known else ()))
    ]
    return list(dict.fromkeys(every))


async def list_merged(views: Views, begin: str) -> AsyncIterator[list[tuple[str, ...]]]:
    """Yield pages of people with several ids, of at most MOST_OF_A_PAGE: of each all ids that stand for one person.

    `begin` is the beginning of all ids of their kind. Those whose surviving id was erased have one id each, and are
    left out.
    """
    after = begin
    while True:
        rule: Document = {"_id": {"$gt": after, "$regex": f"^{begin}"}, "merged_ids.0": {"$exists": True}}
        try:
            found = await views.ordered(IdentityView, rule, MOST_OF_A_PAGE)
        except Problem as problem:
            # While the view is built for the first time there is no merge yet that it could show.
            if problem.status != BEING_BUILT:
                raise
            return
        gone = {view.id for view in await _find(views, ErasedView, [view.id for view in found])}
        yield [(view.id, *view.merged_ids) for view in found if view.id not in gone]
        if len(found) < MOST_OF_A_PAGE:
            return
        after = found[-1].id


async def survivor_rule(views: Views, rule: Document) -> Document:
    """Return the rule of an external id for the person who has the thing's id now."""
    ids = rule.get("_id", {}).get("$in", [])
    known = await find_known(views, ids)
    return rule if not known else {"_id": {"$in": [known[one].id if one in known else one for one in ids]}}


def _known(survivor: IdentityView) -> Known:
    return Known(survivor.id, survivor.seen, tuple(survivor.merged_ids))


async def _find(views: Views, model: type[V], ids: Iterable[str]) -> list[V]:
    ids = sorted(ids)
    if not ids:
        return []
    try:
        return await views.some(model, {"_id": {"$in": ids}}, len(ids))
    except Problem as problem:
        # While the view is built for the first time there is no merge yet that it could show.
        if problem.status != BEING_BUILT:
            raise
        return []
