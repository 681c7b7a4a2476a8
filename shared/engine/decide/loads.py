"""Loads: the entities and query results that a handler asks the engine for.

All loads by id of a round are answered by one query to MongoDB, and all queries of one kind by another.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Self

from shared.engine.decide.entity import Entity, T
from shared.engine.decide.schema import Document

if TYPE_CHECKING:
    from pymongo.database import Database


@dataclass(frozen=True, slots=True)
class Get(Generic[T]):
    """Load one entity by its id; one that `UnitOfWork.reach` asks for only where it lies in the actor's area.

    `within` is that area, a part of the query itself: `Get(Need, need_id, message.actor.area)`. Empty: everywhere. None
    is for loads that no actor has named.
    """

    model: type[T]
    id: str
    within: str | None = None


class Query(ABC, Generic[T]):
    """Load the entities of one model that fit a rule. Subclass as a frozen dataclass in a capability's `storage.py`.

    The rule is written twice: as a MongoDB query (`fetch`) and in Python (`matches`, `rank`, `limit`). The second form
    makes the writes of earlier messages of the same batch visible to later ones, which MongoDB cannot see before the
    commit, and lets unit tests run without a server.
    """

    model: ClassVar[type[Entity]]
    limit: ClassVar[int] = 100
    """At most so many entities are found; every query is bounded."""

    @classmethod
    @abstractmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each of `queries`, in their order, in as few round trips as possible."""

    @property
    def search_keys(self) -> frozenset[str] | None:
        """The keys of which every entity that fits has one, where many queries of a batch are answered by them."""
        return None

    @classmethod
    def search_keys_of(cls, entity: T) -> Collection[str]:  # noqa: ARG003 - a query without keys asks for none
        """Return the keys of an entity."""
        return ()

    @abstractmethod
    def matches(self, entity: T) -> bool:
        """Return whether the entity, as it stands now, fits the rule."""

    def rank(self, entity: T) -> Any:  # noqa: ARG002 - the default order has no use for it
        """Return the sort key: the smallest come first, ties are broken by id, and only `limit` entities are found."""
        return 0


AnyQuery = Query[Any]
"""A query of any model."""
Load = Get[Any] | AnyQuery


class Turn:
    """The type of TURN."""


TURN: Final = Turn()
"""Yielded by a handler once it has loaded all it needs: it is resumed alone, in order of arrival, and may write."""
