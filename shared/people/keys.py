"""The data key (数据密钥) of a person: made with the first personal data, stored wrapped in the service's own store."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import ClassVar, Final, Literal, Protocol

from shared.engine import Document, Entity, Get, UnitOfWork
from shared.engine.decide.entity import fields_of

Purpose = Literal["person", "receipts", "key"]
"""The key that a field is sealed by. `person` is the data key of the person, erased with the person (Personal
Information Protection Law, art. 47). `receipts` is a key of the service: of the name of a donor, which a receipt must
give (Charity Law, art. 38) and the accounts keep. Erasure leaves that name, and names it; so a data key of its own,
that nothing ever deletes, would protect it no better. `key` is the data key itself, wrapped, of a person whose record
carries it: a document of its own makes a registration in batches 9 % dearer.
"""
OWN_KEY: Final = "data_key"
"""The field of a record that carries the person's data key. It is wrapped for the same place as one in `data_keys`, so
that either of both may hold it; the record's counts.
"""
COLLECTION: Final = "data_keys"


class Sealer(Protocol):
    """Seals personal data before it is stored."""

    def seal(self, text: str, *place: str) -> str:
        """Return the text, readable only with the key, and at that place: collection, id and field."""


class Keeper(Sealer, Protocol):
    """The part of the vault that keeps data keys."""

    @property
    def bound(self) -> bool:
        """Whether persons have data keys: not as long as replicas of release 0.2 may read the store."""

    @property
    def kept(self) -> Sealer:
        """The sealer of data that a law keeps."""

    def make_key(self, *place: str) -> tuple[str, Sealer]:
        """Return a new data key, wrapped for its place, and its sealer."""

    def open_key(self, wrapped: str, *place: str) -> Sealer:
        """Return the sealer of a wrapped data key."""


class DataKey(Entity):
    """The data key of one person. `wrapped` is sealed by the key of the ring that `ring` names."""

    collection: ClassVar[str] = COLLECTION

    wrapped: str
    ring: str

    def stored_fields(self, only: AbstractSet[str] | None) -> Document:
        """Return its fields as they are: MongoDB stores texts without a conversion."""
        return fields_of(self, only)


def key_id(subject: str) -> str:
    """Return the id of the data key of a person."""
    return f"person:{subject}"


def key_place(entity_id: str) -> tuple[str, str, str]:
    """Return the place that a data key is wrapped for."""
    return COLLECTION, entity_id, "wrapped"


def ring_of(wrapped: str) -> str:
    """Return the id of the key that wraps a data key."""
    return wrapped.split(".", 2)[1]


def key_loads(subject: str) -> list[Get[DataKey]]:
    """Return the load that `key_of` needs."""
    return [Get(DataKey, key_id(subject))]


def kept_sealer(vault: Keeper) -> Sealer:
    """Return the sealer of a person's data that a law keeps."""
    return vault.kept if vault.bound else vault


def holder_of(sealed: Mapping[str, Mapping[str, str]]) -> str | None:
    """Return the collection whose documents carry the data keys, by a service's sealed fields; None without one."""
    return next((name for name, fields in sealed.items() if fields.get(OWN_KEY) == "key"), None)


def make_own_key(vault: Keeper, subject: str) -> tuple[str | None, Sealer]:
    """Return a new data key, wrapped for the record that is to carry it, and its sealer; no key in the form of 0.2."""
    return vault.make_key(*key_place(key_id(subject))) if vault.bound else (None, vault)


def find_wrapped(work: UnitOfWork, subject: str, record: Entity | None) -> str | None:
    """Return the wrapped data key, of the record or of `data_keys`; None where there is none. Needs `key_loads`."""
    own: str | None = getattr(record, OWN_KEY, None)
    known = work.get(DataKey, key_id(subject))
    return own or (None if known is None else known.wrapped)


def make_key(work: UnitOfWork, vault: Keeper, subject: str) -> Sealer:
    """Store a new data key for a person who is new in this service; return its sealer."""
    if not vault.bound:
        return vault
    entity_id = key_id(subject)
    wrapped, sealer = vault.make_key(*key_place(entity_id))
    work.put(DataKey(id=entity_id, wrapped=wrapped, ring=ring_of(wrapped)))
    return sealer


def key_of(work: UnitOfWork, vault: Keeper, subject: str, record: Entity | None = None) -> Sealer:
    """Return the sealer of a known person, whose key is made where there is none yet. Needs `key_loads`.

    `record` is the person's, where it may carry the key.
    """
    wrapped = find_wrapped(work, subject, record)
    if wrapped is None:
        return make_key(work, vault, subject)
    return vault.open_key(wrapped, *key_place(key_id(subject)))
