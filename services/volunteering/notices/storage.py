"""The collections of notices and their indexes."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from pymongo import ASCENDING, IndexModel

from services.volunteering.notices.choices import NoticeChoice
from services.volunteering.notices.domain.calls import Call
from services.volunteering.notices.domain.notices import Notice
from services.volunteering.notices.place import NoticePlace

KEPT: Final = timedelta(days=180)
"""How long a notice or a call is kept that has ended: for questions about the service, not for proof."""


def _forget_ended() -> IndexModel:
    return IndexModel([("ended_at", ASCENDING)], name="ended", expireAfterSeconds=int(KEPT.total_seconds()))


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    Notice.collection: [
        IndexModel([("due", ASCENDING)], name="due"),
        IndexModel([("dispatch_id", ASCENDING)], name="dispatch"),
        IndexModel([("volunteer_id", ASCENDING)], name="volunteer"),
        _forget_ended(),
    ],
    Call.collection: [IndexModel([("volunteer_id", ASCENDING)], name="volunteer"), _forget_ended()],
    NoticeChoice.collection: [],
    NoticePlace.collection: [],
}
