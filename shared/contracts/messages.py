"""The base classes of all messages, their field types, and the registers of events, commands and queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from shared.contracts.access.actor import Actor
from shared.contracts.access.permissions import Permission
from shared.contracts.identity_numbers import normalize_identity_number
from shared.contracts.person_names import fold_middle_dots
from shared.contracts.personal_numbers import refuse_number_as_code, refuse_personal_numbers
from shared.contracts.phones import normalize_phone
from shared.contracts.text import clean_line, clean_text


class Message(BaseModel):
    """An immutable value in a message. Unknown fields are refused: no part of a request is dropped unnoticed."""

    # Validators are built at the first use: a process uses a part of the models that it imports. All of them at once
    # took up to 0.4 s of CPU at each start, and 6 to 23 MiB.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class EventData(Message):
    """The `data` of an event. Readers ignore unknown fields, so that a later release may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    type: ClassVar[str]
    """`<service>.<subject>.<happened>`; gains `.v2` only when a change breaks readers."""


class Answer(BaseModel):
    """The answer to a command or a query. Readers ignore unknown fields: only ever add to an answer."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


MAX_ENUMERATION: Final = 64
"""Characters of a value of an enumeration."""
_KNOWN: Final = "lianshan_known"


class OpenEnumeration:
    """Marks an enumeration in an event, an answer or a view as open: `Annotated[NeedState, OPEN]`.

    A reader keeps a value that it does not know, because a newer release may have written it. The JSON Schema is
    `anyOf` of the known ones and any string, so that a generated client does the same. In requests and commands
    enumerations are closed.
    """

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema that takes any string, and is described as the enumeration."""
        # A plain string, without a call to Python: several stand in every event that is read.
        return core_schema.str_schema(max_length=MAX_ENUMERATION, strict=True, metadata={_KNOWN: handler(source)})

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the schema of the known values, or of any other string."""
        return {"anyOf": [handler(core["metadata"][_KNOWN]), {"type": "string", "maxLength": MAX_ENUMERATION}]}


OPEN: Final = OpenEnumeration()


@dataclass(frozen=True, slots=True)
class Scope:
    """The area of a command: named in it, or that of a thing that it names by id.

    A field of `named` holds an area code: one outside the actor's is refused as `not_allowed`. A field of `found` holds
    the id of a thing, or several ids, whose areas their owner knows: one outside is refused as an unknown id is.
    `UnitOfWork.reach` decides that, and a handler that does not call it fails. A command without either has no area.
    """

    named: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


MAX_CORRELATION: Final = 128
"""Characters of a correlation id; ours have 32."""
MAX_COMMAND_BYTES: Final = 256 * 1024
"""The size of a command's body. The gateway refuses a larger one and splits bulk, and so does the owner's door."""


class Command(Message):
    """A request to one service, answered with a result or a refusal. Its actor travels beside it."""

    to: ClassVar[str]
    """The service that handles it."""
    type: ClassVar[str]
    """Its name, an imperative: `PublishNeed`."""
    permission: ClassVar[Permission]
    """The permission that its actor needs."""
    scope: ClassVar[Scope]
    """The area in which its actor needs the permission."""
    reason_field: ClassVar[str] = ""
    """The field with the reason of a decision, a code of a closed enumeration: the audit keeps it. Else empty."""
    spoken_in: ClassVar[str] = ""
    """The field with the id of the person for whom an actor may speak, or of that person's dispatch. Else empty."""

    def areas_named(self) -> Sequence[str]:
        """Return the area codes that the command names; its actor must reach each of them."""
        return [area for name in self.scope.named if (area := getattr(self, name)) is not None]

    def ids_found(self) -> Sequence[str]:
        """Return the ids of the things that the command names, which the audit has on record."""
        named = [value for name in self.scope.found if (value := getattr(self, name, None)) is not None]
        return [one for value in named for one in ((value,) if isinstance(value, str) else value)]


A_co = TypeVar("A_co", covariant=True)


