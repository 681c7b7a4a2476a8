"""Finding people by their marks, in the store of their owner: look-up, and likely duplicates.

Nothing is opened before the engine has recorded the read: the handlers return the people found as the subjects of
`Sealed`, and its function opens them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from shared.contracts.access import Actor
from shared.contracts.finding import (
    MOST_COMPARED,
    MOST_FOUND,
    DuplicatesFound,
    LikelyDuplicate,
    LookUp,
    PeopleFound,
    PersonFound,
)
from shared.contracts.persons import PersonKind
from shared.engine import Document, Sealed, Store
from shared.people.identities import find_survivors, ids_of
from shared.people.likeness import find_likely
from shared.people.marks import MARKS, Marker, MarkKind, Particulars, group_blocks
from shared.people.storage import MAX_MILLIS
from shared.runtime.audit import area_within
from shared.runtime.vault import Vault

F = TypeVar("F", bound=PeopleFound)
D = TypeVar("D", bound=DuplicatesFound)
People = Mapping[str, Document]
Opening = Callable[[], dict[str, Particulars]]
"""Opens the particulars of people, by id; those who were forgotten in the meantime are left out."""


@dataclass(frozen=True)
class Register:
    """The people whom one owner keeps: their kind, their collection, and the sealed fields that are compared.

    `prepare` reads the data keys of people, and whatever else their particulars need; it opens nothing.
    """

    kind: PersonKind
    collection: str
    fields: Sequence[str]
    prepare: Callable[[Store, Vault, People], Opening]


@dataclass(frozen=True)
class Asked:
    """The store that is asked, the one who asks, and the vault of the store's owner."""

    store: Store
    actor: Actor
    vault: Vault


@dataclass(frozen=True)
class Candidates:
    """The people who share a block with somebody, at most MOST_COMPARED; `crowded` names blocks that hold more.

    `survivors` names those who were merged, with the id that each stands for.
    """

    people: People
    crowded: tuple[MarkKind, ...] = ()
    survivors: Mapping[str, str] = field(default_factory=dict)


def look_up(register: Register, wanted: LookUp, asked: Asked, answer: type[F]) -> Sealed[F]:
    """Return the people within the actor's area who fit, at most MOST_FOUND. Raises PyMongoError."""
    rule = {MARKS: mark_of(wanted, Marker(asked.vault)), **area_within(asked.actor.area)}
    rows = list(asked.store[register.collection].find(rule, {"area": 1}).limit(MOST_FOUND + 1).max_time_ms(MAX_MILLIS))
    survivors = find_survivors(asked.store, [row["_id"] for row in rows])
    # Who was merged is one person: the surviving id, once.
    by_id = {survivors.get(row["_id"], row["_id"]): row for row in rows[:MOST_FOUND]}
    found = [PersonFound(kind=register.kind, id=one, area=_area_of(row)) for one, row in by_id.items()]
    return Sealed(
        [person.id for person in found],
        lambda: answer(items=tuple(found), more=len(rows) > MOST_FOUND),
        areas=[person.area for person in found] or [asked.actor.area],
    )


def mark_of(wanted: LookUp, marker: Marker) -> str:
    """Return the mark by which the look-up goes."""
    if wanted.phone is not None:
        return marker.of_phone(wanted.phone)
    if wanted.identity_number is not None:
        return marker.of_identity_number(wanted.identity_number)
    if wanted.name is None or wanted.birth_year is None:
        raise TypeError("a look-up goes by telephone, identity number, or name and year of birth")
    return marker.of_name(wanted.name, wanted.birth_year)


def find_described(register: Register, person: Particulars, asked: Asked, answer: type[D]) -> Sealed[D]:
    """Return the people within the actor's area who are likely the person described. Raises PyMongoError."""
    marks = [mark for block in Marker(asked.vault).blocks_of(person).values() for mark in block]
    found = find_candidates(register, marks, asked)
    opening = register.prepare(asked.store, asked.vault, found.people)
    areas = list(map(_area_of, found.people.values())) or [asked.actor.area]
    return Sealed(list(found.people), lambda: _judge(register, person, opening(), found, answer), areas=areas)


def find_alike(register: Register, person_id: str, asked: Asked, answer: type[D]) -> Sealed[D] | None:
    """Return the people within the actor's area who are likely that registered one; None for one unknown there.

    They are found by the person's own marks: whose data is opened with theirs, once all that is on record. Raises
    PyMongoError.
    """
    rule = {"_id": person_id, **area_within(asked.actor.area)}
    given = asked.store[register.collection].find_one(rule, max_time_ms=MAX_MILLIS)
    if given is None:
        return None
    # The ids that were merged with that one are the same person, and no duplicates any more.
    own = (person_id, *ids_of(asked.store, person_id))
    found = find_candidates(register, given.get(MARKS) or (), asked, without=own)
    people = {person_id: given, **found.people}
    opening = register.prepare(asked.store, asked.vault, people)

    def open_and_judge() -> D:
        opened = opening()
        person = opened.pop(person_id, None)
        return answer(items=(), compared=0) if person is None else _judge(register, person, opened, found, answer)

    return Sealed(list(people), open_and_judge, areas=list(map(_area_of, people.values())))


def find_candidates(
    register: Register, marks: Sequence[str], asked: Asked, *, without: Sequence[str] = ()
) -> Candidates:
    """Return the people within the actor's area who have one of these marks of blocks, but for the ids named.

    The surest blocks come first: where another is crowded, these are compared whole. Raises PyMongoError.
    """
    found: dict[str, Document] = {}
    crowded: list[MarkKind] = []
    fields = dict.fromkeys((*register.fields, "area"), 1)
    for block, wanted in group_blocks(marks).items():
        rule: Document = {
            MARKS: {"$in": list(wanted)},
            "_id": {"$nin": [*without, *found]},
            **area_within(asked.actor.area),
        }
        room = MOST_COMPARED - len(found)
        rows = list(asked.store[register.collection].find(rule, fields).limit(room + 1).max_time_ms(MAX_MILLIS))
        if len(rows) > room:
            crowded.append(block)
        found |= {row["_id"]: row for row in rows[:room]}
    return Candidates(found, tuple(crowded), find_survivors(asked.store, found))


def _judge(
    register: Register, person: Particulars, opened: Mapping[str, Particulars], found: Candidates, answer: type[D]
) -> D:  # fmt: skip
    items: dict[str, LikelyDuplicate] = {}
    for like in find_likely(person, opened):
        stands_for, area = found.survivors.get(like.id, like.id), _area_of(found.people[like.id])
        likely = LikelyDuplicate(kind=register.kind, id=stands_for, area=area, score=like.score, reasons=like.reasons)
        items.setdefault(stands_for, likely)  # the likeliest comes first
    return answer(items=tuple(items.values()), compared=len(opened), crowded=found.crowded)


def _area_of(person: Document) -> str:
    area: str = person.get("area", _NOWHERE)
    return area


_NOWHERE: Final = ""
"""The area of people of release 0.2 who have no marks yet: only an actor who reaches everywhere meets them."""
