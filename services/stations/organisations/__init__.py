"""Organisations (机构): who takes part in a city's social work, in which role, and who may raise funds.

Owns `organisations`. A credit code belongs to one organisation at a time: it is claimed, see `shared/engine/plain.py`.
"""

from typing import Final

from services.stations.organisations.domain import Organisation
from services.stations.organisations.handlers import HANDLERS
from shared.engine import Capability
from shared.engine.plain import CLAIM_INDEXES

CAPABILITY: Final = Capability("organisations", HANDLERS, {Organisation.collection: [], **CLAIM_INDEXES})
