"""Needs (需求): taken in, weighed by triage, published, and followed until they are served or end otherwise.

Owns the collections `needs` and `need_texts`. The state of a need is derived from facts: the actions of its station,
the answers of charity and volunteering, and its due time.
"""

from typing import Final

from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import SEALED, NeedText
from services.stations.needs.handlers import HANDLERS
from services.stations.needs.policy import NeedsPolicy
from services.stations.needs.queries import QUERIES
from services.stations.needs.storage import INDEXES
from shared.engine import Capability, Holding
from shared.people import INDEXES as KEY_INDEXES
from shared.people.erasing import INDEXES as ERASING_INDEXES
from shared.people.holdings import KEPT_NAMELESS

CAPABILITY: Final = Capability(
    "needs", HANDLERS, {**INDEXES, **KEY_INDEXES, **ERASING_INDEXES}, policy=NeedsPolicy, queries=QUERIES,
    sealed={NeedText.collection: SEALED},
    holdings=(
        Holding(Need.collection, "need", registers=True, kept=KEPT_NAMELESS), Holding(NeedText.collection, "need"),
    ),
)  # fmt: skip
