"""Merges (合并): two registrations of one giver become one donor, and may be parted again.

Owns `merges`, the history, and `identities`, the ids of donors who were merged, which other capabilities read. Gifts
and receipts stay under the id that they were given under.
"""

from typing import Final

from services.charity.merges.handlers import HANDLERS
from shared.engine import Capability
from shared.people.merges import INDEXES, holdings_for

CAPABILITY: Final = Capability("merges", handlers=HANDLERS, indexes=INDEXES, holdings=holdings_for("donor"))
