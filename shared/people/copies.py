"""The copy (个人信息副本) of all data that a service holds on a person, by its declared holdings.

Personal Information Protection Law, art. 45. It is on record before anything is
opened. A page is bounded in documents, bytes and time; data written while the pages are read may be missing. The ids of
the persons are the same on all pages: the cursor names them, and after a merge or an erasure in between the copy begins
again.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from pydantic_core import to_json

from shared.contracts.access import Actor
from shared.contracts.copies import COPY_QUERIES, CopiedPart, CopyPage, CopyPeople, LeftOut
from shared.contracts.persons import PersonReference, may_see_person
from shared.contracts.refusals import Refused
from shared.engine import Capability, Document, Holding, Sealed, Store
from shared.engine.amqp.letter_content import open_content
from shared.engine.decide.external_ids import ExternalId, name_place
from shared.engine.store.collections import LETTERS
from shared.people.holdings import COMMON
from shared.people.keys import holder_of
from shared.people.particulars import part_texts
from shared.people.reading import OpenKeys, read_keys
from shared.people.resolution import ids_of
from shared.people.storage import MAX_MILLIS
from shared.runtime.audit import area_within
from shared.runtime.vault import Vault, VaultError

MOST_ITEMS: Final = 200
MOST_BYTES: Final = 256 * 1024
"""Documents and bytes of one page; a single larger document has a page of its own."""
AT_ONCE: Final = 50
"""Documents that are read at once, so that a page reads little more than it answers."""
WINDOW: Final = 20_000
"""Documents of a collection without an index that one page looks through."""
MARK_DIGITS: Final = 16
"""Hexadecimal digits of the mark in a cursor: 64 bits, by which two lists of persons are told apart."""
MOST_LETTERS: Final = 1_000
"""Failed messages that are opened to count those that name the person."""
_MARK: Final = re.compile(rf"[0-9a-f]{{{MARK_DIGITS}}}")


@dataclass(frozen=True)
class Step:
    """One holding to be read for one person."""

    person: PersonReference
    holding: Holding


@dataclass
class Found:
    """The documents of one page as they are stored, and the place at which the next page goes on."""

    documents: list[tuple[Step, Document]] = field(default_factory=list)
    bytes: int = 0
    next: str | None = None

    @property
    def full(self) -> bool:
        """Whether the page has no more room."""
        return len(self.documents) >= MOST_ITEMS or self.bytes >= MOST_BYTES


@dataclass(frozen=True)
class Copies:
    """The copies of one service, by the declarations of its capabilities."""

    service: str
    capabilities: Sequence[Capability]

    @property
    def holdings(self) -> list[Holding]:
        """Every holding of the service, those that all services have alike last."""
        return [*(holding for each in self.capabilities for holding in each.holdings), *COMMON]

    @property
    def sealed(self) -> Mapping[str, Mapping[str, str]]:
        """The sealed fields of each collection, with the purposes of their data keys."""
        return {name: fields for each in self.capabilities for name, fields in each.sealed.items()}

    def declare(self) -> Capability:
        """Return the capability that answers the query."""
        query = next(kind for kind in COPY_QUERIES if kind.to == self.service)
        return Capability("copies", queries={query: self.copy_people}, holdings=COMMON)

    def copy_people(self, query: CopyPeople, store: Store, actor: Actor, vault: Vault) -> Sealed[CopyPage]:
        """Return a page about the persons, under all ids that merges have joined.

        One whom the service does not know, or whom the actor does not reach or may not see, has no part in it. Raises
        Refused("conflict") where merges or erasures have changed the ids since the page before, and Refused("invalid")
        for a cursor that no page has given.
        """
        by_asked = {asked.id: _join_ids(asked, store) for asked in query.people}
        people = list(dict.fromkeys(person for joined in by_asked.values() for person in joined))
        areas = {person.id: area for person in people if (area := self._area_of(person, store, actor)) is not None}
        mark = _mark(people)
        found = read_page(store, self._plan(people), areas.keys(), _open_cursor(query.after, mark))
        following = None if found.next is None else f"{mark}:{found.next}"
        keys = read_keys(store, vault, tuple(areas), holder_of(self.sealed))
        first = query.after is None

        def opened() -> CopyPage:
            parts = [self._describe(step, document, keys) for step, document in found.documents]
            page = CopyPage(items=tuple(parts), next=following)
            return page.model_copy(update=self._first(store, tuple(areas), vault)) if first else page

        asked = [name for name, joined in by_asked.items() if any(person.id in areas for person in joined)]
        also = [name for name in areas if name not in asked]
        return Sealed(asked, opened, areas=[areas.get(name, "") for name in (*asked, *also)], also=also)

    def _plan(self, people: Sequence[PersonReference]) -> list[Step]:
        """Return all that is to be read, in an order that every page has alike."""
        return [
            Step(person, holding)
            for person in people
            for holding in self.holdings
            if holding.kind in {"", person.kind} and holding.left_out is None
        ]

    def _area_of(self, person: PersonReference, store: Store, actor: Actor) -> str | None:
        """Return the area of a person whom the service knows and the actor reaches and may see; None for any other."""
        if not may_see_person(actor, person.kind):
            return None
        for holding in self.holdings:
            if holding.registers and holding.kind == person.kind:
                rule = {**holding.rule(person.id), **area_within(actor.area)}
                row = store[holding.collection].find_one(rule, {"area": 1}, max_time_ms=MAX_MILLIS)
                return None if row is None else str(row["area"])
        return None

    def _first(self, store: Store, known: tuple[str, ...], vault: Vault) -> dict[str, object]:
        letters, read = count_letters(store, known, vault) if known else (0, 0)
        left_out = {h.collection: h.left_out for h in self.holdings if h.left_out is not None}
        return {
            "known": known,
            "left_out": tuple(LeftOut(collection=name, reason=why) for name, why in sorted(left_out.items())),
            "letters": letters,
            "letters_read": read,
        }

    def _describe(self, step: Step, document: Document, keys: OpenKeys) -> CopiedPart:
        collection, person_id = step.holding.collection, step.person.id
        opened = open_document(document, collection, person_id, self.sealed.get(collection, {}), keys)
        if collection == ExternalId.collection:
            opened |= _open_name(document["_id"], opened.pop("sealed"), person_id, keys)
        shown = opened if step.holding.part is None else step.holding.part(opened, person_id)
        return CopiedPart(
            person_kind=step.person.kind,
            person_id=person_id,
            collection=collection,
            id=str(document["_id"]),
            content=to_json(to_plain(shown)).decode(),
            kept=step.holding.kept,
        )


def _join_ids(asked: PersonReference, store: Store) -> list[PersonReference]:
    """Return the person under every id by which the service knows them."""
    return [PersonReference(kind=asked.kind, id=name) for name in ids_of(store, asked.id)]


def _mark(people: Sequence[PersonReference]) -> str:
    """Return the mark of this list of persons, in this order: the place in a plan means nothing in that of another."""
    listed = ",".join(f"{person.kind}:{person.id}" for person in people)
    return sha256(listed.encode()).hexdigest()[:MARK_DIGITS]


def _open_cursor(after: str | None, mark: str) -> str | None:
    """Return the place in the plan. Raises Refused("conflict") where the cursor is of other persons than `mark` is."""
    if after is None:
        return None
    told, _, place = after.partition(":")
    if _MARK.fullmatch(told) is None:
        raise Refused("invalid", "not_a_cursor", field="after")
    if told != mark:
        raise Refused("conflict", "copied_ids_changed", field="people")
    return place


def read_page(store: Store, steps: Sequence[Step], known: AbstractSet[str], after: str | None) -> Found:
    """Return the next documents of the steps whose person is known, from the cursor on.

    Raises Refused("invalid") for a cursor that no page has given.
    """
    nth, last = _read_cursor(after, len(steps))
    found = Found()
    while nth < len(steps):  # ends: each turn goes on in the step, to the next one, or returns
        step = steps[nth]
        rows, following = _fetch(store, step, last) if step.person.id in known else ([], None)
        for row in rows:
            found.documents.append((step, row))
            found.bytes += len(to_json(to_plain(row)))
            if found.full and (row is not rows[-1] or following is not None):
                found.next = f"{nth}:{row['_id']}"
                return found
        last = following or ""
        nth += following is None
        # A window of a collection without an index is enough work for one page.
        if (found.full and nth < len(steps)) or (following is not None and not step.holding.indexed):
            found.next = f"{nth}:{last}"
            return found
    return found


def _read_cursor(after: str | None, steps: int) -> tuple[int, str]:
    if after is None:
        return 0, ""
    nth, colon, last = after.partition(":")
    if not colon or not (nth.isascii() and nth.isdigit()) or int(nth) >= steps:
        raise Refused("invalid", "not_a_cursor", field="after")
    return int(nth), last


def _fetch(store: Store, step: Step, last: str) -> tuple[list[Document], str | None]:
    """Return documents about the person with ids after `last`, and the id to go on after; None at the end."""
    rows, beyond = store[step.holding.collection], {"$gt": last}
    rule = step.holding.rule(step.person.id)
    if "_id" in rule:  # one document at most
        return list(rows.find(rule).limit(1).max_time_ms(MAX_MILLIS)), None
    end: str | None = None
    if not step.holding.indexed:
        window = rows.find({"_id": beyond}, {"_id": 1}).sort("_id", 1).skip(WINDOW - 1).limit(1)
        end = next((str(row["_id"]) for row in window.max_time_ms(MAX_MILLIS)), None)
    bounds = beyond if end is None else {**beyond, "$lte": end}
    found = list(rows.find({**rule, "_id": bounds}).sort("_id", 1).limit(AT_ONCE).max_time_ms(MAX_MILLIS))
    return found, str(found[-1]["_id"]) if len(found) == AT_ONCE else end


def open_document(
    document: Document, collection: str, person_id: str, fields: Mapping[str, str], keys: OpenKeys
) -> Document:
    """Return the document with its sealed fields in clear; `not_opened` names those whose data key is gone."""
    opened = dict(document)
    lost = []
    for name, purpose in fields.items():
        sealed = opened.pop(name, None)
        if not isinstance(sealed, str) or not sealed or purpose == "key":
            continue
        place = (collection, document["_id"], name)
        try:
            text = keys.open(sealed, person_id, *place)
        except VaultError:
            lost.append(name)
            continue
        opened |= {part: _to_content(one) for part, one in part_texts({name: text}).items()}
    return {**opened, "not_opened": lost} if lost else opened


def _to_content(text: str) -> object:
    """Return the object that the text is the JSON of, such as a place, else the text: a note may begin with a brace."""
    if text.startswith("{"):
        with suppress(ValueError, RecursionError):
            return json.loads(text)
    return text


def _open_name(key: str, sealed: str, person_id: str, keys: OpenKeys) -> Document:
    try:
        return {"external_id": keys.open(sealed, person_id, *name_place(key))}
    except VaultError:
        return {"not_opened": ["external_id"]}


def count_letters(store: Store, ids: Sequence[str], vault: Vault) -> tuple[int, int]:
    """Return how many failed messages name one of the ids, and the number of messages that were read for it."""
    rows = store[LETTERS].find({"sealed": {"$gt": ""}}, {"sealed": 1}).sort("_id", -1).limit(MOST_LETTERS)
    wanted = [person_id.encode() for person_id in ids]
    read = list(rows.max_time_ms(MAX_MILLIS))
    return sum(any(one in body for one in wanted) for body in _bodies(read, vault)), len(read)


def _bodies(letters: Sequence[Document], vault: Vault) -> Iterator[bytes]:
    for row in letters:
        try:
            yield open_content(row["sealed"], vault, row["_id"]).body
        except (VaultError, ValueError):
            continue  # of a key that is gone: it cannot be known whom it names


def to_plain(value: Any) -> Any:
    """Return a stored value as JSON has it: instants in ISO 8601, any other unknown value as its text."""
    if isinstance(value, Mapping):
        return {str(name): to_plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(part) for part in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
