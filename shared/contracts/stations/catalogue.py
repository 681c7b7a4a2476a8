"""The catalogue (目录): its changes, and the commands of the city that owns it.

The entries themselves, and the shipped ones, are in `shared.contracts.catalogue`.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.catalogue.entries import MAX_SYNONYMS, MAX_UNITS, Code, Entry, Form, Kind
from shared.contracts.messages import (
    Answer,
    Command,
    EventData,
    Id,
    Label,
    Message,
    PublicLabel,
    Query,
    Scope,
    command,
    event,
    query,
)


class EntrySnapshot(EventData):
    """The whole entry after a change; readers keep the highest version."""

    version: int
    entry: Entry


@event
class EntryAdded(EntrySnapshot):
    """The city has added an entry."""

    type: ClassVar[str] = "stations.catalogue.entry_added"


@event
class EntryExtended(EntrySnapshot):
    """An entry got further synonyms, units or equivalents; those it had are unchanged."""

    type: ClassVar[str] = "stations.catalogue.entry_extended"


@event
class EntryRetired(EntrySnapshot):
    """An entry is not used any more; it stays readable, and may name its successor."""

    type: ClassVar[str] = "stations.catalogue.entry_retired"


class UnitAsked(Message):
    """A unit of an item: `factor` base units are one of it."""

    code: Code
    zh: PublicLabel
    en: PublicLabel
    synonyms: tuple[PublicLabel, ...] = Field(default=(), max_length=MAX_SYNONYMS)
    factor: Annotated[int, Field(strict=True, ge=1, le=1_000_000_000)] = 1


class _EntryCommand(Command):
    to: ClassVar[str] = "stations"
    permission: ClassVar[Permission] = "catalogue:manage"
    scope: ClassVar[Scope] = Scope()
    kind: Kind
    code: Code


@command
class AddEntry(_EntryCommand):
    """Add an entry. The same entry again changes nothing. Answers EntryAnswer.

    An item has a form and units, the base unit first; other kinds have neither.
    """

    type: ClassVar[str] = "AddEntry"
    zh: PublicLabel
    en: PublicLabel
    synonyms: tuple[PublicLabel, ...] = Field(default=(), max_length=MAX_SYNONYMS)
    form: Form | None = None
    units: tuple[UnitAsked, ...] = Field(default=(), max_length=MAX_UNITS)
    equivalents: tuple[Code, ...] = Field(default=(), max_length=MAX_SYNONYMS)


@command
class ExtendEntry(_EntryCommand):
    """Give an entry further synonyms, units or equivalents. Its existing ones stay as they are. Answers EntryAnswer."""

    type: ClassVar[str] = "ExtendEntry"
    synonyms: tuple[PublicLabel, ...] = Field(default=(), max_length=MAX_SYNONYMS)
    units: tuple[UnitAsked, ...] = Field(default=(), max_length=MAX_UNITS)
    equivalents: tuple[Code, ...] = Field(default=(), max_length=MAX_SYNONYMS)


@command
class RetireEntry(_EntryCommand):
    """Retire an entry, naming the code of its successor where there is one. Answers EntryAnswer."""

    type: ClassVar[str] = "RetireEntry"
    successor: Code | None = None


class EntryAnswer(Answer):
    """An entry; `version` is 0 for a shipped one that the city has not changed.

    The id is `<kind>:<code>`.
    """

    id: Id
    version: int
    entry: Entry


class EntriesAnswer(Answer):
    """The entries that labels name, in no order; a label that names none has no entry."""

    items: tuple[EntryAnswer, ...] = ()


class LabelAsked(Message):
    """A label with its kind."""

    kind: Kind
    label: Label


@query
class FindEntries(Query[EntriesAnswer]):
    """Find the entries that labels name, at most 500 at once."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "FindEntries"
    labels: tuple[LabelAsked, ...] = Field(max_length=500)
