"""What a backup says of itself: its format, where it comes from, what it holds, with which hashes."""

import re
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

from bson import Timestamp, json_util
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deploy.lianshan.backup.errors import BadBackupError

FORMAT: Final = 1
"""Raised when an older `lianshan restore` could no longer read what is written."""
PRODUCT: Final = "lianshan"
EVENTS: Final = "broker/events"
LETTERS: Final = "broker/letters"
"""The parts that come from RabbitMQ; all others are named `<service>/<collection>`."""


class Part(BaseModel):
    """A piece of the file: BSON documents one after the other, gzipped."""

    model_config = ConfigDict(frozen=True)

    name: str
    of: str
    """`<service>/<collection>`, or EVENTS or LETTERS."""
    sha256: str
    size: int
    documents: int


class Stored(BaseModel):
    """A collection: how many documents, and how it is made anew."""

    documents: int = 0
    options: dict[str, Any] = Field(default_factory=dict)
    indexes: list[dict[str, Any]] = Field(default_factory=list)


class Manifest(BaseModel):
    """Written last: a file without one was cut off."""

    format: int = FORMAT
    product: str = PRODUCT
    version: str = Field(default_factory=lambda: version(PRODUCT))
    created: datetime = Field(default_factory=lambda: datetime.now(UTC))
    cluster_time: tuple[int, int] = (0, 0)
    """MongoDB's own time of the moment that was read: seconds since 1970 UTC, and the count within the second."""
    data_keys: list[str] = Field(default_factory=list)
    """The ids of the data keys that personal data in it is sealed with (see shared/runtime/vault.py)."""
    schemas: dict[str, dict[str, int]] = Field(default_factory=dict)
    """By service and collection, the form that its documents had (see shared/engine/decide/schema.py)."""
    databases: dict[str, dict[str, Stored]] = Field(default_factory=dict)
    parts: list[Part] = Field(default_factory=list)

    @property
    def moment(self) -> datetime:
        """What the backup shows is what was committed by then."""
        return datetime.fromtimestamp(self.cluster_time[0], tz=UTC)

    @property
    def documents(self) -> int:
        """In all collections together."""
        return sum(stored.documents for collections in self.databases.values() for stored in collections.values())

    def at(self, time: Timestamp) -> None:
        """Note the moment."""
        self.cluster_time = (time.time, time.inc)

    def parts_of(self, what: str) -> list[Part]:
        """In the order they were written."""
        return [part for part in self.parts if part.of == what]

    def held(self, what: str) -> int:
        """How many documents the file has of it."""
        return sum(part.documents for part in self.parts_of(what))

    def to_json(self) -> bytes:
        """With MongoDB's own notation for what JSON has no words for."""
        return json_util.dumps(self.model_dump(mode="python"), indent=1, ensure_ascii=False).encode()


def read_manifest(text: bytes, own_version: str | None = None) -> Manifest:
    """Raises BadBackupError where this program cannot restore what it describes."""
    try:
        raw = json_util.loads(text)
    except (ValueError, TypeError, KeyError) as error:
        raise BadBackupError("its manifest is damaged: use another backup") from error
    _check_versions(raw if isinstance(raw, dict) else {}, own_version or version(PRODUCT))
    try:
        manifest = Manifest.model_validate(raw)
    except ValidationError as error:
        raise BadBackupError("its manifest is damaged: use another backup") from error
    _check_counts(manifest)
    return manifest


def _check_versions(raw: dict[str, Any], own: str) -> None:
    if raw.get("product") != PRODUCT:
        raise BadBackupError("it is no backup of Lianshan: name a file that `lianshan backup` made")
    made_by = str(raw.get("version", "?"))
    if raw.get("format") != FORMAT:
        raise BadBackupError(
            f"it has format {raw.get('format')}, and this is lianshan {own}, which reads format {FORMAT}: restore it "
            f"with lianshan {made_by}, which made it"
        )
    if _numbers(made_by) > _numbers(own):
        raise BadBackupError(f"it was made by lianshan {made_by}, and this is the older {own}: install {made_by} first")


def _numbers(words: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", words)[:3]]


def _check_counts(manifest: Manifest) -> None:
    for service, collections in manifest.databases.items():
        for name, stored in collections.items():
            if manifest.held(f"{service}/{name}") != stored.documents:
                raise BadBackupError(f"its manifest contradicts itself about {service}.{name}: use another backup")
