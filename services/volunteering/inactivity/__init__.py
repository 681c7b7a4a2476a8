"""Inactivity (长期不活跃): the decision on the data of volunteers who are inactive for years and have hours to spend.

It owns the collection `inactivities`. It knows volunteers by their ids alone: `people` opens and ends inactivities.
"""

from typing import Final

from pymongo import ASCENDING, IndexModel

from services.volunteering.inactivity.domain import Inactivity, inactivity_id
from services.volunteering.inactivity.handlers import HANDLERS
from shared.engine import Capability, Holding
from shared.people.holdings import KEPT_NAMELESS

CAPABILITY: Final = Capability(
    "inactivity",
    HANDLERS,
    {Inactivity.collection: [IndexModel([("state", ASCENDING), ("_id", ASCENDING)], name="state")]},
    holdings=(Holding(Inactivity.collection, "volunteer", key=inactivity_id, kept=KEPT_NAMELESS),),
)
