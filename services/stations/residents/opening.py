"""The personal data of stored residents, opened: for the audited queries, and for the marks by which they are found."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from services.stations.residents.domain import PROFILE
from services.stations.residents.profile import marks_of, particulars_of, place_of
from shared.contracts.stations.residents import ResidentParticulars
from shared.engine import Document, Store
from shared.people import NO_MARKS, KeyGoneError, Marker, OpenKeys, Particulars, keys_read, read_keys
from shared.people.together import Read
from shared.runtime.vault import Vault, VaultError


def open_record(record: Document, keys: OpenKeys) -> ResidentParticulars:
    """Return the personal data of a stored record. Raises VaultError, KeyGoneError where the resident was erased."""
    return ResidentParticulars.model_validate_json(keys.open(record[PROFILE], record["_id"], *place_of(record["_id"])))


def reads_beside(ids: Sequence[str]) -> Sequence[Read]:
    """Return the reads that `prepare_opening` takes the documents of."""
    return (keys_read(ids),)


def prepare_opening(
    vault: Vault, records: Mapping[str, Document], beside: Sequence[Sequence[Document]]
) -> Callable[[], dict[str, Particulars]]:
    """Return the function that opens these residents; it leaves out those who were erased."""
    (wrapped,) = beside
    keys = OpenKeys(vault, {row["_id"]: row for row in wrapped})

    def open_residents() -> dict[str, Particulars]:
        found = {}
        for name, record in records.items():
            with suppress(KeyGoneError):
                found[name] = particulars_of(open_record(record, keys))
        return found

    return open_residents


def make_marks(store: Store, vault: Vault, records: Sequence[Document]) -> Mapping[str, Document]:
    """Return the field by which these residents are found, by id; nothing for one whose data cannot be opened.

    Raises PyMongoError.
    """
    keys = read_keys(store, vault, [record["_id"] for record in records])
    marker = Marker(vault)
    found: dict[str, Document] = {}
    for record in records:
        try:
            found[record["_id"]] = {"marks": list(marks_of(particulars_of(open_record(record, keys)), marker))}
        except KeyGoneError:
            found[record["_id"]] = dict(NO_MARKS)
        except VaultError:
            continue
    return found
