"""The collection of the donations, and the index by which those of one donor are found."""

from typing import Final

from pymongo import ASCENDING, IndexModel

from services.charity.donations.domain import Donation, Giver

INDEXES: Final[dict[str, list[IndexModel]]] = {
    Donation.collection: [
        # Partial, because most gifts have no donor.
        IndexModel(
            [("donor_id", ASCENDING), ("_id", ASCENDING)],
            name="donor",
            partialFilterExpression={"donor_id": {"$type": "string"}},
        ),
    ],
    Giver.collection: [IndexModel([("donor_id", ASCENDING), ("_id", ASCENDING)], name="donor")],
}
