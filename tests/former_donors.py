"""Donors as `lianshan migrate` leaves those of release 0.2: a sealed field for each particular, the key beside."""

from services.charity.donors.domain import Donor, place_of
from services.charity.donors.opening import open_donor
from shared.people import DataKey, OpenKeys
from shared.people.keys import key_id, key_place, ring_of
from shared.people.reading import by_id
from shared.runtime.vault import Vault


def migrated(vault: Vault, donor: Donor) -> tuple[Donor, DataKey]:
    """The donor in that form, with the data key."""
    opened = open_donor(donor.to_document(), OpenKeys(vault, by_id((), [donor.to_document()])))
    wrapped, entity_id = str(donor.data_key), key_id(donor.id)
    own = vault.open_key(wrapped, *key_place(entity_id))
    year = None if opened.identity_number else opened.birth_year
    known = {"phone": opened.phone, "identity_number": opened.identity_number, "birth_year": year}
    fields: dict[str, str | None] = {"particulars_sealed": None, "data_key": None}
    for name, value in known.items():
        if value is not None:
            fields[f"{name}_sealed"] = own.seal(str(value), *place_of(donor.id, f"{name}_sealed"))
    key = DataKey(id=entity_id, version=1, wrapped=wrapped, ring=ring_of(wrapped))
    return donor.model_copy(update=fields), key
