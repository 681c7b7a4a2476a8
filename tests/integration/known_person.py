"""An invented person who is nowhere else in the tests, and the search for each of the person's particulars."""

import base64
import json
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.database import Database
from stdnum.cn import ric

from services.charity.declaration import DECLARATION as CHARITY
from services.stations.declaration import DECLARATION as STATIONS
from services.volunteering.declaration import DECLARATION as VOLUNTEERING
from shared.engine.amqp.letter_content import open_content
from shared.engine.store.collections import LETTERS
from shared.engine.store.sealing import vault_of_store
from shared.people import Marker, Particulars, key_id
from shared.people.keys import COLLECTION, OWN_KEY, key_place
from shared.runtime.vault import PersonalVault, Vault, VaultError

Document = dict[str, Any]
Source = Iterator[tuple[str, bytes]]
OWNERS: Final = (STATIONS, CHARITY, VOLUNTEERING)
_SEALED: Final = re.compile(r"(v1|v2|k1|p1)\.")


@dataclass(frozen=True)
class KnownPerson:
    """The particulars, each of them a text of its own."""

    name: str
    telephone: str
    identity_number: str
    address: str
    longitude: str
    external_id: str

    @classmethod
    def invent(cls, word: str, number: int, family: str) -> "KnownPerson":
        """Return the person with that word and those four digits in every particular."""
        stem = f"11010219870314{number % 1000:03}"
        digit = ric.calc_check_digit(stem + "0")
        return cls(
            name=f"{family} {word}", telephone=f"1379999{number:04}", identity_number=stem + digit,
            address=f"{word} Lane {number}", longitude=f"116.35{number:04}", external_id=f"case-{word}-{number}",
        )  # fmt: skip

    @property
    def place(self) -> dict[str, float]:
        """The home, and the place of the need."""
        return {"lon": float(self.longitude), "lat": 39.931}

    def registered(self, area: str) -> dict[str, Any]:
        """The body of a registration, of a donor as it is."""
        return {
            "name": self.name, "phone": self.telephone, "identity_number": self.identity_number, "area": area,
            "external_id": self.external_id,
        }  # fmt: skip

    @property
    def particulars(self) -> dict[str, str]:
        """Each by its name."""
        return asdict(self)

    @cached_property
    def _forms(self) -> dict[str, list[bytes]]:
        return {name: forms(value, as_number=name == "longitude") for name, value in self.particulars.items()}

    def as_guardian(self, kind: str, person_id: str, scope: str) -> dict[str, Any]:
        """The body of a consent that the person gives for somebody."""
        return {
            "person": {"kind": kind, "id": person_id}, "scopes": [scope], "purpose": "insurance",
            "recipient": "principal_insurer", "given_by": "guardian",
            "guardian": {"name": self.name, "phone": self.telephone},
            "expires_at": (datetime.now(UTC) + timedelta(days=9)).isoformat(),
        }  # fmt: skip

    def find_in(self, content: bytes) -> list[str]:
        """The names of the particulars that stand in the content, in any encoding."""
        return [name for name, wanted in self._forms.items() if any(form in content for form in wanted)]

    def find_all(self, source: Source) -> dict[str, list[str]]:
        """The places of the source with the particulars that stand there."""
        found: dict[str, list[str]] = {}
        for where, content in source:
            if names := self.find_in(content):
                found.setdefault(where, []).extend(names)
        return found

    def marks(self, ring: Vault) -> list[str]:
        """The marks by which each service finds the person, as a volunteer or as a donor."""
        whole = Particulars(
            name=self.name, phone=f"+86{self.telephone}", identity_number=self.identity_number, birth_year=1987,
            home=(float(self.longitude), 39.931),
        )  # fmt: skip
        markers = [Marker(ring.of(owner.name, bound=True)) for owner in OWNERS]
        return [mark for marker in markers for mark in (*marker.of_person(whole), *marker.claims_of(whole).values())]


def forms(value: str, *, as_number: bool = False) -> list[bytes]:
    """The value in each encoding that a program of ours or a server may have written it in."""
    raw = value.encode()
    texts = {raw, raw.hex().encode(), quote(value).encode(), json.dumps(value)[1:-1].encode()}
    texts |= {value.encode("utf-16-le"), value.encode("utf-16-be"), value.encode("gb18030")}
    for shift in range(3):  # base64 has three forms, by the place of the value in the encoded text
        coded = base64.b64encode(b"\0" * shift + raw)[4:-4]
        texts |= {coded, coded.replace(b"+", b"-").replace(b"/", b"_")}
    if as_number:
        texts.add(struct.pack("<d", float(value)))  # as BSON has it
    return sorted(texts)


def read_databases(uri: str, prefix: str = "") -> Source:
    """Every collection of the databases with that prefix; without one of every database, the log of operations too."""
    with MongoClient[Any](uri) as client:
        for name in (name for name in client.list_database_names() if name.startswith(prefix)):
            for collection in client[name].list_collection_names():
                for batch in client[name][collection].find_raw_batches():
                    yield f"{name.removeprefix(prefix)}.{collection}", batch


def read_opened(uri: str, prefix: str, ring: Vault) -> Source:
    """Every sealed value of every owner, opened by any key of its store that still opens it."""
    with MongoClient[Document](uri) as client:
        for owner in OWNERS:
            store = client[f"{prefix}{owner.name}"]
            vault = vault_of_store(store, ring, owner.name)
            keys = list(_find_keys(store, vault))
            for collection in store.list_collection_names():
                for row in store[collection].find():
                    yield f"{owner.name}.{collection}", _open_row(collection, row, vault, keys)


def _find_keys(store: "Database[Document]", vault: Vault) -> Iterator[PersonalVault]:
    for row in store[COLLECTION].find():
        yield vault.open_key(row["wrapped"], *key_place(row["_id"]))
    for holder in ("donors", "need_texts"):
        for row in store[holder].find({OWN_KEY: {"$type": "string"}}):
            yield vault.open_key(row[OWN_KEY], *key_place(key_id(row["_id"])))


def _open_row(collection: str, row: Mapping[str, Any], vault: Vault, keys: list[PersonalVault]) -> bytes:
    if collection == LETTERS:
        return open_content(row["sealed"], vault, row["_id"]).body
    opened: list[str] = []
    openers: tuple[Vault | PersonalVault, ...] = (vault, *keys)
    for field, value in row.items():
        if isinstance(value, str) and _SEALED.match(value):
            for opener in openers:
                try:
                    opened.append(opener.open(value, collection, row["_id"], field))
                except VaultError:
                    continue
    return "\n".join(opened).encode()
