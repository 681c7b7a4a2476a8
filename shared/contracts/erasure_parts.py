"""The parts of an erasure (删除): the persons, the answer of the service that knows each, and the data it keeps."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.messages import OPEN, EventData, Id
from shared.contracts.persons import PersonKind
from shared.contracts.reasons import Reason

ErasureGround = Literal[
    "purpose_ended", "retention_over", "service_ended", "consent_withdrawn", "unlawful_handling", "required_by_law"
]
"""The grounds of the Personal Information Protection Law, art. 47: the purpose is achieved or unneeded (1), the time of
retention is over or the service ended (2), consent is withdrawn (3), handling broke the law (4), others by law (5).
"""
PersonState = Literal["pending", "waiting", "erased", "unknown"]
"""`waiting`: something about the person is open and ends first; `unknown`: no such person within the asker's reach."""
ErasedCategory = Literal[
    "personal_record", "data_key", "external_ids", "failed_messages", "matching_profile", "open_dispatches", "consents"
]
"""The kinds of data that an erasure deletes; `open_dispatches` are offers and bookings taken back."""
MAX_PEOPLE: Final = 20
"""The most persons of one erasure."""
MOST_REASONS: Final = 4
MOST_CATEGORIES: Final = 7


class ErasedCount(BaseModel):
    """The number of things of one category that were deleted."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    category: Annotated[ErasedCategory, OPEN]
    count: int


class ErasureOutcome(BaseModel):
    """The outcome about one person. `erased` counts by category, `kept` has the reasons for nameless data kept."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Annotated[PersonKind, OPEN]
    id: Id
    state: Annotated[PersonState, OPEN] = "pending"
    waiting: Reason | None = None
    erased: tuple[ErasedCount, ...] = Field(default=(), max_length=MOST_CATEGORIES)
    kept: tuple[Reason, ...] = Field(default=(), max_length=MOST_REASONS)


class ErasureAnswer(EventData):
    """The answer of one service about one person of an erasure: the whole outcome, by the highest version.

    `nth` is the place of the person in the erasure, from 0.
    """

    erasure_id: Id
    nth: int = Field(ge=0, lt=MAX_PEOPLE)
    version: int
    outcome: ErasureOutcome
