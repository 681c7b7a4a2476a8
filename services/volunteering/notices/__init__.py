"""Notices (通知) to volunteers, and the calls by the station in their place.

It owns the collections `notices`, `calls`, `notice_choices` and `notice_places`. The worker
(`services.volunteering.worker`) reads the service's own events in the log, plans notices and sends them; the service
itself keeps the choices of volunteers and ends calls. A notice holds ids alone: the address is opened to be sent.
"""

from typing import Final

from services.volunteering.notices.choices import NoticeChoice
from services.volunteering.notices.domain.calls import Call
from services.volunteering.notices.domain.notices import Notice
from services.volunteering.notices.handlers import HANDLERS
from services.volunteering.notices.policy import NoticePolicy
from services.volunteering.notices.queries import QUERIES
from services.volunteering.notices.storage import INDEXES
from shared.engine import Capability, Holding
from shared.people.holdings import KEPT_NAMELESS

HOLDINGS: Final = (
    Holding(Notice.collection, "volunteer", ("volunteer_id",), kept=KEPT_NAMELESS),
    Holding(Call.collection, "volunteer", ("volunteer_id",), kept=KEPT_NAMELESS),
    Holding(NoticeChoice.collection, "volunteer", kept=KEPT_NAMELESS),
)
CAPABILITY: Final = Capability(
    "notices", handlers=HANDLERS, indexes=INDEXES, policy=NoticePolicy, queries=QUERIES, holdings=HOLDINGS
)
