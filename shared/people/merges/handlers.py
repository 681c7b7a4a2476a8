"""The commands that merge two ids of one person and part them again, for the service that owns the person's data."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, TypeVar

from shared.contracts.merging import MergeAnswer, MergePersons, MergeSnapshot, UnmergePersons
from shared.contracts.persons import PersonKind
from shared.engine import (
    Capability,
    Entity,
    Get,
    HandlerTable,
    Handling,
    Incoming,
    Load,
    Loading,
    UnitOfWork,
    take_turn,
)
from shared.engine.decide.actor_references import Blinder, refer, reference_load
from shared.people.erasing import Erased, area_of, require_not_erased
from shared.people.identities import (
    Identity,
    find_between,
    identity_load,
    identity_of,
    join,
    part,
    require_mergeable,
    require_unmergeable,
    require_version,
    states_of,
)
from shared.people.merges.history import INDEXES, Merge, holdings_for

P = TypeVar("P", bound=Entity)
M = TypeVar("M", bound=Merge)


class Effects(Generic[P, M]):
    """The effects of a merge, and of its undoing, on all else that the service keeps about both: here there are none.

    A service with more has a subclass. Its loads may take two rounds; its changes may refuse, and return the merge with
    the fields of their own.
    """

    def load_merge(self, work: UnitOfWork, merged: P, into: P) -> Loading:  # noqa: ARG002
        """Load all that `merge` needs."""
        yield from ()

    def merge(self, work: UnitOfWork, merge: M, merged: P, into: P) -> M:  # noqa: ARG002
        """Have `into` take over from `merged`."""
        return merge

    def load_unmerge(self, work: UnitOfWork, merge: M, merged: P, survivor: P) -> Loading:  # noqa: ARG002
        """Load all that `unmerge` needs."""
        yield from ()

    def unmerge(self, work: UnitOfWork, merge: M, merged: P, survivor: P) -> M:  # noqa: ARG002
        """Give back to `merged` its own."""
        return merge


NO_EFFECTS: Final[Effects[Any, Any]] = Effects()


@dataclass(frozen=True)
class Merges(Generic[P, M]):
    """Merges of one kind of person, as their owner declares them.

    `person` is the entity whose `area` bounds the actors, `record` the merge as it is kept. The messages are those of
    the service's contract.
    """

    kind: PersonKind
    person: type[P]
    record: type[M]
    merge: type[MergePersons]
    unmerge: type[UnmergePersons]
    merged: type[MergeSnapshot]
    unmerged: type[MergeSnapshot]
    answer: type[MergeAnswer]

    def declare(self, handlers: HandlerTable | None = None) -> Capability:
        """Return the capability. `handlers` are those of a service whose merges have effects."""
        return Capability(
            "merges", handlers=handlers or self._handlers(), indexes=INDEXES, holdings=holdings_for(self.kind)
        )

    def _handlers(self) -> HandlerTable:
        def merge(message: Incoming[MergePersons], vault: Blinder) -> Handling:
            return self.run_merge(message, vault, NO_EFFECTS)

        def unmerge(message: Incoming[UnmergePersons], vault: Blinder) -> Handling:
            return self.run_unmerge(message, vault, NO_EFFECTS)

        return {self.merge: merge, self.unmerge: unmerge}

    def run_merge(self, message: Incoming[MergePersons], vault: Blinder, effects: Effects[P, M]) -> Handling:
        """Have one id stand for the other. Answers the declared answer.

        Raises Refused("not_found") for an id that the actor does not reach, Refused("version_mismatch"), and
        Refused("wrong_state") as `require_not_erased`, `require_mergeable` and the effects do.
        """
        asked, field = message.data, message.data.person_field
        work = yield from take_turn(partial(self._load_merge, message, effects))
        merged = work.reach(self.person, asked.person_id, field)
        into = work.reach(self.person, asked.into_id, "into_id")
        old, new = identity_of(work, merged.id), identity_of(work, into.id)
        require_not_erased(work, field, merged.id, into.id)
        require_mergeable(old, new, field)
        require_version(old, self.kind, asked.expected_version, "If-Match")
        require_version(new, self.kind, asked.expected_into_version, "expected_into_version")
        merge = self.record(
            id=work.new_id("merge"), area=area_of(into), merged_id=merged.id, survivor_id=into.id,
            reason=asked.reason_code, merged_at=work.now, merged_by=refer(work, vault),
        )  # fmt: skip
        merge = effects.merge(work, merge, merged, into)
        return self._announce(work, merge, self.merged, join(work, old, new, merge.id))

    def run_unmerge(self, message: Incoming[UnmergePersons], vault: Blinder, effects: Effects[P, M]) -> Handling:
        """Part two merged ids; later records stay with the survivor. Answers the declared answer.

        Raises Refused("not_found") for an id that the actor does not reach, Refused("version_mismatch"), and
        Refused("wrong_state") as `require_unmergeable` and the effects do, and for an id whose data was erased. An
        erased survivor may be parted from: it gets nothing back.
        """
        asked, field = message.data, message.data.person_field
        work = yield from take_turn(partial(self._load_unmerge, message, effects))
        merged = work.reach(self.person, asked.person_id, field)
        old, between = identity_of(work, merged.id), find_between(work, identity_of(work, merged.id))
        require_unmergeable(old, [one for one in between if not work.find(Erased(one.id))], field)
        require_version(old, self.kind, asked.expected_version, "If-Match")
        merge, survivor = work.require(self.record, old.merge, field), work.reach(self.person, old.survivor, field)
        require_not_erased(work, field, merged.id)
        update = {
            "state": "unmerged",
            "unmerged_because": asked.reason_code,
            "unmerged_at": work.now,
            "unmerged_by": refer(work, vault),
        }
        undone = effects.unmerge(work, merge.model_copy(update=update), merged, survivor)
        return self._announce(work, undone, self.unmerged, part(work, old, between))

    def _load_merge(self, message: Incoming[MergePersons], effects: Effects[P, M]) -> Loading:
        ids, area = (message.data.person_id, message.data.into_id), message.actor.area
        people: list[Load] = [Get(self.person, one, area) for one in ids]
        work = yield [*people, *map(Erased, ids), *map(identity_load, ids), reference_load(message.actor)]
        if others := identity_of(work, ids[0]).others:
            yield list(map(identity_load, others))
        merged, into = (work.get(self.person, one) for one in ids)
        if merged is not None and into is not None:
            yield from effects.load_merge(work, merged, into)

    def _load_unmerge(self, message: Incoming[UnmergePersons], effects: Effects[P, M]) -> Loading:
        person_id, area = message.data.person_id, message.actor.area
        person: list[Load] = [Get(self.person, person_id, area), Erased(person_id)]
        work = yield [*person, identity_load(person_id), reference_load(message.actor)]
        merged, old = work.get(self.person, person_id), identity_of(work, person_id)
        if merged is None or not old.merge:
            return
        own: list[Load] = [Get(self.record, old.merge), *map(identity_load, old.others)]
        work = yield [*own, Get(self.person, old.survivor, area), identity_load(old.survivor)]
        merge, survivor = work.get(self.record, old.merge), work.get(self.person, old.survivor)
        if others := [one for one in identity_of(work, old.survivor).others if one not in old.ids]:
            yield [*map(identity_load, others), *map(Erased, others)]
        if merge is not None and survivor is not None:
            yield from effects.load_unmerge(work, merge, merged, survivor)

    def _announce(
        self, work: UnitOfWork, merge: M, kind: type[MergeSnapshot], identities: Sequence[Identity]
    ) -> MergeAnswer:
        stored = work.put(merge)
        answer = self.answer.model_validate(stored, from_attributes=True)
        facts = answer.model_dump(exclude={"id"})
        data = kind(merge_id=stored.id, identities=states_of(identities), **facts)
        work.emit(data, about=stored, area=stored.area)
        return answer
