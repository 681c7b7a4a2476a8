"""The needs that wait for resources, counted for the metrics."""

from datetime import datetime
from typing import Final

from services.charity.linking.domain.link import Link
from services.charity.linking.storage import IS_WAITING, NOTHING_MORE
from services.charity.reading import MAX_MILLIS
from shared.engine import Census, Store
from shared.engine.decide.schema import Document

MAX_COUNTED: Final = 100_000
"""The most links that one count looks at."""


def count_waiting(store: Store, _: datetime) -> dict[str, float]:
    """Return the number of needs that wait, by reason, of MAX_COUNTED at most.

    `nothing_left`: no supply was found. `part_left`: only a part was found. `sources_used_up`: the need holds as many
    reservations as it may.
    """
    pipeline: list[Document] = [
        {"$match": IS_WAITING},
        {"$limit": MAX_COUNTED},
        {"$group": {"_id": {"state": "$state", "full": {"$eq": ["$wants", [NOTHING_MORE]]}}, "links": {"$sum": 1}}},
    ]
    found = dict.fromkeys(("nothing_left", "part_left", "sources_used_up"), 0.0)
    # The hint names the smaller of the two indexes: `waiting` has an entry for each commodity that a link misses.
    for row in store[Link.collection].aggregate(pipeline, hint="waiting_in", maxTimeMS=MAX_MILLIS):
        part = "part_left" if row["_id"]["state"] == "partial" else "nothing_left"
        found["sources_used_up" if row["_id"]["full"] else part] += row["links"]
    return found


CENSUSES: Final = (Census("lianshan_links_waiting", "Needs that wait for resources.", count_waiting, "reason"),)
