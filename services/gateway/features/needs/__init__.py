"""Needs (需求): registered, followed and ended; shown with the parts of all three services and one timeline.

The view joins the station's part, charity's part and volunteering's part, each by its own highest version. A need is
shown once its own event has arrived.
"""

from typing import Final

from services.gateway.features.needs.census import CENSUSES
from services.gateway.features.needs.tasks import list_tasks
from services.gateway.features.needs.view import INDEXES, PROJECTIONS
from services.gateway.projection.feature import Feature, TaskTable
from shared.contracts.stations.needs import NeedSnapshot

TASKS: Final[TaskTable] = dict.fromkeys([kind for kind in PROJECTIONS if issubclass(kind, NeedSnapshot)], list_tasks)
FEATURE: Final = Feature("needs", indexes=INDEXES, censuses=CENSUSES, projections=PROJECTIONS, tasks=TASKS, edition=3)
"""Its third edition counts every need by its channel."""
