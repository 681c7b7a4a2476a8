"""The migrations that the platform's stores still need: for `lianshan migrate`, `status` and `up`."""

from collections.abc import Callable, Sequence
from time import monotonic, sleep
from typing import Final

from deploy.lianshan.declarations import DECLARATIONS
from deploy.lianshan.stores import Store, Stores
from shared.engine.decide.schema import FIRST, Schema, Step
from shared.engine.store.collections import is_new
from shared.engine.store.migration import Pending, pending
from shared.engine.store.schema_registry import StoreTooNewError, check
from shared.engine.store.sealing import (
    BOUND_FORM,
    FOLLOWED_SECONDS,
    SEALING,
    bind_store,
    complete_sealing,
    read_row,
    vault_of_store,
)
from shared.people.marking import Marking, any_unmarked
from shared.people.resealing import Report, Resealing
from shared.runtime.clock import machine_now
from shared.runtime.vault import Vault

MARKS: Final = "marks"
"""The row of the migration that gives marks to people. No collection may have that name."""
MARKED_FORM: Final = Schema((Step("people are given the marks by which they are found"),))


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
        if declared.sealed and (sealing := find_unsealed(stores.of(service), service)) is not None:
            found.append(sealing)
        if declared.marked and any_unmarked(stores.of(service), declared.marked):
            found.append(Pending(service, MARKS, MARKED_FORM, FIRST))
    return found


def find_unsealed(store: Store, service: str) -> Pending | None:
    """Return the sealing of a store whose personal data is not all in the bound form; None for any other."""
    row = read_row(store)
    if is_new(store) or (row is not None and row["complete"] >= BOUND_FORM.version):
        return None
    return Pending(service, SEALING, BOUND_FORM, FIRST)


def seal_store(
    store: Store, service: str, vault: Vault, *, batch: int, rest: float, tell: Callable[[int], None]
) -> Report:
    """Have the service seal in the bound form from now on, and move the values that release 0.2 has sealed.

    Every replica must be of this release. Values that cannot be opened stay as they are, and are in the report.
    """
    bind_store(store, machine_now(), new=False)
    own = vault_of_store(store, vault, service)
    declared = DECLARATIONS[service]
    resealing = Resealing(store, own, declared.sealed, batch=batch, rest=rest, tell=tell, subjects=declared.subjects)
    began = monotonic()
    resealing.run()
    # Replicas look for the new form once a second: values that they have sealed until then are moved as well.
    sleep(max(0.0, FOLLOWED_SECONDS - (monotonic() - began)))
    report = resealing.run()
    if not report.unreadable:
        complete_sealing(store, machine_now(), report.changed)
    return report


def count_unmarked(store: Store, service: str, vault: Vault) -> int:
    """Return the number of people of the service who have no marks yet. Raises PyMongoError."""
    marked = DECLARATIONS[service].marked.items()
    return sum(Marking(store, vault, name, make_marks).count() for name, make_marks in marked)


def mark_people(
    store: Store, service: str, vault: Vault, *, batch: int, rest: float, tell: Callable[[int], None]
) -> Report:
    """Give marks to the people of the service who have none; unreadable data stays, and is in the report.

    May run beside replicas of release 0.2, which give no marks to people who register with them: run it once more
    after the last of them. Raises PyMongoError.
    """
    own, whole = vault_of_store(store, vault, service), Report()
    for collection, make_marks in DECLARATIONS[service].marked.items():
        before = whole.changed
        marking = Marking(
            store, own, collection, make_marks, batch=batch, rest=rest, tell=lambda done, b=before: tell(b + done)  # type: ignore[misc]
        )  # fmt: skip
        report = marking.run()
        whole.changed += report.changed
        whole.unreadable += report.unreadable
    return whole


def find_refusals(stores: Stores) -> list[str]:
    """Return a line for each store that this release must not work on."""
    lines = []
    for service, declared in DECLARATIONS.items():
        try:
            check(stores.of(service), service, declared.schemas)
        except StoreTooNewError as error:
            lines.append(str(error))
    return lines
