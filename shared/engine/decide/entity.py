"""What a service keeps: immutable entities with a version, one MongoDB document each."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar, Final, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from shared.engine.decide.schema import UNCHANGED, Document, Schema

_set: Final = object.__setattr__


def as_stored(document: dict[str, Any]) -> dict[str, Any]:
    """With the id where MongoDB has it."""
    if "id" in document:
        document["_id"] = document.pop("id")
    return document


def fields_of(entity: BaseModel, only: AbstractSet[str] | None) -> dict[str, Any]:
    """All of an entity's fields or `only` these, as they are."""
    fields = entity.__dict__
    return dict(fields) if only is None else {name: fields[name] for name in only}


class Entity(BaseModel):
    """A thing with an identity. Change it by `work.put(entity.model_copy(update=…))`; the engine counts versions.

    `version` is 0 until it is first stored; a writer that read an older version than the stored one conflicts
    and decides anew.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    collection: ClassVar[str]
    stored_as: ClassVar[Schema] = UNCHANGED
    """Declared anew by an Evolving."""
    derive: ClassVar[Callable[[Any], Document] | None] = None
    """Return further fields to store, for searches; given by a storage module, see `stored_with`."""

    id: str
    version: int = 0

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As pydantic's own, which counts fields and takes three times as long: every change of an entity is a copy."""
        if deep:
            return super().model_copy(update=update, deep=True)
        copy = type(self).__new__(type(self))
        _set(copy, "__dict__", {**self.__dict__, **(update or {})})
        _set(copy, "__pydantic_fields_set__", self.__pydantic_fields_set__)
        _set(copy, "__pydantic_extra__", None)
        _set(copy, "__pydantic_private__", None)
        return copy

    def to_document(self, only: AbstractSet[str] | None = None) -> Document:
        """Return the document that MongoDB stores: of the fields perhaps `only` these, and all derived ones."""
        document = as_stored(self.stored_fields(only))
        if (derive := type(self).derive) is not None:
            document.update(derive(self))
        return document

    def stored_fields(self, only: AbstractSet[str] | None) -> Document:
        """Return all fields or `only` these, in their stored form."""
        return self.model_dump(include=only)  # type: ignore[arg-type]

    def changes_since(self, before: Self) -> dict[str, Any]:
        """What an update of MongoDB has to do to `before`, where it is stored in today's form: fields that stay as they
        are cost no index anything.
        """
        earlier = before.__dict__
        touched = {name for name, value in self.__dict__.items() if earlier[name] is not value}
        old, new = before.to_document(touched), self.to_document(touched)
        update = {"$set": {name: value for name, value in new.items() if name not in old or old[name] != value}}
        if gone := old.keys() - new.keys():
            update["$unset"] = dict.fromkeys(gone, "")
        return update

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Back from MongoDB."""
        return cls.model_validate({**document, "id": document["_id"]})


class Evolving(Entity):
    """An entity whose stored form has changed: `stored_as` holds the steps, and old documents are upgraded as they
    are read. Apart from Entity, so that reading the others costs nothing more.
    """

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Back from MongoDB, from whichever form."""
        return super().from_document(cls.stored_as.upgraded(document))


T = TypeVar("T", bound=Entity)


def stored_with(model: type[T]) -> Callable[[Callable[[T], Document]], Callable[[T], Document]]:
    """Store the fields that the decorated function derives from an entity with each of the model's documents.

    So a model stays free of its searches. The function stands in the storage module of the model's package, which the
    package itself imports: nobody can then import the model without it.
    """

    def register(derive: Callable[[T], Document]) -> Callable[[T], Document]:
        model.derive = derive
        return derive

    return register


E_co = TypeVar("E_co", bound=Entity, covariant=True)
EntityKey = tuple[type[Entity], str]
