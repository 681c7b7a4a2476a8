"""A donor may be given by name alone, or with further details."""

import pytest
from pydantic_core import from_json, to_json

from services.gateway.features.donations.request import DonationIn

NUMBER = "11010519491231002X"
"""The example of GB 11643-1999."""
UNKNOWN = {"phone": None, "identity_number": None, "birth_year": None}
GOODS = [{"item": "quilt", "quantity": 40, "unit": "piece"}]


@pytest.mark.parametrize(
    ("donor", "sent"),
    [
        ("Lin Example", {"name": "Lin Example", **UNKNOWN}),
        ({"name": "Lin Example"}, {"name": "Lin Example", **UNKNOWN}),
        (
            {"name": "Lin Example", "phone": "010-5550-0101"},
            {"name": "Lin Example", **UNKNOWN, "phone": "+861055500101"},
        ),
        (
            {"name": "古丽米热•艾比布力", "identity_number": NUMBER.lower(), "birth_year": 1949},
            {"name": "古丽米热·艾比布力", "phone": None, "identity_number": NUMBER, "birth_year": 1949},
        ),
        (None, None),
    ],
)
def test_a_donor_is_sent_to_charity_with_a_name_and_perhaps_more(donor: object, sent: object) -> None:
    given = DonationIn.model_validate({"station_id": "st_1", "donor": donor, "goods": GOODS})
    body = from_json(to_json(given.command("110102009017")))
    assert body["donor"] == sent
