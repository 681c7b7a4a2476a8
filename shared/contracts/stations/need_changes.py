"""The base of events about a need whose state, and so its next step, stays as it was."""

from shared.contracts.messages import Instant
from shared.contracts.need_parts import Overdue
from shared.contracts.stations.needs import NeedProgress


class NeedChange(NeedProgress):
    """A change that leaves the need in its state: its next step, and the reminder of that step, stand as before."""

    step_due: Instant | None = None
    overdue: Overdue | None = None
