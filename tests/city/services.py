"""The services as the city runs them: their declarations assembled once a process."""

from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import blake2b
from typing import ClassVar, Final

from pymongo import IndexModel

from services.charity.declaration import DECLARATION as CHARITY
from services.charity.linking.policy import LinkingPolicy
from services.charity.payments.policy import PaymentsPolicy
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
    "charity": (LinkingPolicy(recheck_minutes=120), PaymentsPolicy(payment_limit_fen=30_000)),
    "volunteering": (DispatchPolicy(recheck_seconds=7200),),
}
"""Two hours between two looks at those who wait: a quiet city then consists mostly of the acts of people."""
PERSONAL: Final = "隐私"
"""Stands in every name, phone book entry and free text of the town; it may never leave its service."""


MOST_SEALED: Final = 100_000
"""Sealed values that are remembered; one city has some hundreds."""


class Sealer:
    """Seals by a hash: nothing of the text is left in a store, and the same city has the same documents.

    It remembers the texts that it has sealed, and by whose data key: `key` is the id of that key, empty for the ring
    itself.
    """

    bound = True
    mark_key = bytes(32)
    _made: ClassVar[dict[str, tuple[str, str]]] = {}

    def __init__(self, key: str = "") -> None:
        self.key = key

    def seal(self, text: str, *place: str) -> str:
        """Return the hash of key, place and text."""
        whole = "\0".join((self.key, *place, text))
        form = "p1" if self.key else "v1"
        sealed = f"{form}.city.{blake2b(whole.encode(), digest_size=9).hexdigest()}"
        self._made[sealed] = (self.key, text)
        return sealed

    def open(self, sealed: str, *place: str) -> str:
        """Return the text. Raises VaultError where it was not sealed by this key, or for another place."""
        key, text = self._made.get(sealed, ("?", ""))
        if key != self.key or self.seal(text, *place) != sealed:
            raise VaultError(f"{sealed} does not open")
        return text

    @property
    def kept(self) -> "Sealer":
        """The sealer of data that a law keeps: by the town's own key."""
        return self

    def make_key(self, *place: str) -> tuple[str, "Sealer"]:
        """Return a key, the same for the same place, and its sealer."""
        return self.seal("key", *place), Sealer(place[1])

    def open_key(self, wrapped: str, *place: str) -> "Sealer":
        """Return the sealer of a wrapped key. Raises VaultError as `open` does."""
        self.open(wrapped, *place)
        return Sealer(place[1])

    def blind(self, text: str) -> str:
        """Return the hash of the text in 43 characters, as the vault's."""
        return blake2b(text.encode(), digest_size=22).hexdigest()[:43]

    @classmethod
    def make_room(cls) -> None:
        """Forget the texts sealed for cities that were played long ago."""
        if len(cls._made) > MOST_SEALED:
            cls._made.clear()

    @classmethod
    def key_of(cls, sealed: str) -> str:
        """Return the id of the data key that has sealed the value, `person:vol_…`; empty where it was none."""
        return cls._made.get(sealed, ("", ""))[0]


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
def indexes_of(name: str) -> Mapping[str, Sequence[IndexModel]]:
    """Return the indexes of every collection, the engine's own among them."""
    return {**INDEXES, **DECLARATIONS[name].indexes}
