"""External ids in lists and answers: asked of the owner, because they may say something about a person.

Events do not carry them, so that no view has them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, TypeVar

from services.gateway.http.answers import Nameable
from services.gateway.messaging.queries import Queries
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.access.owners import (
    FindCharityNamed,
    FindNamed,
    FindStationsNamed,
    FindVolunteeringNamed,
    ReadCharityNames,
    ReadNames,
    ReadStationsNames,
    ReadVolunteeringNames,
)
from shared.engine.decide.schema import Document
from shared.runtime.logging import get_logger

T = TypeVar("T", bound=Nameable)
UNUSED_SECONDS: Final = 5.0
"""How long a principal that has named nothing is not asked about again. A name given through another replica of the
gateway may be missing from answers for so long; one given through this replica never is.
"""
MOST_PRINCIPALS: Final = 10_000
_FIND: Final[dict[str, type[FindNamed]]] = {
    "stations": FindStationsNamed, "charity": FindCharityNamed, "volunteering": FindVolunteeringNamed,
}  # fmt: skip
_READ: Final[dict[str, type[ReadNames]]] = {
    "stations": ReadStationsNames, "charity": ReadCharityNames, "volunteering": ReadVolunteeringNames,
}  # fmt: skip


@dataclass(slots=True)
class ExternalIds:
    """The questions about external ids, and the principals that have used none."""

    queries: Queries
    clock: Callable[[], float] = monotonic
    _unused: dict[tuple[str, str], float] = field(default_factory=dict)

    async def rule(self, caller: Actor, service: str, kind: str, external_id: str | None) -> Document:
        """Return the MongoDB rule for the thing that the caller's principal has named so; for all without a name."""
        if external_id is None:
            return {}
        query = _FIND[service](principal=caller.principal, kind=kind, external_id=external_id)
        found = (await self.queries.ask(query)).id
        return {"_id": {"$in": [] if found is None else [found]}}

    def name_new(self, caller: Actor, service: str, item: T, external_id: str | None) -> T:
        """Return the new thing with the name that the caller has just given it."""
        if external_id is None:
            return item
        self._unused.pop((service, caller.principal), None)
        return item.model_copy(update={"external_id": external_id})

    async def named(self, caller: Actor, service: str, items: Sequence[T]) -> list[T]:
        """Return the things with the names that the caller's principal has given them.

        Without a name where the owner cannot be asked now: the answer serves better without than not at all.
        """
        key = (service, caller.principal)
        if not items or self._unused.get(key, 0.0) > self.clock() or self.queries.silent(service):
            return list(items)
        try:
            query = _READ[service](principal=caller.principal, ids=tuple(item.id for item in items))
            answer = await self.queries.ask(query)
        except Refused as refusal:
            get_logger().warning("external_ids_missing", service=service, code=refusal.code)
            return list(items)
        if not answer.used:
            if len(self._unused) >= MOST_PRINCIPALS:
                self._unused.clear()
            self._unused[key] = self.clock() + UNUSED_SECONDS
        found = answer.names
        return [i.model_copy(update={"external_id": found[i.id]}) if i.id in found else i for i in items]

    async def named_one(self, caller: Actor, service: str, item: T) -> T:
        """Return the thing with its name, as `named` does."""
        return (await self.named(caller, service, [item]))[0]
