"""The events that a caller asks for, by type, by subject and by area. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Final

from pydantic import StringConstraints

from services.gateway.http.authentication import require
from services.gateway.http.problems import Problem
from services.gateway.reading.areas import bounded_area, within
from shared.contracts.access import Actor, permission_to_see
from shared.contracts.messages import EVENTS
from shared.contracts.registry import load_contracts
from shared.engine.decide.schema import Document

load_contracts()
EventWord = Annotated[str, StringConstraints(max_length=64, pattern=r"^[a-z_]+\.[a-z_]+(\.[a-z_]+(\.v[0-9]+)?)?$")]
"""An event type, or a kind of thing, which stands for all of its types."""
_NEAR: Final = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """Events of these types about these subjects within that area; of those not named, all."""

    types: tuple[str, ...] = ()
    area: str = ""
    subjects: tuple[str, ...] = ()

    @property
    def rule(self) -> Document:
        """The MongoDB rule for items of the feed."""
        rule = within(self.area)
        if self.types:
            rule["type"] = {"$in": list(self.types)}
        if self.subjects:
            rule["subject"] = {"$in": list(self.subjects)}
        return rule


ALL: Final = Wanted()


def want(caller: Actor, types: Sequence[str], area: str | None, subjects: Sequence[str] = ()) -> Wanted:
    """Return the events that the caller asks for, within its own area.

    Raises Problem: 403 for an area beyond the caller's and for a private type without its permission, 422 for a type
    that this release does not have.
    """
    found = tuple(dict.fromkeys(kind for word in types for kind in _find_types(word)))
    for kind in found:
        require(caller, permission_to_see(kind))
    return Wanted(found, bounded_area(caller, area), tuple(dict.fromkeys(subjects)))


def _find_types(word: str) -> Iterator[str]:
    found = [kind for kind in EVENTS if kind == word or kind.startswith(f"{word}.")]
    if not found:
        near = get_close_matches(word, EVENTS, n=_NEAR, cutoff=0)
        raise Problem(422, "invalid", "no_such_event_type", field="type", type=word, nearest=", ".join(sorted(near)))
    yield from found
