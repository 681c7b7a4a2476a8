"""The feed: every event with a gap-free cursor, in pages and as Server-Sent Events.

One projector at a time, the sequencer, appends each event, also those that no feature projects. The views of the other
features are made from it.
"""

from typing import Final

from services.gateway.features.feed.census import CENSUSES
from services.gateway.features.feed.view import INDEXES
from services.gateway.following import counting
from services.gateway.projection.feature import Feature
from services.gateway.projection.feed import FeedItem, append

FEATURE: Final = Feature(
    "feed",
    indexes=INDEXES,
    schemas={FeedItem.collection: FeedItem.stored_as},
    censuses=(*CENSUSES, *counting.CENSUSES),
    any_event=append,
)
