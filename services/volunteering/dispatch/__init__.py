"""Dispatch (派单): the staffing of a need, from the first offer (邀约) to the confirmed service.

It owns the collections `staffings`, one document a need with all its dispatches, and `patrols`. After a publication it
confirms volunteers, makes offers, or puts the need on the waiting list; the volunteers' commands, the timers and the
need's end change the staffing; every decision is one event. It books volunteers through matching and credits their
minutes through the time bank.
"""

from typing import Final

from services.volunteering.dispatch.handlers import HANDLERS
from services.volunteering.dispatch.holdings import HOLDINGS
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.queries import CENSUSES, QUERIES
from services.volunteering.dispatch.storage import INDEXES
from shared.engine import Capability

CAPABILITY: Final = Capability(
    "dispatch", handlers=HANDLERS, indexes=INDEXES, censuses=CENSUSES, policy=DispatchPolicy, queries=QUERIES,
    holdings=HOLDINGS,
)  # fmt: skip
