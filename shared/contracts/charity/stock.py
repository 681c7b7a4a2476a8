"""Supply accounts (库存) as events show them."""

from shared.contracts.areas import AreaCode
from shared.contracts.messages import Id, Message


class StockView(Message):
    """An account that supplies needs, as it stands after this step: `balance` posted, `reserved` pending of it."""

    account_id: str
    version: int
    holder_id: Id
    area: AreaCode
    commodity: str
    balance: int
    reserved: int
