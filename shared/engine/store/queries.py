"""Queries as capabilities declare them: a function of the query and the store, found by the query's class.

A query changes nothing. One about people returns `Sealed`: the engine records the read, and only then opens it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pymongo.database import Database

from shared.contracts.messages import Query
from shared.engine.decide.schema import Document

A = TypeVar("A")
Store = Database[Document]


@dataclass(frozen=True, slots=True)
class Sealed(Generic[A]):
    """The result of an audited query before it is opened: the subjects that exist, and the function that opens it."""

    subjects: Sequence[str]
    open: Callable[[], A]
    areas: Sequence[str] = ()
    """The area of each subject, or one for all, for the audit."""
    also: Sequence[str] = ()
    """Further ids on record beside the subjects: others of the same persons, as of a merge, or that of the need for
    which they are read."""


QueryHandler = Callable[..., object]
"""Takes the query and the store, for an audited query also the actor, whose area bounds the subjects that it finds; its
further parameters are dependencies bound by name, as a handler's. A query that agencies ask by consent gives it the
city's time as well, before those.

Returns the answer, None for a subject that does not exist, or for an audited query `Sealed`. Raises Refused.
"""
QueryTable = Mapping[type[Query[Any]], QueryHandler]
"""The handler of each query class."""
