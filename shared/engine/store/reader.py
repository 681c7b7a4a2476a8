"""Reading for a batch: entities by id and by query, and the inbox."""

from collections.abc import Iterable, Mapping, Sequence
from time import perf_counter
from typing import Final

from pydantic import ValidationError
from pymongo.database import Database

from shared.engine.decide.entity import Entity
from shared.engine.decide.loads import AnyQuery, Get, Load
from shared.engine.decide.schema import STAMP, Document, StoredFormError
from shared.engine.decide.unit_of_work import IdentityMap
from shared.engine.store.collections import INBOX
from shared.engine.store.commit import Answer
from shared.runtime.audit import area_within
from shared.runtime.logging import describe

Wanted = Mapping[str, set[str]]
"""Ids by the area in which they are looked for; empty: everywhere."""
MOST_TOGETHER: Final = 200
"""Ids of several collections that one command asks for. It is a third of the work of a command for each; of more ids
the documents weigh more than the commands, and are read quicker by a `find` for each collection.
"""
SOURCE: Final = "@"
"""The field that names the place of a document's class among those that were asked for together. No entity has it."""


class Reader:
    """Answers all loads by id of a round with one query, and all queries of one kind with another.

    `names` are the stored names of collections that are stored under another name than their entities'; queries do not
    know them.
    """

    def __init__(self, database: Database[Document], names: Mapping[str, str] | None = None) -> None:
        self.database = database
        self._names = names or {}
        self.seconds = 0.0
        """Time spent reading since the processor last set this to zero."""

    def fetch(self, identities: IdentityMap, loads: Iterable[Load]) -> None:
        """Load into the identity map the entities and results that are not in it yet. Raises PyMongoError.

        The errors of a `Query.fetch` pass through. Raises StoredFormError for a document that does not fit its class,
        with its collection and id: an operator must find it.
        """
        started = perf_counter()
        self._fetch(identities, loads)
        self.seconds += perf_counter() - started

    def find_seen(self, keys: Sequence[str]) -> dict[str, Answer | None]:
        """Return those of the keys that are in the inbox, each with its stored answer where it is a command's.

        Raises PyMongoError.
        """
        if not keys:
            return {}
        started, wanted, seen = perf_counter(), set(keys), dict[str, Answer | None]()
        # A row holds the keys and answers of a whole batch; only the wanted ones of them are of interest here.
        for row in self.database[INBOX].find({"keys": {"$in": list(keys)}}, {"keys": 1, "answers": 1, "letter": 1}):
            seen.update((key, None) for key in row["keys"] if key in wanted)
            for a in row["answers"]:
                if a["key"] in wanted:
                    seen[a["key"]] = _read_answer(a, row)
        self.seconds += perf_counter() - started
        return seen

    def _fetch(self, identities: IdentityMap, loads: Iterable[Load]) -> None:
        ids: dict[type[Entity], dict[str, set[str]]] = {}
        queries: dict[type[AnyQuery], dict[AnyQuery, None]] = {}  # a dict keeps the order and drops duplicates
        for load in loads:
            if isinstance(load, Get):
                if not identities.knows(load):
                    ids.setdefault(load.model, {}).setdefault(load.within or "", set()).add(load.id)
            elif load not in identities.found_ids:
                queries.setdefault(type(load), {})[load] = None
        if ids:
            self._get_all(identities, ids)
        for kind, asked in queries.items():
            self._find(identities, kind, list(asked))

    def _get_all(self, identities: IdentityMap, ids: Mapping[type[Entity], Wanted]) -> None:
        number = sum(len(some) for wanted in ids.values() for some in wanted.values())
        if len(ids) > 1 and number <= MOST_TOGETHER:
            self._get_together(identities, list(ids.items()), number)
        else:
            for model, wanted in ids.items():
                for document in self.database[self._name(model)].find(_rule_of(wanted)):
                    _remember(identities, model, document)
        for model, wanted in ids.items():
            for missing in wanted.get("", ()):
                identities.remember(model, missing, None)  # has no effect on those that were found

    def _get_together(self, identities: IdentityMap, ids: Sequence[tuple[type[Entity], Wanted]], number: int) -> None:
        parts: list[list[Document]] = [
            [{"$match": _rule_of(wanted)}, {"$set": {SOURCE: nth}}] for nth, (_, wanted) in enumerate(ids)
        ]
        first, *others = (self._name(model) for model, _ in ids)
        unions = [{"$unionWith": {"coll": n, "pipeline": p}} for n, p in zip(others, parts[1:], strict=True)]
        # One more than there can be: of a full batch MongoDB does not know that it was the last one.
        for document in self.database[first].aggregate([*parts[0], *unions], batchSize=number + 1):
            _remember(identities, ids[document.pop(SOURCE)][0], document)

    def _name(self, model: type[Entity]) -> str:
        return self._names.get(model.collection, model.collection)

    def _find(self, identities: IdentityMap, kind: type[AnyQuery], asked: list[AnyQuery]) -> None:
        model = kind.model
        for query, documents in zip(asked, kind.fetch(self.database, asked), strict=True):
            found = []
            for document in documents:
                entity_id = document["_id"]
                found.append(entity_id)
                # One that is known already is not parsed again: many queries of a batch find the same.
                if (model, entity_id) not in identities.entities:
                    _remember(identities, model, document)
            identities.found_ids[query] = tuple(found)


def _rule_of(wanted: Wanted) -> Document:
    # The area is a part of the query: a thing elsewhere is never read for an actor who does not reach it.
    rules: list[Document] = [{"_id": {"$in": list(ids)}, **area_within(area)} for area, ids in wanted.items()]
    return rules[0] if len(rules) == 1 else {"$or": rules}


def _read_answer(answer: Document, row: Document) -> Answer:
    body = bytes(answer["body"])
    return Answer(answer["key"], answer["fingerprint"], body, answer["area"], row.get("letter", ""))


def _remember(identities: IdentityMap, model: type[Entity], document: Document) -> None:
    if document.get(STAMP) != model.stored_as.stamp:
        identities.other_form.add((model, document["_id"]))
    try:
        entity = model.from_document(document)
    except ValidationError as error:
        raise StoredFormError(f"{model.collection} {document['_id']}: {describe(error)}") from error
    identities.remember(model, document["_id"], entity)
