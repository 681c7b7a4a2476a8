"""The services as the city runs them: their declarations assembled once a process."""

from functools import cache
from hashlib import blake2b
from typing import Final

from services.charity.declaration import DECLARATION as CHARITY
from services.charity.linking.policy import LinkingPolicy
from services.gateway.declaration import DECLARATION as GATEWAY
from services.stations.declaration import DECLARATION as STATIONS
from services.volunteering.declaration import DECLARATION as VOLUNTEERING
from services.volunteering.dispatch.policy import DispatchPolicy
from shared.catalogue import NoOwner
from shared.engine import Fence, Policy
from shared.engine.run.service import Declaration, ServiceSpec
from shared.engine.store.collections import INDEXES
from shared.engine.store.replicas import Share
from shared.runtime.vault import VaultError

DECLARATIONS: Final[dict[str, Declaration]] = {d.name: d for d in (STATIONS, CHARITY, VOLUNTEERING, GATEWAY)}
POLICIES: Final[dict[str, tuple[Policy, ...]]] = {
    "charity": (LinkingPolicy(recheck_minutes=120),),
    "volunteering": (DispatchPolicy(recheck_seconds=7200),),
}
"""Two hours between two looks at those who wait: a quiet city is then mostly about what people do."""
PERSONAL: Final = "隐私"
"""Stands in every name, phone book entry and free text of the town; it may never leave its service."""


class Sealer:
    """Seals by a hash: nothing of the text is left, and the same city has the same documents."""

    bound = True
    mark_key = bytes(32)

    def seal(self, text: str, *_place: str) -> str:
        """Return the hash of the text."""
        return "v1.city." + blake2b(text.encode(), digest_size=9).hexdigest()

    def open(self, sealed: str, *_place: str) -> str:
        """Raise VaultError: nothing of the text is left."""
        raise VaultError(f"{sealed} is a hash")

    def make_key(self, *place: str) -> tuple[str, "Sealer"]:
        """Return a key, the same for the same place, and this sealer."""
        return self.seal("".join(place)), self

    def open_key(self, _wrapped: str, *_place: str) -> "Sealer":
        """Return this sealer."""
        return self

    def blind(self, text: str) -> str:
        """Return the hash of the text in 43 characters, as the vault's."""
        return blake2b(text.encode(), digest_size=22).hexdigest()[:43]


@cache
def spec_of(name: str, replica: int, replicas: int) -> ServiceSpec:
    """Return the service as replica `replica` of `replicas` runs it."""
    declaration = DECLARATIONS[name]
    share = Share(replica, replicas)
    fence = Fence() if name == "gateway" else None
    offered = {"vault": Sealer(), "share": share, "fence": fence, "catalogue_owner": NoOwner()}
    return ServiceSpec(
        name,
        declaration.handlers(*POLICIES.get(name, ()), **offered),
        indexes=indexes_of(name),
        schemas=declaration.schemas,
        fence=fence,
    )


@cache
def indexes_of(name: str) -> dict[str, list[object]]:
    """Return the indexes of every collection, the engine's own among them."""
    return {**INDEXES, **DECLARATIONS[name].indexes}  # type: ignore[dict-item]
