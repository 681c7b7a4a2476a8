"""Screening for risk (风险筛查): indicators, screenings, their results, and alerts where a threshold is crossed.

Owns `indicators`, `screenings`, `examinations`, `screening_results` (values sealed by the resident's own key), `alerts`
and `screening_needs`. It stands above needs: a grave alert opens one by needs' own registration.
"""

from typing import Final

from services.stations.screening import alerts, following, forgetting, indicators, people, results, screenings
from services.stations.screening.domain.alert import Alert
from services.stations.screening.domain.result import SEALED, Examination, Result
from services.stations.screening.policy import ScreeningPolicy
from services.stations.screening.queries import QUERIES
from services.stations.screening.storage import INDEXES
from shared.engine import Capability, Holding
from shared.people.holdings import KEPT_NAMELESS

CAPABILITY: Final = Capability(
    "screening",
    {
        **indicators.HANDLERS,
        **screenings.HANDLERS,
        **results.HANDLERS,
        **alerts.HANDLERS,
        **following.HANDLERS,
        **forgetting.HANDLERS,
        **people.HANDLERS,
    },
    INDEXES,
    queries=QUERIES,
    policy=ScreeningPolicy,
    sealed={Result.collection: SEALED},
    subjects={Result.collection: "resident_id"},
    holdings=(
        Holding(Examination.collection, "resident", ("resident_id",)),
        Holding(Result.collection, "resident", ("resident_id",)),
        Holding(Alert.collection, "resident", ("resident_id",), kept=KEPT_NAMELESS),
    ),
)
"""The collections, the messages and the rules of this capability."""
