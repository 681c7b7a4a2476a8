"""Tasks (待办): the next step of every open thing, as the work list of a person, a station or an area.

Each feature declares the tasks that its events make (`Feature.tasks`); this one keeps them all in one view.
"""

from collections.abc import Sequence

from services.gateway.features.tasks.view import INDEXES, project_tasks
from services.gateway.projection.feature import Feature


def build_feature(features: Sequence[Feature]) -> Feature:
    """Return the feature that keeps the tasks of the others.

    Its second edition knows the steps that lapse, its third the station of every thing and not of needs alone.
    """
    return Feature("tasks", indexes=INDEXES, projections=project_tasks(features), edition=3)
