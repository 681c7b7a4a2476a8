"""The register of breaches (个人信息安全事件): found, notified to the authority and the people, closed.

Owns `breaches`. Personal Information Protection Law, art. 57; it holds numbers and codes, and nothing about a person.
"""

from typing import Final

from pymongo import ASCENDING, IndexModel

from services.stations.breaches.domain import NOTIFY_WITHIN, REPORT_BEFORE, Breach
from services.stations.breaches.handlers import BREACHES, HANDLERS
from shared.engine import Capability
from shared.engine.deadlines import Deadlines

DEADLINES: Final = Deadlines(
    BREACHES,
    "breaches",
    open={"state": {"$in": ["open", "notified"]}},
    # A notice is due at once (art. 57): the whole time up to its deadline.
    ahead={"notify_authority": NOTIFY_WITHIN, "notify_people": NOTIFY_WITHIN, "close_breach": REPORT_BEFORE},
)
CAPABILITY: Final = Capability(
    "breaches",
    HANDLERS,
    {Breach.collection: [IndexModel([("state", ASCENDING), ("_id", ASCENDING)], name="state")]},
    censuses=DEADLINES.censuses(),
)
