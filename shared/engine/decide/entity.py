"""Entities: immutable values with an id and a version, one MongoDB document each."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar, Final, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from shared.engine.decide.schema import UNCHANGED, Document, Schema

_set: Final = object.__setattr__


def as_stored(document: Document) -> Document:
    """Move the field `id` to `_id`, where MongoDB expects it. Changes the document in place and returns it."""
    if "id" in document:
        document["_id"] = document.pop("id")
    return document


def fields_of(entity: BaseModel, only: AbstractSet[str] | None) -> Document:
    """Return the entity's fields with their values as they are, all of them or `only` the named ones.

    For an entity whose fields need no conversion this takes a fraction of the time of pydantic's `model_dump`.
    """
    fields = entity.__dict__
    return dict(fields) if only is None else {name: fields[name] for name in only}


class Value(BaseModel):
    """An immutable value. A change of it is a copy, and copies are on the hot path."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    def model_copy(self, *, update: Mapping[str, object] | None = None, deep: bool = False) -> Self:
        """Return a copy with the fields of `update` replaced, without validation.

        Pydantic's own method also recounts the fields that were set and takes three times as long.
        """
        if deep:
            return super().model_copy(update=update, deep=True)
        copy = type(self).__new__(type(self))
        # The four attributes that a pydantic model consists of; the model is frozen, so they are set past its guard.
        _set(copy, "__dict__", {**self.__dict__, **(update or {})})
        _set(copy, "__pydantic_fields_set__", self.__pydantic_fields_set__)
        _set(copy, "__pydantic_extra__", None)
        _set(copy, "__pydantic_private__", None)
        return copy


class Entity(Value):
    """A thing with an identity, stored as one document of `collection`.

    Change an entity by `work.put(entity.model_copy(update=…))`; the engine counts versions. `version` is 0 until the
    entity is first stored. A writer that has read an older version than the stored one conflicts and decides again
    (optimistic concurrency control).
    """

    model_config = ConfigDict(extra="ignore")
    collection: ClassVar[str]
    stored_as: ClassVar[Schema] = UNCHANGED
    """The stored form; only a subclass of Evolving declares another."""
    derive: ClassVar[Callable[[Any], Document] | None] = None
    """Returns further fields to store, for searches; set by `stored_with` in a storage module."""

    id: str
    version: int = 0

    def to_document(self, only: AbstractSet[str] | None = None) -> Document:
        """Return the document that MongoDB stores: all fields or `only` these, and always all derived ones."""
        document = as_stored(self.stored_fields(only))
        if (derive := type(self).derive) is not None:
            document.update(derive(self))
        return document

    def stored_fields(self, only: AbstractSet[str] | None) -> Document:
        """Return all fields or `only` these, with the values that MongoDB stores.

        An entity whose values need no conversion overrides this by `fields_of`, which takes a fraction of the time.
        """
        return self.model_dump(include=only)  # type: ignore[arg-type]

    def changes_since(self, before: Self) -> Document:
        """Return the MongoDB update that turns the stored document of `before` into that of this entity.

        `before` must be stored in today's form. Only fields that differ are written: an unchanged field costs neither
        the oplog nor an index anything.
        """
        earlier = before.__dict__
        # A copy shares the values that it does not replace, so identity finds the touched fields without comparing
        # whole lists; a value that was replaced by an equal one is sorted out below.
        touched = {name for name, value in self.__dict__.items() if earlier[name] is not value}
        old, new = before.to_document(touched), self.to_document(touched)
        update = {"$set": {name: value for name, value in new.items() if name not in old or old[name] != value}}
        if gone := old.keys() - new.keys():
            update["$unset"] = dict.fromkeys(gone, "")
        return update

    def guard(self) -> Document:
        """Return the rule that finds the stored document only as it was read, for its deletion."""
        return {"_id": self.id, "version": self.version}

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Build the entity from its stored document. Raises pydantic.ValidationError where a field does not fit."""
        return cls.model_validate({**document, "id": document["_id"]})


class Evolving(Entity):
    """An entity whose stored form has changed: `stored_as` holds the steps, and old documents are upgraded on reading.

    A class of its own, so that reading all other entities costs nothing more.
    """

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Build the entity from a document of any form that `stored_as` can read; else raises StoredFormError."""
        return super().from_document(cls.stored_as.upgraded(document))


T = TypeVar("T", bound=Entity)


def stored_with(model: type[T]) -> Callable[[Callable[[T], Document]], Callable[[T], Document]]:
    """Have the decorated function add fields to each document of the model, derived from the entity alone.

    So a domain model stays free of the fields of its searches. The function stands in the storage module of the model's
    package, and the package imports that module: nobody can then import the model without its derived fields.
    """

    def register(derive: Callable[[T], Document]) -> Callable[[T], Document]:
        model.derive = derive
        return derive

    return register


EntityKey = tuple[type[Entity], str]
"""The class and the id of an entity: its place in the identity map."""