class Query(Message, Generic[A_co]):
    """A question to one service that changes nothing: `class ReadFund(Query[FundAnswer | None])`.

    Answered with A_co or a refusal; None stands for a subject that does not exist. Readers of answers ignore unknown
    fields, the service refuses unknown fields of a query.
    """

    to: ClassVar[str]
    """The service that answers it."""
    type: ClassVar[str]
    """Its name, an imperative: `ReadFund`; gains `.v2` only when a change breaks a gateway or a service."""
    personal: ClassVar[bool] = False
    """Whether query or answer may hold personal data: then both travel sealed."""


class AuditedQuery(Query[A_co], Generic[A_co]):
    """A query whose answer holds personal data. The engine records reader, reason and subjects before it answers."""

    personal: ClassVar[bool] = True
    permission: ClassVar[Permission] = "personal:read"
    """The permission that its reader needs."""
    recorded_as: ClassVar[str]
    """The word in the audit row for the data that is read: `donor`."""
    about: ClassVar[str]
    """The field that names the subjects: an id, or several."""
    by_consent: ClassVar[bool] = False
    """Whether an agency may ask: the owner opens data as separate consent allows. Any other query refuses agencies."""
    timed: ClassVar[bool] = False
    """Whether its handler takes the city's time of the answer, as each does by whose consent data is opened."""

    @property
    def subjects(self) -> tuple[str, ...]:
        """The ids that the query asks about."""
        named = getattr(self, self.about)
        return (named,) if isinstance(named, str) else tuple(named)


class AuditedSearch(AuditedQuery[A_co], Generic[A_co]):
    """An audited query that finds its subjects. The engine records all that it opens; also that it found nobody."""

    about: ClassVar[str] = ""

    @property
    def subjects(self) -> tuple[str, ...]:
        """None: nobody is named by an id."""
        return ()


class QueryEnvelope(BaseModel):
    """A query on its way: its type, its fields, and the reader of personal data. Unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: str
    data: dict[str, Any]
    actor: Actor | None = None
    """The one who asks; an audited query is refused without one who has its permission."""
    why: str = ""
    """The reason, for the audit; an audited query is refused without it."""
    correlation: Annotated[str, StringConstraints(max_length=MAX_CORRELATION)] = ""
    """The id of the request that asks, for the audit; release 0.2.0 sends none."""
    sealed_for: str = ""
    """The id of the owner's key where the query comes sealed; the rest, but its type, then stands in `box` alone."""
    box: str = ""
    """The sealed envelope in base64url. The answer is sealed for the process that asked."""


class Timer(Message):
    """A message of a service to itself for later: a row in its `timers`, handled once it is due."""

    type: ClassVar[str]
    """`<service>.<subject>_<due>`; read like an event, so a new field has a default."""


ID_PATTERN: Final = r"^[A-Za-z0-9_:.@-]+$"
Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=ID_PATTERN)]
OwnId = Annotated[Id, AfterValidator(refuse_number_as_code)]
"""An id that the caller may choose: without phone and identity numbers."""
_Line: Final = AfterValidator(clean_line)
Label = Annotated[str, StringConstraints(min_length=1, max_length=64), _Line]
"""A word of the catalogue (an item, a skill, a unit, a theme) as a caller writes it: its owner turns it into a code."""
Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]
"""A code of the catalogue as its owner has written it, in events and answers: read without a call to Python."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), _Line]
PersonName = Annotated[Name, AfterValidator(fold_middle_dots)]
"""The name of a person: one form of the middle dot. Personal data: sealed, and never in an event."""
PublicName = Annotated[Name, AfterValidator(refuse_personal_numbers)]
"""The name of an area, a station, a fund, an organisation or a key: without phone and identity numbers."""
PublicLabel = Annotated[Label, AfterValidator(refuse_personal_numbers)]
"""A word of an entry of the catalogue, shown to everybody: without phone and identity numbers."""
Title = Annotated[str, StringConstraints(min_length=1, max_length=200), _Line]
Text = Annotated[str, StringConstraints(max_length=2000), AfterValidator(clean_text)]
"""Free text of at most 2,000 characters, perhaps about a person: it stays with the owning service, sealed."""
Phone = Annotated[str, StringConstraints(min_length=3, max_length=40), AfterValidator(normalize_phone)]
"""A phone number; stored as `+8613800138000` or `+861066012345;ext=801` (E.164, RFC 3966)."""
_Number: Final = AfterValidator(normalize_identity_number)
IdentityNumber = Annotated[str, StringConstraints(min_length=1, max_length=40), _Number]
"""A resident identity number, or that of a residence permit; stored as `11010519491231002X` (GB 11643-1999)."""
BirthYear = Annotated[int, Field(strict=True, ge=1900, le=2100)]
"""A year of birth; its owner refuses one in the future."""
ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[!-~]+$")]
"""A caller's own name for a thing that it creates: visible ASCII without spaces, unique by principal and kind."""
Instant = AwareDatetime
"""A time with an offset from UTC (RFC 3339)."""

