"""The manifest of a backup: its format, its origin, its parts with their hashes."""

import re
from datetime import UTC, datetime
from typing import Final

from bson import Timestamp, json_util
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deploy.lianshan.backup.errors import BadBackupError
from deploy.lianshan.stores import Document
from shared.engine.store.release_mark import READABLE, line_of
from shared.people.journal import Head
from shared.runtime.clock import machine_now
from shared.runtime.version import VERSION

FORMAT: Final = 1
"""To be raised when an older `lianshan restore` could no longer read the file."""
PRODUCT: Final = "lianshan"
EVENTS: Final = "broker/events"
LETTERS: Final = "broker/letters"
AGENCIES: Final = "broker/agencies"
"""The parts that come from RabbitMQ; all others are named `<service>/<collection>`. AGENCIES are the definitions of
agencies' queues. LETTERS are the messages that release 0.2 left in its queues of dead letters; the failed messages of
today stand in the stores.
"""


class Part(BaseModel):
    """A piece of the file: BSON documents one after the other, gzipped."""

    model_config = ConfigDict(frozen=True)

    name: str
    of: str
    """`<service>/<collection>`, or EVENTS, LETTERS or AGENCIES."""
    sha256: str
    size: int
    documents: int


class Stored(BaseModel):
    """A collection: its number of documents, and the options and indexes to create it again."""

    documents: int = 0
    options: Document = Field(default_factory=dict)
    indexes: list[Document] = Field(default_factory=list)


class Manifest(BaseModel):
    """The manifest. It is written last: a file without one was cut off."""

    format: int = FORMAT
    product: str = PRODUCT
    version: str = VERSION
    created: datetime = Field(default_factory=machine_now)
    cluster_time: tuple[int, int] = (0, 0)
    """The moment of the snapshot by MongoDB's own time: seconds since 1970 UTC, and the count within the second."""
    data_keys: list[str] = Field(default_factory=list)
    """The ids of the data keys with which its personal data is sealed (see shared/runtime/vault.py)."""
    schemas: dict[str, dict[str, int]] = Field(default_factory=dict)
    """By service and collection, the version of the documents' form (see shared/engine/decide/schema.py)."""
    databases: dict[str, dict[str, Stored]] = Field(default_factory=dict)
    parts: list[Part] = Field(default_factory=list)
    journal: Head = Field(default_factory=Head)
    """The end of the journal of erasures at the moment of the snapshot; that of a backup of release 0.2 is empty."""
    agencies_seen: bool = False
    """Whether the queues of agencies could be seen: then AGENCIES has them all."""

    @property
    def moment(self) -> datetime:
        """Return the moment of the snapshot: the backup holds everything that was committed by then."""
        return datetime.fromtimestamp(self.cluster_time[0], tz=UTC)

    @property
    def documents(self) -> int:
        """Return the number of documents in all collections together."""
        return sum(stored.documents for collections in self.databases.values() for stored in collections.values())

    def at(self, stamp: Timestamp) -> None:
        """Set the moment of the snapshot."""
        self.cluster_time = (stamp.time, stamp.inc)

    def parts_of(self, name: str) -> list[Part]:
        """Return the parts of a collection or of the broker's messages, in the order they were written."""
        return [part for part in self.parts if part.of == name]

    def count(self, name: str) -> int:
        """Return the number of documents in those parts."""
        return sum(part.documents for part in self.parts_of(name))

    def to_json(self) -> bytes:
        """Return it as JSON, with MongoDB's own notation for values that JSON lacks (options and indexes hold some)."""
        return json_util.dumps(self.model_dump(mode="python"), indent=1, ensure_ascii=False).encode()


def read_manifest(text: bytes, own_version: str | None = None) -> Manifest:
    """Return the manifest. Raises BadBackupError where the version `own_version` cannot restore the backup."""
    try:
        raw = json_util.loads(text)
    except (ValueError, TypeError, KeyError) as error:
        raise BadBackupError("its manifest is damaged: use another backup") from error
    # Before the fields are read: of another format they may be others.
    _check_versions(raw if isinstance(raw, dict) else {}, own_version or VERSION)
    try:
        manifest = Manifest.model_validate(raw)
    except ValidationError as error:
        raise BadBackupError("its manifest is damaged: use another backup") from error
    _check_counts(manifest)
    return manifest


def _check_versions(raw: Document, own: str) -> None:
    if raw.get("product") != PRODUCT:
        raise BadBackupError("it is no backup of Lianshan: name a file that `lianshan backup` made")
    made_by = str(raw.get("version", "?"))
    if raw.get("format") != FORMAT:
        raise BadBackupError(
            f"it has format {raw.get('format')}, and this is lianshan {own}, which reads format {FORMAT}: restore it "
            f"with lianshan {made_by}, which made it"
        )
    if line_of(made_by) not in READABLE and _parse_version(made_by) < _parse_version(own):
        raise BadBackupError(
            f"it was made by lianshan {made_by}, from whose stores no migration leads to {own}: restore it with "
            f"lianshan {made_by}"
        )
    # A newer release may have written documents of a form that this one cannot read.
    if _parse_version(made_by) > _parse_version(own):
        raise BadBackupError(f"it was made by lianshan {made_by}, and this is the older {own}: install {made_by} first")


def _parse_version(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def _check_counts(manifest: Manifest) -> None:
    for service, collections in manifest.databases.items():
        for name, stored in collections.items():
            if manifest.count(f"{service}/{name}") != stored.documents:
                raise BadBackupError(f"its manifest contradicts itself about {service}.{name}: use another backup")
