"""Community funds (社区基金)."""

from typing import ClassVar

from shared.contracts.areas import AreaCode
from shared.contracts.messages import Command, EventData, Id, Name, command, event


@event
class FundOpened(EventData):
    """A community fund (社区基金) stands."""

    type: ClassVar[str] = "charity.fund.opened"
    fund_id: Id
    area: AreaCode
    name: Name


@command
class OpenFund(Command):
    """A community, street, district or city fund. Answers the fund as read."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "OpenFund"
    area: AreaCode
    name: Name
