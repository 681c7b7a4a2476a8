"""The accounts that needs receive into: the other side of each reservation."""

from shared.ledger import Account


def used_id(area: str, commodity: str) -> str:
    """Return the id of the account that counts the receipts of an area's needs.

    One account for each area, so that the needs of a whole city do not all write to the same document.
    """
    return f"used:{area}:{commodity}"


def new_used(area: str, commodity: str) -> Account:
    """Return the `used` account of an area with nothing received yet."""
    return Account(id=used_id(area, commodity), commodity=commodity, holder="needs", area=area, kind="used")
