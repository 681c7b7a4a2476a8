"""Personal data opened for an audited query: the data keys of the persons are read, and opened when the text is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.engine import Document, Entity, Store, UnitOfWork
from shared.people.keys import COLLECTION, OWN_KEY, find_wrapped, key_id, key_place
from shared.people.together import Read, read_one, read_together
from shared.runtime.vault import VaultError, is_personal


class PersonalOpener(Protocol):
    """Opens the values that one person's data key has sealed."""

    def open(self, sealed: str, *place: str) -> str:
        """Return the text that was sealed for that place."""


class Opener(PersonalOpener, Protocol):
    """The part of the vault that opens: data keys, and values by keys of the ring.

    The ring seals data that a law keeps; it also sealed the values of release 0.2.
    """

    def open_key(self, wrapped: str, *place: str) -> PersonalOpener:
        """Return the opener of a wrapped data key."""


PlaceOf = Callable[[str, str], tuple[str, str, str]]
"""Returns the place that a field of a person is sealed for: collection, id and field."""


class KeyGoneError(VaultError):
    """The data key is gone, because the person was forgotten: nothing can open the value again."""


@dataclass(frozen=True)
class OpenKeys:
    """The data keys of some persons, still wrapped, by their ids."""

    vault: Opener
    rows: Mapping[str, Document]

    def open(self, sealed: str, subject: str, *place: str) -> str:
        """Return the text that was sealed for a place: the collection, the id and the field.

        Raises VaultError, also for a value that was moved there, and KeyGoneError where the person was forgotten.
        """
        if not is_personal(sealed):
            return self.vault.open(sealed, *place)
        return self._unwrap(subject).open(sealed, *place)

    def open_fields(self, sealed: Mapping[str, str], subject: str, place_of: PlaceOf) -> dict[str, str]:
        """Return the texts of several fields of one person, the data key unwrapped once. Raises as `open` does."""
        unwrapped: PersonalOpener | None = None
        found = {}
        for field, value in sealed.items():
            opener: PersonalOpener = self.vault
            if is_personal(value):
                opener = unwrapped = unwrapped or self._unwrap(subject)
            found[field] = opener.open(value, *place_of(subject, field))
        return found

    def _unwrap(self, subject: str) -> PersonalOpener:
        entity_id = key_id(subject)
        row = self.rows.get(entity_id)
        if row is None:
            raise KeyGoneError(f"The data key {entity_id} is gone: the person was forgotten.")
        return self.vault.open_key(row["wrapped"], *key_place(entity_id))


def loaded_keys(work: UnitOfWork, vault: Opener, subject: str, record: Entity | None = None) -> OpenKeys:
    """Return the data key of a person for a decision that needs personal data, such as an age. Needs `key_loads`.

    `record` is the person's, where it may carry the key.
    """
    wrapped = find_wrapped(work, subject, record)
    return OpenKeys(vault, {} if wrapped is None else {key_id(subject): {"wrapped": wrapped}})


def read_keys(store: Store, vault: Opener, subjects: Sequence[str], holder: str | None = None) -> OpenKeys:
    """Return the data keys of the persons. Nothing is opened yet. Raises PyMongoError.

    `holder` is the collection whose documents may carry them.
    """
    if holder is None or not subjects:
        return OpenKeys(vault, by_id(read_one(store, keys_read(subjects))))
    own = Read(holder, {"_id": {"$in": list(subjects)}}, {OWN_KEY: 1}, len(subjects))
    rows, records = read_together(store, [keys_read(subjects), own])
    return OpenKeys(vault, by_id(rows, records))


def by_id(rows: Sequence[Document], records: Sequence[Document] = ()) -> dict[str, Document]:
    """Return the documents of `data_keys`, and the keys that records carry, by the ids of the keys, for `OpenKeys`."""
    own = {key_id(record["_id"]): {"wrapped": record[OWN_KEY]} for record in records if record.get(OWN_KEY)}
    return {**{row["_id"]: row for row in rows}, **own}


def keys_read(subjects: Sequence[str]) -> Read:
    """Return the read of the data keys of the persons, for `OpenKeys`."""
    wanted = [key_id(subject) for subject in subjects]
    return Read(COLLECTION, {"_id": {"$in": wanted}}, {"wrapped": 1}, len(wanted))
