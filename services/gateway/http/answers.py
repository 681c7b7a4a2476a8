"""Answers of the API: their common bases, pages of lists, and problem documents (RFC 9457).

Each feature's `answer.py` has its own. Fields that were not set are left out of the JSON, see `replies.py`.
"""

from datetime import datetime
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from shared.contracts.messages import OPEN
from shared.contracts.persons import PersonKind, PersonReference

T = TypeVar("T")


def _with_offset(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("an instant needs its offset from UTC")
    return text


InstantText = Annotated[str, AfterValidator(_with_offset), WithJsonSchema({"type": "string", "format": "date-time"})]
"""An instant (ISO 8601, with its offset) that is passed on letter by letter, as the view or the owner wrote it.

Parsing it and writing it again would change the digits of its fraction, and clients compare these strings.
"""


class Answer(BaseModel):
    """An answer has exactly these fields. A builder that reads a view or an owner's answer ignores further ones."""

    model_config = ConfigDict(extra="forbid")


class Listed(Answer, Generic[T]):
    """A page of a list, newest first."""

    items: list[T]
    next: str | None = Field(description="Give it as `after` for the page that follows; null on the last.")

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """Return the name that generated clients see: `NeedPage` of NeedListed or NeedAnswer."""
        return f"{params[0].__name__.removesuffix('Answer').removesuffix('Listed')}Page"


class Versioned(Answer):
    """A single thing with its id and version."""

    id: str
    version: int = Field(description="Also in the ETag.")


class Nameable(Answer):
    """A thing that a caller has created, with the name that the asking principal has given it."""

    id: str
    external_id: str | None = Field(default=None, description="Your own name for it; absent where you gave none.")


class PersonAnswer(Answer):
    """A person by the id under which one service knows them."""

    kind: Annotated[PersonKind, OPEN]
    id: str

    @classmethod
    def of(cls, person: PersonReference) -> Self:
        """Return the person whom a request has named."""
        return cls(kind=person.kind, id=person.id)


class Created(Versioned, Nameable):
    """A single thing with its version, and its name."""


class BrokenRule(Answer):
    """One field that breaks one rule."""

    field: str = Field(description="Where: a dotted path into the body, a parameter or a header.")
    rule: str = Field(description="The reason code of the rule, see docs/reason-codes.md.")
    args: dict[str, str | int] = Field(description="The values of the sentence, as machines keep them.")
    detail: str = Field(description="The sentence in the language of the answer: the fault and the remedy.")


class ProblemDocument(Answer):
    """RFC 9457."""

    type: str = Field(examples=["/problems/invalid"])
    title: str
    status: int
    detail: str = Field(description="The sentence in the language of the answer: the reason and the next step.")
    instance: str
    rule: str = Field(description="The reason code, see docs/reason-codes.md.", examples=["due_passed"])
    args: dict[str, str | int] = Field(description="The values of the sentence, as machines keep them.")
    errors: list[BrokenRule] = Field(default=[])
