"""The migrations that the platform's stores still need: for `lianshan migrate`, `status` and `up`."""

from collections.abc import Sequence

from deploy.lianshan.declarations import DECLARATIONS
from deploy.lianshan.stores import Stores
from shared.engine.store.migration import Pending, pending
from shared.engine.store.schema_registry import StoreTooNewError, check


def find_pending(
    stores: Stores, services: Sequence[str] = tuple(DECLARATIONS), *, thorough: bool = False
) -> list[Pending]:
    """Return the collections whose documents or indexes are not of this release yet.

    `thorough` also looks for documents that an old replica has written after an earlier migration. Raises
    StoreTooNewError where a store is of another release.
    """
    found = []
    for service in services:
        declared = DECLARATIONS[service]
        found += pending(stores.of(service), service, declared.indexes, declared.schemas, thorough=thorough)
    return found


def find_refusals(stores: Stores) -> list[str]:
    """Return a line for each store that this release must not work on."""
    lines = []
    for service, declared in DECLARATIONS.items():
        try:
            check(stores.of(service), service, declared.schemas)
        except StoreTooNewError as error:
            lines.append(str(error))
    return lines
