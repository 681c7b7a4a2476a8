"""The base of everything that is said, and the register of it."""

from datetime import datetime
from typing import Annotated, ClassVar, Final, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints


class Message(BaseModel):
    """An immutable value that travels."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EventData(Message):
    """The `data` of an event. Readers ignore fields they do not know, so that a speaker may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    type: ClassVar[str]
    """`<service>.<subject>.<happened>`; gains `.v2` only when a change breaks readers."""


class Answer(BaseModel):
    """The answer to a command or a query. Readers ignore fields they do not know: only ever add to one."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Command(Message):
    """Please do: sent to one service, answered with a result or a refusal."""

    to: ClassVar[str]
    type: ClassVar[str]


class Timer(Message):
    """What a service told itself to do later: a row in its `timers`, fired through the same engine."""

    type: ClassVar[str]


Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_:.@-]+$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
"""A word of a catalogue (an item, a skill, a unit, a theme): never about a person."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(max_length=2000)]
"""Free text, perhaps about a person: stays with its owner, sealed."""
Phone = Annotated[str, StringConstraints(min_length=3, max_length=32, pattern=r"^[0-9+() -]+$")]
Fen = Annotated[int, Field(strict=True, ge=0, le=10**15)]
Minutes = Annotated[int, Field(strict=True, ge=0, le=10**9)]
Instant = AwareDatetime
OffsetInstant = Annotated[AwareDatetime, PlainSerializer(datetime.isoformat, return_type=str, when_used="json")]
"""An instant that JSON writes with its offset, `+00:00` instead of `Z`: some answers were released so."""

EVENTS: Final[dict[str, type[EventData]]] = {}
COMMANDS: Final[dict[tuple[str, str], type[Command]]] = {}


E = TypeVar("E", bound=EventData)
C = TypeVar("C", bound=Command)


def event(cls: type[E]) -> type[E]:
    """Register an event, so that its schema is exported and readers find it by its type."""
    if EVENTS.setdefault(cls.type, cls) is not cls:
        raise ValueError(f"two events call themselves {cls.type}")
    return cls


def command(cls: type[C]) -> type[C]:
    """Register a command under the service it is sent to."""
    if COMMANDS.setdefault((cls.to, cls.type), cls) is not cls:
        raise ValueError(f"two commands to {cls.to} call themselves {cls.type}")
    return cls
