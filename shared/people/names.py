"""External ids of persons: a caller's own name for a person is sealed by the person's data key, and forgotten with it.

The keyed hash under which it is found is by the index key, so that it is found after a rotation.
"""

from typing import Final, Protocol

from shared.contracts.access.owners import NamesAnswer, ReadNames
from shared.engine import Document, Entity, Store, UnitOfWork
from shared.engine.decide.external_ids import Named, Namer, keep_name, name_place
from shared.engine.store.external_ids import find_names
from shared.engine.store.queries import QueryHandler
from shared.people.keys import OWN_KEY, DataKey, Keeper, Sealer, key_id, key_place, make_key
from shared.people.reading import KeyGoneError, Opener, OpenKeys, read_keys
from shared.runtime.vault import is_personal

PERSON_KINDS: Final = ("donor", "resident", "volunteer", "worker")
"""The kinds of external ids that name a person."""


class NamingKeeper(Namer, Keeper, Protocol):
    """The part of the vault that keeps the name of a person."""


def keep_person_name(
    work: UnitOfWork, vault: NamingKeeper, kind: str, about: str, external_id: str | None, *,
    record: Entity | None = None, sealer: Sealer | None = None, named: Named = (),
) -> None:  # fmt: skip
    """Keep the caller's own name for the new person `about`, sealed by the person's key; after the person was put.

    `sealer` is that of the person's key; without it the key is opened, which `record`, the person's, may carry.
    `named` is as that of `keep_name`. Raises Refused("conflict") as `keep_name` does.
    """

    def find_sealer() -> Sealer:
        if sealer is not None:
            return sealer
        made = work.staged.get((DataKey, key_id(about)))
        wrapped = made.wrapped if isinstance(made, DataKey) else getattr(record, OWN_KEY, None)
        return make_key(work, vault, about) if wrapped is None else vault.open_key(wrapped, *key_place(key_id(about)))

    keep_name(work, vault, kind, about, external_id, find_sealer=find_sealer, named=named)


def read_names(query: ReadNames, store: Store, vault: Opener) -> NamesAnswer:
    """Return the names that the principal has given, without those of persons who were forgotten."""
    return _read_names(query, store, vault, None)


def names_beside(holder: str) -> QueryHandler:
    """Return the handler as `read_names`, of a service whose documents in `holder` carry the data keys."""

    def read(query: ReadNames, store: Store, vault: Opener) -> NamesAnswer:
        return _read_names(query, store, vault, holder)

    return read


def _read_names(query: ReadNames, store: Store, vault: Opener, holder: str | None) -> NamesAnswer:
    rows, used = find_names(store, query.principal, query.ids)
    keys = read_keys(store, vault, [row["about"] for row in rows if is_personal(row["sealed"])], holder)
    opened = ((row["about"], _open(keys, row)) for row in rows)
    return NamesAnswer(used=used, names={about: name for about, name in opened if name is not None})


def _open(keys: OpenKeys, row: Document) -> str | None:
    try:
        return keys.open(row["sealed"], row["about"], *name_place(row["_id"]))
    except KeyGoneError:
        return None
