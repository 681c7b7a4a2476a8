"""Bodies about an entry whose kind and code stand in the path."""

from typing import Final

from pydantic import ConfigDict, Field, JsonValue

from shared.contracts.catalogue.entries import MAX_SYNONYMS, MAX_UNITS, Code, Kind
from shared.contracts.messages import Message, PublicLabel
from shared.contracts.stations.catalogue import ExtendEntry, RetireEntry, UnitAsked

_PACK: Final[dict[str, JsonValue]] = {"code": "pack_25", "zh": "25件包", "en": "pack of 25", "factor": 25}


class FurtherNamesIn(Message):
    """Further synonyms, units or equivalents."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"synonyms": ["防护口罩"], "units": [_PACK]}]})

    synonyms: tuple[PublicLabel, ...] = Field(default=(), max_length=MAX_SYNONYMS)
    units: tuple[UnitAsked, ...] = Field(default=(), max_length=MAX_UNITS)
    equivalents: tuple[Code, ...] = Field(default=(), max_length=MAX_SYNONYMS)

    def command(self, kind: Kind, code: str) -> ExtendEntry:
        """Return the command to stations."""
        return ExtendEntry(kind=kind, code=code, synonyms=self.synonyms, units=self.units, equivalents=self.equivalents)


class RetireIn(Message):
    """The entry to use instead, where there is one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"successor": "milk_powder_stage_2"}]})

    successor: Code | None = None

    def command(self, kind: Kind, code: str) -> RetireEntry:
        """Return the command to stations."""
        return RetireEntry(kind=kind, code=code, successor=self.successor)
