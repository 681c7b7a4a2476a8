"""The personal data of stored volunteers, opened: for audited queries, and for the marks of those of release 0.2."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.people.domain import place_of
from shared.engine import Document, Store
from shared.people import NO_MARKS, KeyGoneError, Marker, OpenKeys, Particulars, keys_read, read_keys
from shared.people.together import Read, read_one
from shared.runtime.vault import Vault, VaultError

COMPARED: Final = ("name", "phone", "identity_number")
"""The sealed fields by which people are found; the home is compared as matching knows it."""


def read_volunteers(store: Store, ids: Sequence[str]) -> Mapping[str, Document]:
    """Return area, year of birth and rounded home of the volunteers, by id. Raises PyMongoError."""
    return {row["_id"]: row for row in read_one(store, volunteers_read(ids))}


def volunteers_read(ids: Sequence[str]) -> Read:
    """Return the read of area, year of birth and rounded home of the volunteers."""
    fields = {"area": 1, "birth_year": 1, "home": 1}
    return Read(Volunteer.collection, {"_id": {"$in": list(ids)}}, fields, len(ids))


def open_person(person: Document, volunteer: Document, keys: OpenKeys) -> Particulars:
    """Return the particulars of a stored person. Raises VaultError, KeyGoneError where the person was forgotten."""
    sealed = {name: person[name] for name in COMPARED if person.get(name)}
    opened = keys.open_fields(sealed, person["_id"], place_of)
    lon, lat = volunteer["home"]
    return Particulars(
        name=opened["name"],
        phone=opened["phone"],
        identity_number=opened.get("identity_number"),
        birth_year=volunteer.get("birth_year"),
        home=(lon, lat),
    )


def reads_beside(ids: Sequence[str]) -> Sequence[Read]:
    """Return the reads that `prepare_opening` takes the documents of."""
    return volunteers_read(ids), keys_read(ids)


def prepare_opening(
    vault: Vault, people: Mapping[str, Document], beside: Sequence[Sequence[Document]]
) -> Callable[[], dict[str, Particulars]]:
    """Return the function that opens these people; it leaves out those who were forgotten."""
    volunteers, wrapped = ({row["_id"]: row for row in rows} for rows in beside)
    keys = OpenKeys(vault, wrapped)

    def open_people() -> dict[str, Particulars]:
        found = {}
        for name, person in people.items():
            with suppress(KeyGoneError):
                if (volunteer := volunteers.get(name)) is not None:
                    found[name] = open_person(person, volunteer, keys)
        return found

    return open_people


def make_marks(store: Store, vault: Vault, people: Sequence[Document]) -> Mapping[str, Document]:
    """Return the fields by which these people are found, by id: marks and area.

    Nothing for one whose data cannot be opened; no marks for one who was forgotten. Raises PyMongoError.
    """
    ids = [person["_id"] for person in people]
    volunteers, keys, marker = read_volunteers(store, ids), read_keys(store, vault, ids), Marker(vault)
    found: dict[str, Document] = {}
    for person in people:
        volunteer = volunteers.get(person["_id"])
        try:
            marks = {} if volunteer is None else {"marks": marker.of_person(open_person(person, volunteer, keys))}
        except KeyGoneError:
            marks = {}
        except VaultError:
            continue
        area = {} if volunteer is None else {"area": volunteer["area"]}
        found[person["_id"]] = {**NO_MARKS, **area, **marks}
    return found
