"""The audit (审计) as its owners answer it: rows by subject, actor, area and time, newest first."""

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from shared.contracts.access.actor import Reach
from shared.contracts.messages import Answer, Id, Instant, Message

MOST_AUDITED: Final = 1000
"""Ids and areas that one row names."""
MOST_IDS: Final = 32
"""Ids of one person."""
MOST_ROWS: Final = 201
"""Rows of one answer: a page, and one more that shows whether there is a next."""
RowId = Annotated[str, StringConstraints(max_length=64, pattern=r"^[0-9]{13}\.[0-9a-f]{24}$")]
"""Thirteen digits of the row's time in milliseconds since 1970, and a suffix that tells apart rows of one time."""


class AuditFilter(Message):
    """The rows wanted: each field that is given narrows them. `until` is exclusive, `after` the id of a last row.

    `also` are further ids of the person who is the subject, as merges have left them.
    """

    subject: Id | None = None
    also: tuple[Id, ...] = Field(default=(), max_length=MOST_IDS)
    actor: Id | None = None
    area: Reach | None = None
    since: Instant | None = None
    until: Instant | None = None
    after: RowId | None = None
    limit: int = Field(default=50, ge=1, le=MOST_ROWS)


class AuditRow(Answer):
    """One write, or one read of personal data: `what` is the command or the query, `about` the ids of its subjects.

    `principal` is the stable id behind the `actor`, `correlation` the id of the request that began it. `on_behalf_of`
    is the id of the person for whom the actor spoke; empty: for nobody.
    """

    id: str
    actor: str
    principal: str
    kind: str
    what: str
    about: tuple[str, ...]
    areas: tuple[str, ...]
    at: Instant
    correlation: str
    why: str
    on_behalf_of: str = ""


class AuditPage(Answer):
    """Rows, newest first."""

    items: tuple[AuditRow, ...]
