"""The audit (审计) as its owners answer it: rows by subject, actor, area and time, newest first."""

from operator import not_
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from shared.contracts.access.actor import Reach
from shared.contracts.messages import Answer, Id, Instant, Message

MOST_AUDITED: Final = 1000
"""Ids and areas that one row names."""
MOST_IDS: Final = 32
"""Ids of one person."""
MOST_BLOCKS: Final = 500
"""Headers of blocks in one answer."""
MOST_ROWS: Final = 201
"""Rows of one answer: a page, and one more that shows whether there is a next."""
RowId = Annotated[str, StringConstraints(max_length=64, pattern=r"^[0-9]{13}\.[0-9a-f]{24}$")]
"""Thirteen digits of the row's time in milliseconds since 1970, and a suffix that tells apart rows of one time."""


class AuditFilter(Message):
    """The rows wanted: each field that is given narrows them. `until` is exclusive, `after` the id of a last row.

    `also` are further ids of the person who is the subject, as merges have left them. With `proved` each row comes with
    its stored form and its proof, for an actor who reaches everywhere.
    """

    subject: Id | None = None
    also: tuple[Id, ...] = Field(default=(), max_length=MOST_IDS)
    actor: Id | None = None
    area: Reach | None = None
    since: Instant | None = None
    until: Instant | None = None
    after: RowId | None = None
    # Left out where it is not asked for: services of a former release do not know it.
    proved: bool = Field(default=False, exclude_if=not_)
    limit: int = Field(default=50, ge=1, le=MOST_ROWS)


class RowProof(Answer):
    """The place of a row in a block of the chain, and the hashes beside its path to the root, the lowest first.

    RFC 9162, section 2.1; SHA-256 in hexadecimal digits.
    """

    block: int
    index: int
    path: tuple[str, ...]


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
    stored: str = ""
    """The row as it is hashed (RFC 8785), where proofs were asked for."""
    proof: RowProof | None = None
    """None where no block lists the row yet, or no proof was asked for."""


class AuditPage(Answer):
    """Rows, newest first."""

    items: tuple[AuditRow, ...]


class AuditBlock(Answer):
    """The header of a block of an audit's chain, all of which is hashed, and its hash in hexadecimal digits."""

    chain: str
    number: int
    former: str
    first: str
    last: str
    count: int
    late: int
    root: str
    at: Instant
    hash: str


class AuditBlockPage(Answer):
    """Headers, by rising number."""

    items: tuple[AuditBlock, ...]
