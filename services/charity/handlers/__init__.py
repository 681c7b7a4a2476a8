"""What charity does on each message: load, decide with `domain`, store, say.

`needs` answers what happens to needs, `giving` the commands of donors and funds, `waiting` serves the waiting
list; `books` and `reserving` are what they share.
"""

from services.charity.donations import handlers as giving
from services.charity.donations.domain import Sealing
from services.charity.linking import handlers as needs
from services.charity.linking import waiting_list as waiting
from services.charity.linking.reservation import Policy
from shared.engine import Handlers


def build(vault: Sealing, policy: Policy | None = None) -> Handlers:
    """Charity's handlers. `vault` seals donors' names and phones."""
    handlers = Handlers("charity")
    policy = policy or Policy()
    needs.register(handlers, policy)
    giving.register(handlers, vault)
    waiting.register(handlers, policy)
    return handlers


__all__ = ["Policy", "build"]
