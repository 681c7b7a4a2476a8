"""Community funds (社区基金)."""

from typing import ClassVar

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import (
    Answer,
    Command,
    EventData,
    ExternalId,
    Id,
    Instant,
    Name,
    PublicName,
    Query,
    Scope,
    command,
    event,
    query,
)


@event
class FundOpened(EventData):
    """A community fund (社区基金) was opened."""

    type: ClassVar[str] = "charity.fund.opened"
    fund_id: Id
    area: AreaCode
    name: Name


@command
class OpenFund(Command):
    """Open the fund of a community, a street, a district or a city. Answers FundAnswer."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "OpenFund"
    permission: ClassVar[Permission] = "funds:manage"
    scope: ClassVar[Scope] = Scope(named=("area",))
    area: AreaCode
    name: PublicName
    external_id: ExternalId | None = None


class FundAnswer(Answer):
    """A fund with its money in fen: `balance_fen` posted, `reserved_fen` of it promised to needs."""

    id: Id
    version: int
    area: AreaCode
    name: Name
    opened_at: Instant
    account_id: str
    balance_fen: int
    reserved_fen: int


@query
class ReadFund(Query[FundAnswer | None]):
    """Read a fund with its balance."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "ReadFund"
    fund_id: Id
