"""What charity does on each message: load, decide with `domain`, store, say.

`needs` answers what happens to needs, `giving` the commands of donors and funds, `waiting` serves the waiting
list; `books` and `reserving` are what they share.
"""

from services.charity.domain.donations import Sealing
from services.charity.handlers import giving, needs, waiting
from services.charity.handlers.books import Policy
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
