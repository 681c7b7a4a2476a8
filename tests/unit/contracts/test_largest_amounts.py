"""Every amount that a gift or a line may have can also be stated as delivered, kept back and corrected."""

import pytest
from pydantic import ValidationError

from shared.contracts.catalogue.resolution import MOST_BASE_UNITS
from shared.contracts.charity.donations import CorrectDonation, Donate
from shared.contracts.charity.stock import ShareStock
from shared.contracts.messages import Message
from shared.contracts.need_parts import MOST_FEN, LineDelivered
from shared.ledger.core import MOST_COUNTED

CASES = [
    (LineDelivered, {"line_id": "l1"}, "amount", MOST_BASE_UNITS),
    (ShareStock, {"station_id": "st_1", "item": "quilt", "sharing": "city"}, "reserve", MOST_BASE_UNITS),
    (Donate, {"fund_id": "fund_1"}, "amount_fen", MOST_FEN),
    (CorrectDonation, {"donation_id": "donation_1", "reason_code": "typed_wrong"}, "amount_fen", MOST_FEN),
]


@pytest.mark.parametrize(("model", "fields", "name", "most"), CASES, ids=lambda case: getattr(case, "__name__", ""))
def test_the_largest_amount_is_taken_and_one_more_is_not(
    model: type[Message], fields: dict[str, str], name: str, most: int
) -> None:
    assert getattr(model.model_validate({**fields, name: most}), name) == most
    with pytest.raises(ValidationError):
        model.model_validate({**fields, name: most + 1})


def test_an_account_counts_many_of_the_largest() -> None:
    assert 90 * MOST_BASE_UNITS <= MOST_COUNTED
    assert 900 * MOST_FEN <= MOST_COUNTED
