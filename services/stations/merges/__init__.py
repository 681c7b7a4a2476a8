"""Merges (合并): two records of one person become one resident, and may be parted again.

Owns `merges`, the history, and `identities`, the ids of residents who were merged, which other capabilities read;
`shared/people/merges` has the rules. A household has one place for one person, so this capability stands above it.
"""

from typing import Final

from services.stations.merges.handlers import HANDLERS, MERGES

CAPABILITY: Final = MERGES.declare(HANDLERS)
