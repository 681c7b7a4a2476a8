"""The failed commands in a restored store that are about a person who was erased since the backup."""

import json
from collections.abc import Mapping
from typing import Final

from deploy.lianshan.declarations import DECLARATIONS
from deploy.lianshan.erasures.copies import MAJORITY
from deploy.lianshan.stores import Stores
from shared.contracts.persons import OWNERS, PersonReference
from shared.engine.store.collections import LETTERS
from shared.engine.store.sealing import vault_of_store
from shared.people import Purpose, read_keys
from shared.people.failed_commands import FailedCommand, Traces, read_body
from shared.runtime.vault import Vault, VaultError

NUMBERS: Final = frozenset({"phone", "phone_sealed", "identity_number", "identity_number_sealed"})
NAMES: Final = ("name", "name_sealed")
ASKED: Final = "asked"


def delete_failed_commands(stores: Stores, person: PersonReference, ring: Vault) -> int:
    """Delete the failed commands about a person whose record is there; return their number. Raises PyMongoError."""
    service = OWNERS[person.kind]
    store = stores.of(service)
    vault = vault_of_store(store, ring, service)
    texts = _open_record(stores, service, person.id, vault)
    if not texts:
        return 0  # not in this backup, or erased in it already
    traces = traces_of(person.id, texts)
    rows = store.get_collection(LETTERS, write_concern=MAJORITY)
    letters = (FailedCommand.from_document(row) for row in rows.find({"kind": "command"}))
    found = [letter.id for letter in letters if traces.lead_to(read_body(letter, vault))]
    return rows.delete_many({"_id": {"$in": found}}).deleted_count if found else 0


def traces_of(person_id: str, texts: Mapping[str, str]) -> Traces:
    """Return the traces of the person in a command, from the opened fields of the record."""
    if asked := texts.get(ASKED):
        words = json.loads(asked)
        place = (json.dumps(words["location"][name]) for name in ("lon", "lat"))
        return Traces(person_id, ((words["title"], *place),))
    numbers = [(text,) for name, text in texts.items() if name in NUMBERS]
    return Traces(person_id, numbers, next((texts[name] for name in NAMES if name in texts), ""))


def _open_record(stores: Stores, service: str, person_id: str, vault: Vault) -> dict[str, str]:
    purposes: tuple[Purpose, ...] = ("person", "receipts")
    keys = read_keys(stores.of(service), vault, (person_id,), purposes)
    texts: dict[str, str] = {}
    for collection, fields in DECLARATIONS[service].sealed.items():
        row = stores.collection(service, collection).find_one({"_id": person_id}) or {}
        for name, purpose in fields.items():
            if isinstance(sealed := row.get(name), str) and sealed:
                try:
                    place = (collection, person_id, name)
                    texts[name] = keys.open(sealed, person_id, *place, purpose=_purpose(purpose))
                except VaultError:
                    continue
    return texts


def _purpose(name: str) -> Purpose:
    return "receipts" if name == "receipts" else "person"
