"""Identities (身份): the ids under which a service knows one person. A merge has one id stand for another.

One document for each id that ever took part in a merge; an id without one stands for itself alone. The version guard of
these documents makes a merge atomic over all ids that it touches. Chains are kept flat: after A into B and B into C
both A and B stand for C.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import ClassVar, Final

from shared.contracts.merging import MOST_MERGED, IdentityState
from shared.contracts.refusals import Refused
from shared.engine import Document, Entity, Get, UnitOfWork
from shared.engine.decide.entity import as_stored, fields_of

REGISTERED: Final = 1
"""The version that an id has from its registration; each merge that touches it adds one."""


class Identity(Entity):
    """One id of a person: `survivor` is the id that it stands for, itself where it stands alone; `others` stand for it.

    `others` of an id that stands for another are those that it brought along: its undoing gives them back. `merge` is
    the merge by which it stands for another.
    """

    collection: ClassVar[str] = "identities"

    survivor: str
    others: tuple[str, ...] = ()
    merge: str = ""

    def to_document(self, only: AbstractSet[str] | None = None) -> Document:
        """Return its fields as they are: MongoDB stores texts and lists of them without a conversion."""
        return as_stored(fields_of(self, only))

    @property
    def alone(self) -> bool:
        """Whether it stands for itself."""
        return self.survivor == self.id

    @property
    def public_version(self) -> int:
        """The version that events and answers show."""
        return REGISTERED + self.version

    @property
    def ids(self) -> tuple[str, ...]:
        """The id itself, and those that stand for it."""
        return (self.id, *self.others)


def identity_load(person_id: str) -> Get[Identity]:
    """Return the load that `identity_of` needs."""
    return Get(Identity, person_id)


def identity_of(work: UnitOfWork, person_id: str) -> Identity:
    """Return the identity of that id, alone where it was never merged."""
    return work.get(Identity, person_id) or Identity(id=person_id, survivor=person_id)


def all_ids(work: UnitOfWork, person_id: str) -> list[str]:
    """Return every id that merges have joined with that one, itself first. Needs its load and its survivor's."""
    survivor = identity_of(work, identity_of(work, person_id).survivor)
    return list(dict.fromkeys((person_id, *survivor.ids)))


def require_version(identity: Identity, kind: str, expected: int | None, field: str) -> None:
    """Raise Refused("version_mismatch") where the sender has seen another version of the id; None expects nothing."""
    current = identity.public_version
    if expected not in (None, current):
        raise Refused(
            "version_mismatch", "version_not_current", field=field, kind=kind, current=current, expected=expected or 0
        )


def require_alone(identity: Identity, field: str) -> None:
    """Raise Refused("wrong_state", rule "merged_already") for an id that was merged, naming the survivor."""
    if not identity.alone:
        raise Refused("wrong_state", "merged_already", field=field, id=identity.id, survivor=identity.survivor)


def require_mergeable(merged: Identity, into: Identity, field: str) -> None:
    """Refuse a merge of an id into itself, of or into one that stands for another, and of too many.

    Both stand for themselves, so that no merge can close a circle. Raises Refused("invalid") or Refused("wrong_state")
    naming the survivor, where there is one.
    """
    if merged.id == into.id:
        raise Refused("invalid", "merged_into_itself", field="into_id", id=into.id)
    for identity, named in ((merged, field), (into, "into_id")):
        require_alone(identity, named)
    if len(merged.ids) + len(into.others) > MOST_MERGED:
        raise Refused("wrong_state", "too_many_merged_ids", field=field, most=MOST_MERGED)


def find_between(work: UnitOfWork, merged: Identity) -> list[Identity]:
    """Return the ids that have brought `merged` along to the one that it stands for, the first to do so first.

    After A into B and B into C, B is between A and C. Needs the loads of the survivor, and of its `others`.
    """
    if merged.alone:
        return []
    ids = (identity_of(work, other) for other in identity_of(work, merged.survivor).others)
    return sorted((one for one in ids if merged.id in one.others), key=lambda one: len(one.others))


def require_unmergeable(merged: Identity, followed: Sequence[Identity], field: str) -> None:
    """Refuse to undo a merge that does not stand, or that another merge has followed.

    `followed` are the ids between it and its survivor whose own merge can still be undone. They are parted first,
    because their records cannot be told apart before. An erased id has no part any more: the ids that it brought along
    are parted without it. Raises Refused("wrong_state").
    """
    if merged.alone:
        raise Refused("wrong_state", "not_merged", field=field, id=merged.id)
    if followed:
        raise Refused(
            "wrong_state", "merge_followed_by_another", field=field, id=followed[0].id, survivor=merged.survivor
        )


def join(work: UnitOfWork, merged: Identity, into: Identity, merge_id: str) -> list[Identity]:
    """Have `merged` and all that stand for it stand for `into`; return every identity that changed.

    Needs the loads of `merged.others`.
    """
    brought = [identity_of(work, other).model_copy(update={"survivor": into.id}) for other in merged.others]
    changed = [
        into.model_copy(update={"others": (*into.others, *merged.ids)}),
        merged.model_copy(update={"survivor": into.id, "merge": merge_id}),
        *brought,
    ]
    return [work.put(identity) for identity in changed]


def part(work: UnitOfWork, merged: Identity, between: Sequence[Identity] = ()) -> list[Identity]:
    """Have `merged` stand for itself again, with all that it brought along; return every identity that changed.

    `between` are the erased ids that had brought it along. Needs the loads of the survivor and of `merged.others`.
    """
    given_back = [identity_of(work, other).model_copy(update={"survivor": merged.id}) for other in merged.others]
    left = [
        one.model_copy(update={"others": tuple(other for other in one.others if other not in merged.ids)})
        for one in (identity_of(work, merged.survivor), *between)
    ]
    changed = [*left, merged.model_copy(update={"survivor": merged.id, "merge": ""}), *given_back]
    return [work.put(identity) for identity in changed]


def states_of(identities: Iterable[Identity]) -> tuple[IdentityState, ...]:
    """Return the identities as events show them."""
    return tuple(
        IdentityState(
            id=identity.id,
            version=identity.public_version,
            survivor_id=identity.survivor,
            merged_ids=identity.others if identity.alone else (),
        )
        for identity in identities
    )
