"""The time bank (时间银行): minutes credited for confirmed service."""

from typing import ClassVar

from shared.contracts.areas import AreaCode
from shared.contracts.messages import EventData, Id, event


@event
class HoursCredited(EventData):
    """Minutes minted into a volunteer's time-bank account from one confirmed service."""

    type: ClassVar[str] = "volunteering.hours.credited"
    need_id: Id
    dispatch_id: Id
    volunteer_id: Id
    area: AreaCode
    minutes: int
    transfer_id: str
    balance_minutes: int
    account_version: int
