"""The failed commands in a restored store that are about a person who was erased since the backup."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pymongo.collection import Collection

from deploy.lianshan.declarations import DECLARATIONS
from deploy.lianshan.erasures.copies import MAJORITY, MAX_MILLIS
from deploy.lianshan.stores import Document, Stores
from shared.contracts.persons import OWNERS, PersonReference
from shared.engine.store.collections import LETTERS
from shared.engine.store.sealing import vault_of_store
from shared.people import read_keys
from shared.people.failed_commands import PAGE, FailedCommand, Traces, read_body
from shared.people.keys import holder_of
from shared.people.particulars import part_texts
from shared.runtime.vault import Vault, VaultError

NUMBERS: Final = frozenset({"phone", "identity_number"})
ASKED: Final = "asked"
PROFILE: Final = "profile"
OWN_NUMBERS: Final = ("phone", "identity_number", "certificate_number")


def delete_failed_commands(stores: Stores, people: Iterable[PersonReference], ring: Vault) -> int:
    """Delete the failed commands about these persons, in one pass over those of each service; return their number.

    A person whose record is not in the store is searched by the id alone. Raises PyMongoError.
    """
    named: dict[str, list[str]] = {}
    for person in people:
        named.setdefault(OWNERS[person.kind], []).append(person.id)
    return sum(_delete_of(stores, service, ids, ring) for service, ids in named.items())


def _delete_of(stores: Stores, service: str, ids: Iterable[str], ring: Vault) -> int:
    vault = vault_of_store(stores.of(service), ring, service)
    traces = [traces_of(person_id, _open_record(stores, service, person_id, vault)) for person_id in ids]
    rows, deleted, after = stores.of(service).get_collection(LETTERS, write_concern=MAJORITY), 0, ""
    while page := _read_page(rows, after):
        after = page[-1].id
        bodies = ((letter.id, read_body(letter, vault)) for letter in page)
        found = [letter_id for letter_id, body in bodies if any(one.lead_to(body) for one in traces)]
        deleted += rows.delete_many({"_id": {"$in": found}}).deleted_count if found else 0
    return deleted


def _read_page(rows: "Collection[Document]", after: str) -> list[FailedCommand]:
    found = rows.find({"kind": "command", "_id": {"$gt": after}}).sort("_id", 1).limit(PAGE).max_time_ms(MAX_MILLIS)
    return [FailedCommand.from_document(row) for row in found]


def traces_of(person_id: str, texts: Mapping[str, str]) -> Traces:
    """Return the traces of the person in a command, from the opened fields of the record."""
    if asked := texts.get(ASKED):
        words = json.loads(asked)
        place = (json.dumps(words["location"][name]) for name in ("lon", "lat"))
        return Traces(person_id, ((words["title"], *place),))
    if profile := texts.get(PROFILE):
        return _traces_of_profile(person_id, json.loads(profile))
    known = part_texts(texts)
    numbers = [(text,) for name, text in known.items() if name in NUMBERS]
    return Traces(person_id, numbers, known.get("name", ""), [known.get("email", "")])


def _traces_of_profile(person_id: str, person: Mapping[str, Any]) -> Traces:
    """Return the traces of a resident or a social worker, whose data is sealed in one piece."""
    numbers = (*person.get("phones", ()), *(person[name] for name in OWN_NUMBERS if person.get(name)))
    return Traces(person_id, [(number,) for number in numbers], person["name"])


def _open_record(stores: Stores, service: str, person_id: str, vault: Vault) -> dict[str, str]:
    declared = DECLARATIONS[service].sealed
    keys = read_keys(stores.of(service), vault, (person_id,), holder_of(declared))
    texts: dict[str, str] = {}
    for collection, fields in declared.items():
        row = stores.collection(service, collection).find_one({"_id": person_id}, max_time_ms=MAX_MILLIS) or {}
        for name in (name for name, purpose in fields.items() if purpose != "key"):
            if isinstance(sealed := row.get(name), str) and sealed:
                try:
                    texts[name] = keys.open(sealed, person_id, collection, person_id, name)
                except VaultError:
                    continue
    return texts
