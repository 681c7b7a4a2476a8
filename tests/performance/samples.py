"""The records and events of one need in our services: the pattern for those of the other peers.

Imports nothing of ours, so that the other peers' processes stay as small as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bson

Document = dict[str, Any]
ITEM, UNIT, SKILL, QUANTITY = "quilt", "piece", "companionship", 2


@dataclass(frozen=True)
class Samples:
    """New records by collection, ids of changed ones, and the events, all for the need `need`."""

    need: str
    area: str
    station: str
    volunteer: str
    charity_inserts: dict[str, list[Document]]
    own_ids: list[str]
    """Ids of new records that do not hold the need's."""
    stock: str
    """Id of the account that gives."""
    used: Document
    """The account that receives, as it is after the need."""
    volunteering_inserts: dict[str, list[Document]]
    linked: Document
    confirmed: Document
    ready: Document

    def save(self, path: Path) -> None:
        path.write_bytes(bson.encode(vars(self)))

    @classmethod
    def load(cls, path: Path) -> "Samples":
        return cls(**bson.decode(path.read_bytes(), codec_options=bson.CodecOptions(tz_aware=True)))


def replacements(samples: Samples, need: str, area: str) -> dict[str, str]:
    """The values to put in the place of the samples' ids for that need."""
    tail = need.partition("_")[2]
    own = {old: f"{old.partition('_')[0]}_{tail}" for old in samples.own_ids}
    return {samples.need: need, samples.area: area, **own}


def fill(value: Any, names: Mapping[str, str]) -> Any:
    """A copy with ids put in the place of others, at any depth."""
    if isinstance(value, str):
        for old, new in names.items():
            if old in value:
                value = value.replace(old, new)
        return value
    if isinstance(value, dict):
        return {key: fill(part, names) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [fill(part, names) for part in value]
    return value
