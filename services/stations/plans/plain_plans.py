"""The plain form of plans, for the handlers of the capability."""

from typing import Final

from services.stations.network.keeping import kept_at
from services.stations.plans.domain.plan import REMINDERS, Plan, find_deadline, find_next_step
from shared.contracts.stations.plans import PlanShape
from shared.engine.plain import Plain

PLANS: Final = Plain(
    Plan, "plan", PlanShape, find_next_step, deadline=find_deadline, reminders=REMINDERS,
    keeping=kept_at(lambda one: one.station_id),
)  # fmt: skip
