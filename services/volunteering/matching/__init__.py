"""Matching (匹配): the facts about volunteers that decide whether they suit a need, and the search for candidates.

It owns the collection `volunteers`: area, home to about 100 m, tags, weekly windows, the slots promised and offered,
load and reliability; no personal data. It knows of needs only the `Requirement`, and handles no message itself.
"""

from typing import Final

from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.matching.storage import INDEXES
from shared.engine import Capability, Holding

CAPABILITY: Final = Capability(
    "matching",
    indexes=INDEXES,
    policy=MatchingPolicy,
    holdings=(Holding(Volunteer.collection, "volunteer", registers=True),),
)