EVENTS: Final[dict[str, type[EventData]]] = {}
"""Every event class by its type, once `shared.contracts.registry` has imported all modules."""
COMMANDS: Final[dict[tuple[str, str], type[Command]]] = {}
"""Every command class by its service and type."""
QUERIES: Final[dict[tuple[str, str], type[Query[Any]]]] = {}
"""Every query class by its service and type."""


E = TypeVar("E", bound=EventData)
C = TypeVar("C", bound=Command)
Q = TypeVar("Q", bound=Query[Any])


def event(cls: type[E]) -> type[E]:
    """Register an event class, so that its schema is exported and readers find it by its type.

    Raises ValueError where another class has the type.
    """
    if EVENTS.setdefault(cls.type, cls) is not cls:
        raise ValueError(f"two events call themselves {cls.type}")
    return cls


def command(cls: type[C]) -> type[C]:
    """Register a command class under its service.

    Raises TypeError where the class declares no permission or scope, ValueError where another class has its type.
    """
    for declared in ("permission", "scope"):
        if not hasattr(cls, declared):
            raise TypeError(f"{cls.__name__} declares no {declared}: see shared/contracts/access")
    if COMMANDS.setdefault((cls.to, cls.type), cls) is not cls:
        raise ValueError(f"two commands to {cls.to} call themselves {cls.type}")
    return cls


def query(cls: type[Q]) -> type[Q]:
    """Register a query class under its service. Raises ValueError where another class has the type there."""
    if QUERIES.setdefault((cls.to, cls.type), cls) is not cls:
        raise ValueError(f"two queries to {cls.to} call themselves {cls.type}")
    return cls


def answer_type(asked: type[Query[Any]]) -> Any:
    """Return the type of a query's answer, as its class declares it: an Answer, or one or None."""
    for base in asked.__mro__:
        if arguments := getattr(base, "__pydantic_generic_metadata__", {}).get("args"):
            return arguments[0]
    raise TypeError(f"{asked.__name__} declares no answer: inherit Query[SomeAnswer]")


_COMMON: Final = ("access.", "consents", "copies", "jobs")
OF_EVERY_OWNER: Final = tuple(f"shared.contracts.{name}" for name in _COMMON)
"""Modules whose answers every service gives."""


def answers_of(service: str) -> dict[str, type[Answer]]:
    """Return every answer class of a service's contracts by its name, once the registry has imported them.

    Those of OF_EVERY_OWNER are answers of every service.
    """
    own, found, waiting = (f"shared.contracts.{service}.", *OF_EVERY_OWNER), {}, [Answer]
    while waiting:  # ends: a class tree is finite
        for child in waiting.pop().__subclasses__():
            waiting.append(child)
            # The events of a plain aggregate have the shape of its answer, and schemas of their own.
            if child.__module__.startswith(own) and not issubclass(child, EventData):
                found[child.__name__] = child
    return found
