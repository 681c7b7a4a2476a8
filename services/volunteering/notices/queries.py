"""The queries of notices: those of a dispatch, and a volunteer's choice."""

from typing import Final

from services.volunteering.dispatch.domain.staffing import need_of
from services.volunteering.dispatch.queries import find_staffing
from services.volunteering.dispatch.storage import MAX_MILLIS
from services.volunteering.notices.choices import combine_choices, describe_choice, read_choices
from services.volunteering.notices.domain.notices import Notice, describe_notice
from shared.contracts.volunteering.notices import (
    MOST_NOTICES,
    NoticeChoiceAnswer,
    NoticesAnswer,
    ReadNoticeChoice,
    ReadNotices,
)
from shared.engine import QueryTable, Store
from shared.people.resolution import ids_of


def read_notices(query: ReadNotices, store: Store) -> NoticesAnswer | None:
    """Return the notices of a dispatch in the order of their making; None where there is no such dispatch."""
    staffing = find_staffing(store, need_of(query.dispatch_id) or "")
    if staffing is None or staffing.dispatch(query.dispatch_id) is None:
        return None
    rows = store[Notice.collection].find({"dispatch_id": query.dispatch_id}).limit(MOST_NOTICES)
    notices = sorted(
        map(Notice.from_document, rows.max_time_ms(MAX_MILLIS)), key=lambda notice: (notice.made_at, notice.id)
    )
    return NoticesAnswer(items=tuple(map(describe_notice, notices)))


def read_choice(query: ReadNoticeChoice, store: Store) -> NoticeChoiceAnswer:
    """Return a volunteer's choice; somebody who has chosen nothing is sent notices."""
    return describe_choice(combine_choices(read_choices(store, ids_of(store, query.volunteer_id))))


QUERIES: Final[QueryTable] = {ReadNotices: read_notices, ReadNoticeChoice: read_choice}
