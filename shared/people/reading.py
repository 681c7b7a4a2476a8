"""Personal data opened for an audited query: the data keys of the persons are read, and opened when the text is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.engine import Document, Store, UnitOfWork
from shared.people.keys import COLLECTION, DataKey, key_id, key_place
from shared.people.together import Read, read_one
from shared.runtime.vault import VaultError, is_personal


class PersonalOpener(Protocol):
    """Opens what one person's data key has sealed."""

    def open(self, sealed: str, *place: str) -> str:
        """Return the text that was sealed for that place."""


class Opener(PersonalOpener, Protocol):
    """The part of the vault that opens: data keys, and values by keys of the ring.

    Those are what the law keeps, and values of release 0.2.
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


def loaded_keys(work: UnitOfWork, vault: Opener, subject: str) -> OpenKeys:
    """Return the data key of a person for a decision that needs personal data, such as an age. Needs `key_loads`."""
    key = work.get(DataKey, key_id(subject))
    return OpenKeys(vault, {} if key is None else {key.id: {"wrapped": key.wrapped}})


def read_keys(store: Store, vault: Opener, subjects: Sequence[str]) -> OpenKeys:
    """Return the data keys of the persons. Nothing is opened yet. Raises PyMongoError."""
    rows = read_one(store, keys_read(subjects))
    return OpenKeys(vault, {row["_id"]: row for row in rows})


def keys_read(subjects: Sequence[str]) -> Read:
    """Return the read of the data keys of the persons, for `OpenKeys`."""
    wanted = [key_id(subject) for subject in subjects]
    return Read(COLLECTION, {"_id": {"$in": wanted}}, {"wrapped": 1}, len(wanted))
