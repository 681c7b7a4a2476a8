"""A donor may be given by name alone, or with a phone."""

import pytest
from pydantic_core import from_json, to_json

from services.gateway.features.donations.request import DonationIn

GOODS = [{"item": "quilt", "quantity": 40, "unit": "piece"}]


@pytest.mark.parametrize(
    ("donor", "sent"),
    [
        ("Lin Example", {"name": "Lin Example", "phone": None}),
        ({"name": "Lin Example"}, {"name": "Lin Example", "phone": None}),
        ({"name": "Lin Example", "phone": "010-5550-0101"}, {"name": "Lin Example", "phone": "+861055500101"}),
        (None, None),
    ],
)
def test_a_donor_is_sent_to_charity_with_a_name_and_perhaps_a_phone(donor: object, sent: object) -> None:
    given = DonationIn.model_validate({"station_id": "st_1", "donor": donor, "goods": GOODS})
    body = from_json(to_json(given.command("110102009017")))
    assert body["donor"] == sent
