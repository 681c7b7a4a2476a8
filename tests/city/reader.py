"""The reader of a replica: `Get` and the inbox through the real reader, queries by their rule in Python.

A query's MongoDB form needs a server; the conformance suite holds both forms to the same order and limits. A stored
document is read into an entity once, because documents never change in place.
"""

from collections.abc import Mapping
from typing import Any

from shared.engine.decide.entity import Entity
from shared.engine.decide.loads import AnyQuery
from shared.engine.decide.schema import STAMP
from shared.engine.decide.unit_of_work import IdentityMap
from shared.engine.store.reader import Reader, Wanted
from tests.city.mongo import Database
from tests.city.store import Document

Known = dict[tuple[type[Entity], Any], tuple[Document, Entity]]


class CityReader(Reader):
    """Answers loads from a database in memory."""

    def __init__(self, database: Database, known: Known) -> None:
        super().__init__(database)  # type: ignore[arg-type]
        self._known = known

    def _get_all(self, identities: IdentityMap, ids: Mapping[type[Entity], Wanted]) -> None:
        for model, wanted in ids.items():
            self._get(identities, model, wanted)

    def _get(self, identities: IdentityMap, model: type[Entity], wanted: Wanted) -> None:
        self.database.io("find")
        found = self._documents(model)
        for area, entity_id in sorted((area, entity_id) for area, ids in wanted.items() for entity_id in ids):
            document = found.get(entity_id)
            if document is not None and (not area or str(document.get("area", "")).startswith(area)):
                self._remember(identities, model, document)
            elif not area:
                identities.remember(model, entity_id, None)

    def _find(self, identities: IdentityMap, kind: type[AnyQuery], asked: list[AnyQuery]) -> None:
        self.database.io("find")
        model = kind.model
        entities = [(self._entity(model, document), document) for document in self._documents(model).values()]
        for query in asked:
            fitting = [pair for pair in entities if query.matches(pair[0])]
            fitting.sort(key=lambda pair: (query.rank(pair[0]), pair[0].id))
            del fitting[query.limit :]
            for _, document in fitting:
                self._remember(identities, model, document)
            identities.found_ids[query] = tuple(entity.id for entity, _ in fitting)

    def _documents(self, model: type[Entity]) -> dict[Any, Document]:
        found: dict[Any, Document] = self.database.visible(model.collection)
        return found

    def _remember(self, identities: IdentityMap, model: type[Entity], document: Document) -> None:
        if document.get(STAMP) != model.stored_as.stamp:
            identities.other_form.add((model, document["_id"]))
        identities.remember(model, document["_id"], self._entity(model, document))

    def _entity(self, model: type[Entity], document: Document) -> Entity:
        key = (model, document["_id"])
        known = self._known.get(key)
        if known is not None and known[0] is document:
            return known[1]
        entity = model.from_document(document)
        self._known[key] = document, entity
        return entity
