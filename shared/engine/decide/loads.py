"""What a handler may ask the engine to load. All of one kind in a batch are answered by one query."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Self

from shared.engine.decide.entity import Entity, T

if TYPE_CHECKING:
    from pymongo.database import Database


@dataclass(frozen=True, slots=True)
class Get(Generic[T]):
    """One entity by its id."""

    model: type[T]
    id: str


class Query(ABC, Generic[T]):
    """Entities of one model by a rule. Subclass as a frozen dataclass in the service's `storage.py`.

    The rule stands twice: as a MongoDB query (`fetch`) and in words of the entity (`matches`, `rank`, `limit`).
    The second makes what an earlier message of the same batch wrote visible to the later ones, and lets the
    unit tests run without a server.
    """

    model: ClassVar[type[Entity]]
    limit: ClassVar[int] = 100

    @classmethod
    @abstractmethod
    def fetch(cls, database: "Database[dict[str, Any]]", queries: Sequence[Self]) -> list[list[dict[str, Any]]]:
        """The documents for each of `queries`, in their order; in as few round trips as can be."""

    @abstractmethod
    def matches(self, entity: T) -> bool:
        """Whether the entity, as it stands now, fits the rule."""

    def rank(self, entity: T) -> Any:  # noqa: ARG002 - the default order has no use for it
        """Sort key: the smallest come first, and only `limit` of them come at all."""
        return 0


Load = Get[Any] | Query[Any]


class Turn:
    """See TURN."""


TURN: Final = Turn()
"""Yielded by a handler when all it wants is loaded: it is resumed alone, and from then on it may write."""
