"""The feed: every event with a gap-free cursor, in pages and as Server-Sent Events.

Its view is a log. The projector appends each event, also those that no other feature projects, and then changes the
views of the others in the same transaction.
"""

from typing import Final

from services.gateway.features.feed.census import CENSUSES
from services.gateway.features.feed.view import INDEXES, project
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("feed", indexes=INDEXES, censuses=CENSUSES, any_event=project)
