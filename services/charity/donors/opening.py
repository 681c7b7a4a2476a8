"""The personal data of stored donors, opened: for the audited queries, and for the marks of donors of release 0.2."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from services.charity.donors.domain import SEALED, Donor, place_of
from shared.contracts.identity_numbers import known_birth_year
from shared.engine import Document, Store
from shared.people import NO_MARKS, KeyGoneError, Marker, OpenKeys, Particulars, keys_read, read_keys
from shared.people.particulars import part_texts
from shared.people.reading import by_id
from shared.people.together import Read
from shared.runtime.vault import Vault, VaultError


def open_donor(donor: Document, keys: OpenKeys) -> Particulars:
    """Return the particulars of a stored donor. Raises VaultError, KeyGoneError where the donor was forgotten."""
    sealed = {field: donor[field] for field, purpose in SEALED.items() if purpose != "key" and donor.get(field)}
    texts = part_texts(keys.open_fields(sealed, donor["_id"], place_of))
    year, number = texts.get("birth_year"), texts.get("identity_number")
    return Particulars(
        name=texts["name"],
        phone=texts.get("phone"),
        identity_number=number,
        birth_year=known_birth_year(None if year is None else int(year), number),
    )


def reads_beside(ids: Sequence[str]) -> Sequence[Read]:
    """Return the reads that `prepare_opening` takes the documents of."""
    return (keys_read(ids),)


def prepare_opening(
    vault: Vault, donors: Mapping[str, Document], beside: Sequence[Sequence[Document]]
) -> Callable[[], dict[str, Particulars]]:
    """Return the function that opens these donors; it leaves out those who were forgotten."""
    (wrapped,) = beside
    keys = OpenKeys(vault, by_id(wrapped, list(donors.values())))

    def open_donors() -> dict[str, Particulars]:
        found = {}
        for name, donor in donors.items():
            with suppress(KeyGoneError):
                found[name] = open_donor(donor, keys)
        return found

    return open_donors


def make_marks(store: Store, vault: Vault, donors: Sequence[Document]) -> Mapping[str, Document]:
    """Return the field by which these donors are found, by id.

    Nothing for one whose data cannot be opened; no marks for one who was forgotten. Raises PyMongoError.
    """
    keys = read_keys(store, vault, [donor["_id"] for donor in donors], Donor.collection)
    marker = Marker(vault)
    found: dict[str, Document] = {}
    for donor in donors:
        try:
            found[donor["_id"]] = {"marks": marker.of_person(open_donor(donor, keys))}
        except KeyGoneError:
            found[donor["_id"]] = dict(NO_MARKS)
        except VaultError:
            continue
    return found
