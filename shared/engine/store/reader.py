"""What the engine reads for a batch: entities by id and by query, and the inbox."""

from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import Any

from pymongo.database import Database

from shared.engine.decide.entity import Entity
from shared.engine.decide.loads import Get, Load, Query
from shared.engine.decide.schema import STAMP
from shared.engine.decide.unit_of_work import IdentityMap
from shared.engine.store.commit import INBOX, Answer, Document


class Reader:
    """Answers all loads of one kind with one query."""

    def __init__(self, database: Database[Document]) -> None:
        self.database = database
        self.seconds = 0.0
        """How long loading has taken since whoever measures it set this to nought."""

    def fetch(self, identities: IdentityMap, loads: Iterable[Load]) -> None:
        """Put on the identities what is asked for and not there yet."""
        started = perf_counter()
        self._fetch(identities, loads)
        self.seconds += perf_counter() - started

    def _fetch(self, identities: IdentityMap, loads: Iterable[Load]) -> None:
        ids: dict[type[Entity], set[str]] = {}
        queries: dict[type[Query[Any]], dict[Query[Any], None]] = {}
        for load in loads:
            if isinstance(load, Get):
                if (load.model, load.id) not in identities.current:
                    ids.setdefault(load.model, set()).add(load.id)
            elif load not in identities.results:
                queries.setdefault(type(load), {})[load] = None
        for model, wanted in ids.items():
            self._get(identities, model, wanted)
        for kind, asked in queries.items():
            self._find(identities, kind, list(asked))

    def answered(self, keys: Sequence[str]) -> dict[str, Answer | None]:
        """Which of the keys are in the inbox; with the stored answer where there is one."""
        if not keys:
            return {}
        started, wanted, seen = perf_counter(), set(keys), dict[str, Answer | None]()
        for row in self.database[INBOX].find({"keys": {"$in": list(keys)}}, {"keys": 1, "answers": 1}):
            seen.update((key, None) for key in row["keys"] if key in wanted)
            for a in row["answers"]:
                if a["key"] in wanted:
                    seen[a["key"]] = Answer(a["key"], a["fingerprint"], bytes(a["body"]))
        self.seconds += perf_counter() - started
        return seen

    def _get(self, identities: IdentityMap, model: type[Entity], wanted: set[str]) -> None:
        for document in self.database[model.collection].find({"_id": {"$in": list(wanted)}}):
            _remember(identities, model, document)
        for missing in wanted:
            identities.remember(model, missing, None)

    def _find(self, identities: IdentityMap, kind: type[Query[Any]], asked: list[Query[Any]]) -> None:
        model = kind.model
        for query, documents in zip(asked, kind.fetch(self.database, asked), strict=True):
            found = []
            for document in documents:
                entity_id = document["_id"]
                found.append(entity_id)
                if (model, entity_id) not in identities.current:
                    _remember(identities, model, document)
            identities.results[query] = tuple(found)


def _remember(identities: IdentityMap, model: type[Entity], document: Document) -> None:
    if document.get(STAMP) != model.stored_as.stamp:
        identities.otherwise.add((model, document["_id"]))
    identities.remember(model, document["_id"], model.from_document(document))
