"""Consents (同意), at `/v1/consents`, and the data that separate consent opens to an agency.

Views, history and tasks are those of the plain form. The paths are by hand: a command goes to the owner of the person,
and the consents of residents are seen by those alone who may see residents, and by the recipient.
"""

from typing import Final

from services.gateway.features.consents.view import KEPT, TASKS
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("consents", indexes=KEPT.indexes, projections=KEPT.projections, tasks=TASKS)
