"""Merges (合并): two registrations of one person become one volunteer, and may be parted again.

It owns `merges`, the history, and `identities`, the ids of persons who were merged, which other capabilities read. A
merge moves promises between volunteers and staffings, and joins their consents to be matched, so this capability stands
above dispatch and people. The officer's decision of an identity check is here, because it may be a merge.
"""

from typing import Final

from services.volunteering.merges import checks
from services.volunteering.merges.handlers import HANDLERS, MERGES

CAPABILITY: Final = MERGES.declare({**HANDLERS, **checks.HANDLERS})
