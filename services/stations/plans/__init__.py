"""Care plans (照护计划): recurring needs of homes as one plan, whose visits become needs a horizon of days ahead.

Owns `plans`, `plan_homes`, `plan_cursors` and `plan_occurrences`. Words about a home stand with its needs alone: each
visit takes over those of the one before, so that their erasure and their retention hold here, too.
"""

from typing import Final

from services.stations.plans.domain.home import PlanCursor, PlanHome
from services.stations.plans.domain.occurrence import Occurrence
from services.stations.plans.handlers import HANDLERS
from services.stations.plans.policy import PlansPolicy
from services.stations.plans.queries import QUERIES
from services.stations.plans.storage import INDEXES
from shared.engine import Capability, Holding
from shared.people.holdings import KEPT_NAMELESS

CAPABILITY: Final = Capability(
    "plans", HANDLERS, INDEXES, policy=PlansPolicy, queries=QUERIES,
    holdings=(
        Holding(PlanHome.collection, "need", fields=("need_id",), kept=KEPT_NAMELESS),
        Holding(PlanCursor.collection, "need", fields=("words_of",), kept=KEPT_NAMELESS),
        Holding(Occurrence.collection, "need", fields=("need_id",), kept=KEPT_NAMELESS),
    ),
)  # fmt: skip
