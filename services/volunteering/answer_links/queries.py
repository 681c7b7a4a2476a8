"""The look-up of a link."""

from typing import Final

from services.volunteering.answer_links.domain import AnswerLink, ended_by, list_holders, show_linked
from services.volunteering.dispatch.domain.staffing import need_of
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.queries import find_staffing
from services.volunteering.dispatch.storage import MAX_MILLIS
from services.volunteering.misdirections.domain import find_last_report
from services.volunteering.misdirections.storage import read_last_misdirections
from shared.contracts.volunteering.answer_links import LinkedDispatch, ReadAnswerLink
from shared.engine import QueryTable, Store
from shared.people.resolution import ids_of


def read_link(query: ReadAnswerLink, store: Store, dispatch_policy: DispatchPolicy) -> LinkedDispatch | None:
    """Return the dispatch of a link, ended or not; None for an unknown link."""
    found = store[AnswerLink.collection].find_one({"_id": query.link_id}, max_time_ms=MAX_MILLIS)
    if found is None:
        return None
    link = AnswerLink.from_document(found)
    staffing = find_staffing(store, need_of(link.dispatch_id) or "")
    dispatch = None if staffing is None else staffing.dispatch(link.dispatch_id)
    if staffing is None or dispatch is None:
        return None
    reported = read_last_misdirections(store, list_holders(link, ids_of(store, dispatch.volunteer_id)))
    return show_linked(ended_by(link, find_last_report(reported)), staffing, dispatch, dispatch_policy.check_in_early)


QUERIES: Final[QueryTable] = {ReadAnswerLink: read_link}
