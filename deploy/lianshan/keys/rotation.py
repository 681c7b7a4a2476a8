"""The steps of a rotation. Each may be repeated: values that an interrupted run has left are found again."""

import secrets
from collections.abc import Callable, Mapping
from typing import Final

from deploy.lianshan.declarations import DECLARATIONS
from deploy.lianshan.stores import Stores
from shared.engine.store.sealing import BOUND_FORM, read_row, vault_of_store
from shared.people.resealing import Report, Resealing
from shared.runtime.keyring import KEY_BYTES, MOST_KEYS, KeyRing
from shared.runtime.vault import Vault

SEALING_SERVICES: Final = tuple(name for name, declared in DECLARATIONS.items() if declared.sealed)
"""The services that seal personal data."""


class NotBoundError(RuntimeError):
    """A store is not in the bound form yet; the text names the remedy."""


class KeysInUseError(RuntimeError):
    """Something is still sealed with a key that would be retired; the text names the remedy."""


def check_bound(stores: Stores) -> None:
    """Raise NotBoundError where a replica of release 0.2 may still read one of the stores."""
    for service in SEALING_SERVICES:
        row = read_row(stores.of(service))
        if row is None or row["complete"] < BOUND_FORM.version:
            raise NotBoundError(
                f"the personal data of {service} is sealed in the form of release 0.2: run `lianshan migrate` first"
            )


def add_key(ring: KeyRing) -> KeyRing:
    """Return the ring with a new random key, which seals from now on. Raises KeysInUseError for a ring that is full."""
    if len(ring.keys) >= MOST_KEYS:
        raise KeysInUseError(f"the ring has {MOST_KEYS} keys: finish a rotation by `lianshan keys rotate` first")
    return ring.with_key(secrets.token_bytes(KEY_BYTES))


def reseal(
    stores: Stores, ring: KeyRing, *, batch: int, rest: float, tell: Callable[[str, int], None] = lambda *_: None
) -> dict[str, Report]:
    """Seal everything again that a former key of the ring has sealed; return a report for each service.

    Beside the running services, in batches. Raises NotBoundError or PyMongoError.
    """
    check_bound(stores)
    found: dict[str, Report] = {}
    for service in SEALING_SERVICES:
        resealing = _of(stores, ring, service, batch=batch, rest=rest, tell=lambda done, s=service: tell(s, done))  # type: ignore[misc]
        found[service] = resealing.run()
    return found


def count_left(stores: Stores, ring: KeyRing) -> dict[str, int]:
    """Return the number of documents of each service that the sealing key of the ring has not sealed."""
    return {service: _of(stores, ring, service).count() for service in SEALING_SERVICES}


def retire_keys(ring: KeyRing, left: Mapping[str, int]) -> KeyRing:
    """Return the ring with the sealing key alone. Raises KeysInUseError where anything needs one of the others."""
    if needed := {service: number for service, number in left.items() if number}:
        where = ", ".join(f"{number} in {service}" for service, number in needed.items())
        raise KeysInUseError(f"{where} are still sealed with a former key: run `lianshan keys reseal` first")
    return ring.retire()


def _of(
    stores: Stores, ring: KeyRing, service: str, *, batch: int = 500, rest: float = 0.0,
    tell: Callable[[int], None] = lambda _: None,
) -> Resealing:  # fmt: skip
    store = stores.of(service)
    vault = vault_of_store(store, Vault(ring), service)
    declared = DECLARATIONS[service]
    return Resealing(store, vault, declared.sealed, batch=batch, rest=rest, tell=tell, subjects=declared.subjects)
