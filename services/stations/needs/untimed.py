"""The daily look for open needs without a timer."""

from services.stations.needs.domain.due_time import NeedDue, key_of_timer
from services.stations.needs.domain.need import Need
from shared.contracts.stations.needs import ENDED
from shared.engine.store.untimed import Untimed


def find_untimed_needs() -> Untimed:
    """Return the rule that gives a timer to open needs without one. A draft is stored without its state."""
    return Untimed(
        Need.collection,
        is_open=lambda state: state not in ENDED,
        timer_of=lambda need_id: (key_of_timer(need_id), NeedDue(need_id=need_id)),
    )
