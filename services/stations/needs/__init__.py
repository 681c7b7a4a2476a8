"""Needs (需求): taken in, weighed by triage, published, and followed until they are served or end otherwise.

Owns the collections `needs`, `need_texts`, `need_residents`, `need_attachments` and `attachment_parts`.
The state of a need is derived from facts: the actions
of its station, the answers of charity and volunteering, and its due time.
"""

from typing import Final

from services.stations.needs import attaching, attachment_reading, beside, naming, served
from services.stations.needs.domain.attached import SEALED_PARTS, AttachmentPart, NeedAttachments
from services.stations.needs.domain.named import NeedResidents
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import SEALED, NeedText
from services.stations.needs.handlers import HANDLERS
from services.stations.needs.policy import NeedsPolicy
from services.stations.needs.queries import QUERIES
from services.stations.needs.storage import INDEXES
from shared.contracts.reasons import reason
from shared.engine import Capability, Document, Holding
from shared.people import INDEXES as KEY_INDEXES
from shared.people.erasing import INDEXES as ERASING_INDEXES
from shared.people.holdings import KEPT_NAMELESS


def _of_one(row: Document, person_id: str) -> Document:
    """Return the row of a need without the other residents whom it names."""
    return {**row, "residents": [person_id]}


CAPABILITY: Final = Capability(
    "needs", {**HANDLERS, **naming.HANDLERS, **attaching.HANDLERS}, {**INDEXES, **KEY_INDEXES, **ERASING_INDEXES},
    policy=NeedsPolicy,
    queries={**QUERIES, **naming.QUERIES, **beside.QUERIES, **served.QUERIES, **attachment_reading.QUERIES},
    sealed={NeedText.collection: SEALED, AttachmentPart.collection: SEALED_PARTS},
    subjects={AttachmentPart.collection: "need_id"},
    holdings=(
        Holding(Need.collection, "need", registers=True, kept=KEPT_NAMELESS),
        Holding(NeedText.collection, "need", ("_id", "copied_from")),
        Holding(NeedResidents.collection, "need"),
        Holding(NeedAttachments.collection, "need"),
        Holding(AttachmentPart.collection, "need", ("need_id",), left_out=reason("read_one_by_one")),
        Holding(NeedResidents.collection, "resident", ("residents",), part=_of_one, kept=KEPT_NAMELESS),
    ),
)  # fmt: skip
