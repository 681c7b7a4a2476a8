"""The sparse form of a document: fields at their defaults are not stored."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, ClassVar, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.functional_serializers import PlainSerializer, WrapSerializer

from shared.engine.decide.schema import Document

NEVER: Final = object()
"""The value at which a field is left out that never is."""
PLAIN: Final = frozenset({str, int, float, bool, datetime, NoneType, ...})
"""The types whose values MongoDB stores as they are; an ellipsis stands in `tuple[int, ...]`."""


class Sparse(BaseModel):
    """A model that is stored without the fields at their defaults, for documents that are written often.

    A reader that does not build the model, such as a query, the filter of a partial index or a law, must cope with a
    missing field. `always_stored` are the fields whose readers do not cope, in this release or in the one before. The
    default of any other field is part of the stored form: another default gives the stored documents another meaning.
    """

    always_stored: ClassVar[frozenset[str]] = frozenset()
    defaults: ClassVar[Mapping[str, object]] = {}
    """The fields that may be left out, with their defaults."""
    left_out: ClassVar[Mapping[str, object]] = {}
    """The value at which each field is left out, NEVER for the others."""
    written_at_default: ClassVar[tuple[str, ...]] = ()
    """The other fields that have a default."""
    converted: ClassVar[frozenset[str]] = frozenset()
    """The fields that hold models or other values that MongoDB does not store as they are."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        # The version guards each write, so it is always stored. A default made by a factory is not compared.
        kept = {"version", *cls.always_stored}
        optional = {name: field for name, field in cls.model_fields.items() if not field.is_required()}
        cls.defaults = {
            name: field.default
            for name, field in optional.items()
            if name not in kept and field.default_factory is None
        }
        cls.left_out = {name: cls.defaults.get(name, NEVER) for name in cls.model_fields}
        cls.written_at_default = tuple(optional.keys() - cls.defaults.keys())
        own = cls.__pydantic_decorators__.field_serializers or cls.__pydantic_decorators__.model_serializers
        cls.converted = frozenset(name for name, field in cls.model_fields.items() if own or not _is_plain(field))

    def stored_fields(self, only: AbstractSet[str] | None) -> Document:
        """Return the fields that are not at their defaults, of all or `only` these, with the values MongoDB stores.

        Fields that need no conversion are copied, which takes a fraction of the time: those of most changes. A model
        whose values need none although their types do not say so overrides this by `sparse_fields_of`.
        """
        if only is not None and type(self).converted.isdisjoint(only):
            return sparse_fields_of(self, only)
        stored = self.model_dump(include=only, exclude_defaults=True)  # type: ignore[arg-type]
        for name in type(self).written_at_default:
            if name not in stored and (only is None or name in only):
                stored[name] = getattr(self, name)
        return stored


def sparse_fields_of(model: Sparse, only: AbstractSet[str] | None = None) -> Document:
    """Return the fields that are not at their defaults with their values as they are, of all or `only` these."""
    left_out, fields = type(model).left_out, model.__dict__
    # Most values at their default are the very object that stands in the class, which is seen faster than equality.
    if only is None:
        return {
            name: value
            for name, default in left_out.items()
            if (value := fields[name]) is not default and (default is NEVER or value != default)
        }
    return {
        name: value
        for name in only
        if (value := fields[name]) is not (default := left_out[name]) and (default is NEVER or value != default)
    }


def _is_plain(field: FieldInfo) -> bool:
    return _is_plain_type(field.annotation) and not _converts(field.metadata)


def _is_plain_type(annotation: object) -> bool:
    parts = get_args(annotation)
    match get_origin(annotation):
        case None:
            return annotation in PLAIN
        case origin if origin is Literal:
            return all(type(value) in PLAIN for value in parts)
        case origin if origin is Annotated:
            return _is_plain_type(parts[0]) and not _converts(parts[1:])
        case origin if origin in (tuple, Union, UnionType):
            return all(map(_is_plain_type, parts))
        case _:
            return False


def _converts(metadata: Iterable[object]) -> bool:
    return any(isinstance(part, PlainSerializer | WrapSerializer) for part in metadata)
