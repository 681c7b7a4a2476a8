"""Finding people by their marks, in the store of their owner: look-up, and likely duplicates.

Nothing is opened before the engine has recorded the read: the handlers return the people found as the subjects of
`Sealed`, and its function opens them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
from shared.people.likeness import find_likely
from shared.people.marks import MARKS, Marker, MarkKind, Particulars, group_blocks
from shared.people.resolution import find_survivors, ids_of, living_survivors, survivors_read
from shared.people.storage import MAX_MILLIS
from shared.people.together import Read, read_together
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

    `beside` names further reads that their particulars need, such as data keys; `prepare` takes the documents found,
    and opens nothing.
    """

    kind: PersonKind
    collection: str
    fields: Sequence[str]
    beside: Callable[[Sequence[str]], Sequence[Read]]
    prepare: Callable[[Vault, People, Sequence[Sequence[Document]]], Opening]


@dataclass(frozen=True)
class Asked:
    """The store that is asked, the one who asks, and the vault of the store's owner."""

    store: Store
    actor: Actor
    vault: Vault


@dataclass(frozen=True)
class Candidates:
    """The people who share a block with somebody, at most MOST_COMPARED; `crowded` names blocks that hold more."""

    ids: tuple[str, ...]
    crowded: tuple[MarkKind, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """People whose particulars can be opened once that is on record, and the references by which they are answered."""

    people: People
    opening: Opening
    shown: Mapping[str, PersonFound]

    @property
    def areas(self) -> list[str]:
        """The area of each of the people."""
        return list(map(_area_of, self.people.values()))


def look_up(register: Register, wanted: LookUp, asked: Asked, answer: type[F]) -> Sealed[F]:
    """Return the people within the actor's area who fit, at most MOST_FOUND. Raises PyMongoError."""
    rule = {MARKS: mark_of(wanted, Marker(asked.vault)), **area_within(asked.actor.area)}
    rows = list(asked.store[register.collection].find(rule, {"area": 1}).limit(MOST_FOUND + 1).max_time_ms(MAX_MILLIS))
    people = {row["_id"]: row for row in rows[:MOST_FOUND]}
    survivors = find_survivors(asked.store, people)
    found = {person.id: person for person in resolve(register, people, survivors, asked).values()}
    areas = {**{name: _area_of(row) for name, row in people.items()}, **{one.id: one.area for one in found.values()}}
    return Sealed(
        list(areas),
        lambda: answer(items=tuple(found.values()), more=len(rows) > MOST_FOUND),
        areas=list(areas.values()) or [asked.actor.area],
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
    known = prepare(register, found.ids, asked)
    areas = known.areas or [asked.actor.area]
    return Sealed(
        list(known.people), lambda: _judge([person], known.opening(), found, known.shown, answer), areas=areas
    )


def find_alike(register: Register, person_id: str, asked: Asked, answer: type[D]) -> Sealed[D] | None:
    """Return the people within the actor's area who are likely that registered one; None for one unknown there.

    They are found by the person's own marks: whose data is opened with theirs, once all that is on record. Of a person
    with several ids the marks and the data of each count, where the actor's area reaches it: the other telephone finds,
    too. The ids of one person are not duplicates. Raises PyMongoError.
    """
    ids = ids_of(asked.store, person_id)
    rule: Document = {"_id": {"$in": list(ids)}, **area_within(asked.actor.area)}
    rows = asked.store[register.collection].find(rule, {MARKS: 1}).limit(len(ids)).max_time_ms(MAX_MILLIS)
    given = {row["_id"]: row.get(MARKS) or () for row in rows}
    if ids[0] not in given:
        return None
    marks = list(dict.fromkeys(mark for own in given.values() for mark in own))
    found = find_candidates(register, marks, asked, without=ids)
    known = prepare(register, (*given, *found.ids), asked)

    def open_and_judge() -> D:
        opened = known.opening()
        own = [opened.pop(one) for one in given if one in opened]
        return _judge(own, opened, found, known.shown, answer)

    return Sealed(list(known.people), open_and_judge, areas=known.areas or [asked.actor.area])


def find_candidates(
    register: Register, marks: Sequence[str], asked: Asked, *, without: Sequence[str] = ()
) -> Candidates:
    """Return the people within the actor's area who have one of these marks of blocks, but for those named.

    The surest blocks come first: where another is crowded, these are compared whole. Raises PyMongoError.
    """
    blocks = group_blocks(marks)
    # One more than are compared, besides those left out: a read of this size shows that a block is crowded.
    most = MOST_COMPARED + 1 + len(without)
    rules: list[Document] = [
        {MARKS: {"$in": list(wanted)}, **area_within(asked.actor.area)} for wanted in blocks.values()
    ]
    rows = read_together(asked.store, [Read(register.collection, rule, {"_id": 1}, most) for rule in rules])
    found: dict[str, None] = {}
    crowded: list[MarkKind] = []
    for block, sharing in zip(blocks, rows, strict=True):
        more = [row["_id"] for row in sharing if row["_id"] not in found and row["_id"] not in without]
        room = MOST_COMPARED - len(found)
        if len(more) > room:
            crowded.append(block)
        found |= dict.fromkeys(more[:room])
    return Candidates(tuple(found), tuple(crowded))


def prepare(register: Register, ids: Sequence[str], asked: Asked) -> Prepared:
    """Return those of the people who are within the actor's area, and all that their comparison needs, read at once.

    One who was erased or has moved since the id was found is left out. Raises PyMongoError.
    """
    if not ids:
        return Prepared({}, dict, {})
    rule: Document = {"_id": {"$in": list(ids)}, **area_within(asked.actor.area)}
    own = Read(register.collection, rule, dict.fromkeys((*register.fields, "area"), 1), len(ids))
    rows, merged, *beside = read_together(asked.store, [own, survivors_read(ids), *register.beside(ids)])
    by_id = {row["_id"]: row for row in rows}
    people = {name: by_id[name] for name in ids if name in by_id}
    survivors = living_survivors(asked.store, merged)
    shown = resolve(register, people, survivors, asked)
    return Prepared(people, register.prepare(asked.vault, people, beside), shown)


def resolve(register: Register, people: People, survivors: Mapping[str, str], asked: Asked) -> dict[str, PersonFound]:
    """Return the reference by which each of these people is answered: of a merged id, that of the surviving one.

    Its own where the surviving one was erased. None for an id whose surviving one lies outside
    the actor's area. Raises PyMongoError.
    """
    areas = {name: _area_of(person) for name, person in people.items()}
    if elsewhere := [survivor for survivor in survivors.values() if survivor not in areas]:
        rule: Document = {"_id": {"$in": elsewhere}, **area_within(asked.actor.area)}
        found = asked.store[register.collection].find(rule, {"area": 1}).max_time_ms(MAX_MILLIS)
        areas |= {row["_id"]: _area_of(row) for row in found}
    stand_for = {name: survivors.get(name, name) for name in people}
    return {
        name: PersonFound(kind=register.kind, id=survivor, area=areas[survivor])
        for name, survivor in stand_for.items()
        if survivor in areas
    }


def _judge(
    persons: Sequence[Particulars],
    opened: Mapping[str, Particulars],
    found: Candidates,
    shown: Mapping[str, PersonFound],
    answer: type[D],
) -> D:
    """Return those of the opened people who are likely one of `persons`, the particulars of one under each id."""
    items: dict[str, LikelyDuplicate] = {}
    likely = [like for person in persons for like in find_likely(person, opened)]
    for like in sorted(likely, key=lambda one: (-one.score, one.id)):
        if (one := shown.get(like.id)) is not None:
            duplicate = LikelyDuplicate(kind=one.kind, id=one.id, area=one.area, score=like.score, reasons=like.reasons)
            items.setdefault(one.id, duplicate)  # the likeliest of the ids of one person comes first
    return answer(
        items=tuple(items.values())[:MOST_FOUND], compared=len(opened) if persons else 0, crowded=found.crowded
    )


def _area_of(person: Document) -> str:
    area: str = person.get("area", _NOWHERE)
    return area


_NOWHERE: Final = ""
"""The area of people of release 0.2 who have no marks yet: only an actor who reaches everywhere meets them."""
