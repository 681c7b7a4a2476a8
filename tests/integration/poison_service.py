"""The tiny service as a process of its own: a box named `poison…` ends it, as a fault in a library of C would."""

import os

from boxes import HANDLERS, INDEXES, SERVICE, count, put

from shared.contracts.charity.linking import ResourcesLinked
from shared.contracts.stations.needs import EvaluateNeed
from shared.engine import Handlers, Handling, Incoming
from shared.engine.run.loop import Loop
from shared.engine.run.service import ServiceSpec
from shared.engine.store import due_rows
from shared.engine.store.opening import open_store
from shared.runtime.settings import ServiceSettings, load
from shared.runtime.vault import Vault

POISON = "poison"
LEASE_SECONDS = 2


def fatal_put(message: Incoming[EvaluateNeed]) -> Handling:
    """Put, or end the process."""
    if message.data.need_id.startswith(POISON):
        os._exit(9)
    return put(message)


def fatal_count(message: Incoming[ResourcesLinked]) -> Handling:
    """Count, or end the process."""
    if message.data.need_id.startswith(POISON):
        os._exit(9)
    return count(message)


def main() -> None:
    """Serve until killed."""
    due_rows.ROW_LEASE_SECONDS = LEASE_SECONDS  # type: ignore[misc]  # after a death, the next try comes sooner
    settings = load(ServiceSettings)
    handlers = Handlers(SERVICE, {**HANDLERS, EvaluateNeed: fatal_put, ResourcesLinked: fatal_count})
    spec = ServiceSpec(SERVICE, handlers, INDEXES, vault=Vault(settings.data_key))
    Loop(spec, settings, open_store(settings, SERVICE)).run()


if __name__ == "__main__":
    main()
