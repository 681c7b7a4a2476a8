"""What a service keeps: immutable entities with a version, one MongoDB document each."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from shared.engine.schema import UNCHANGED, Schema

_set: Final = object.__setattr__


class Entity(BaseModel):
    """A thing with an identity. Change it by `desk.put(entity.model_copy(update=…))`; the engine counts versions.

    `version` is 0 until it is first stored; a writer that read an older version than the stored one conflicts
    and decides anew.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    collection: ClassVar[str]
    stored_as: ClassVar[Schema] = UNCHANGED
    """Declared anew by an Evolving."""

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

    def to_document(self) -> dict[str, Any]:
        """As MongoDB stores it."""
        document = self.model_dump()
        document["_id"] = document.pop("id")
        return document

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
E_co = TypeVar("E_co", bound=Entity, covariant=True)
EntityKey = tuple[type[Entity], str]
