"""The commands about answer links: issue one, and act as its holder."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, cast

from services.volunteering.answer_links.domain import (
    AnswerLink,
    ended,
    ended_by,
    find_link_end,
    list_holders,
    new_link,
    require_open,
    show_linked,
)
from services.volunteering.answer_links.storage import LastLinks, keep_link
from services.volunteering.dispatch.domain.dispatch_states import HELD_OR_ASKED
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing, need_of
from services.volunteering.dispatch.handlers.check_in_out import check_in, check_out
from services.volunteering.dispatch.handlers.offers import accept_offer, decline_offer, give_back
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.misdirections.domain import find_last_report
from services.volunteering.misdirections.handlers import report_misdirection
from services.volunteering.misdirections.storage import LastMisdirections
from services.volunteering.timebank.policy import TimebankPolicy
from shared.contracts.messages import Command
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.answer_links import AnswerByLink, IssueAnswerLink, IssuedLink, LinkAction
from shared.contracts.volunteering.dispatch import AcceptOffer, CheckIn, CheckOut, DeclineOffer
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, UnitOfWork
from shared.engine.decide.actor_references import Blinder
from shared.engine.decide.loads import Load
from shared.people.identities import identity_load, identity_of

_COMMANDS: Final[dict[LinkAction, type[AcceptOffer | DeclineOffer | CheckIn | CheckOut]]] = {
    "accept": AcceptOffer,
    "decline": DeclineOffer,
    "check_in": CheckIn,
    "check_out": CheckOut,
    "not_me": DeclineOffer,
}


def issue_link(message: Incoming[IssueAnswerLink]) -> Handling:
    """Issue a link for a dispatch of the actor's area; the oldest beyond MOST_OPEN open ones end. Answers IssuedLink.

    Raises Refused("not_found") for an unknown dispatch, Refused("wrong_state", rule "nothing_to_answer") for one that
    nobody has to answer or to serve any more.
    """
    dispatch_id = message.data.dispatch_id
    need_id = need_of(dispatch_id) or ""
    yield [Get(Staffing, need_id, message.actor.area), LastLinks(dispatch_id)]
    work = yield TURN
    staffing = work.get(Staffing, need_id)
    dispatch = None if staffing is None else staffing.dispatch(dispatch_id)
    found = None if staffing is None or dispatch is None else (staffing, dispatch)
    area = "" if staffing is None else staffing.area
    staffing, dispatch = work.reach_found(found, area, "dispatch", dispatch_id, "dispatch_id")
    ends_at = find_link_end(staffing.ends_at)
    if dispatch.state not in HELD_OR_ASKED - {"credited"} or work.now >= ends_at:
        raise Refused("wrong_state", "nothing_to_answer", field="dispatch_id", state=dispatch.state)
    keep_link(work, new_link(message.data.link_id, dispatch, work.now, ends_at))
    return IssuedLink(dispatch_id=dispatch_id, link_id=message.data.link_id, ends_at=ends_at)


def answer_by_link(
    message: Incoming[AnswerByLink],
    dispatch_policy: DispatchPolicy,
    matching_policy: MatchingPolicy,
    timebank_policy: TimebankPolicy,
    vault: Blinder,
) -> Handling:
    """Act as the volunteer of the link's dispatch. Answers LinkedDispatch.

    Raises Refused("not_found") for an unknown link, Refused("wrong_state", rule "link_ended") for one that has ended,
    and as the act itself does: `version_mismatch` where the dispatch has changed since the holder saw it.
    """
    asked = message.data
    work = yield [Get(AnswerLink, asked.link_id, message.actor.area)]
    link = work.reach(AnswerLink, asked.link_id, "link_id")
    need_id = need_of(link.dispatch_id) or ""
    work = yield [Get(Staffing, need_id, message.actor.area)]
    staffing, dispatch = _find(work, need_id, link.dispatch_id)
    link = ended_by(link, (yield from _load_last_report(work, link, dispatch)))
    require_open(show_linked(link, staffing, dispatch, dispatch_policy.check_in_early), work.now)
    command = _COMMANDS[asked.action](dispatch_id=dispatch.id, expected_version=asked.expected_version)
    acting = _acting(message, command)
    if asked.action == "accept":
        yield from accept_offer(acting, dispatch_policy, matching_policy)
    elif asked.action == "check_in":
        yield from check_in(acting, dispatch_policy, vault)
    elif asked.action == "check_out":
        yield from check_out(acting, dispatch_policy, timebank_policy, vault)
    elif asked.action == "decline":
        yield from decline_offer(acting, dispatch_policy, matching_policy)
    else:
        yield from give_back(acting, dispatch_policy, matching_policy, forgiven=True)
        volunteer = work.require(Volunteer, dispatch.volunteer_id, "link_id")
        report_misdirection(work, volunteer.id, volunteer.area, dispatch.id)
        # For good, even where the contact proves right: the holder is asked by a new one.
        link = work.put(ended(link, work.now))
    staffing, dispatch = _find(work, need_id, link.dispatch_id)
    return show_linked(link, staffing, dispatch, dispatch_policy.check_in_early)


def _load_last_report(
    work: UnitOfWork, link: AnswerLink, dispatch: Dispatch
) -> Generator[Sequence[Load], UnitOfWork, datetime | None]:
    """Return the instant of the last misdirection of the volunteer, under any id of a merge; None without any."""
    work = yield [identity_load(dispatch.volunteer_id)]
    survivor = identity_of(work, dispatch.volunteer_id).survivor
    work = yield [identity_load(survivor)]
    misdirections = LastMisdirections(list_holders(link, (dispatch.volunteer_id, *identity_of(work, survivor).ids)))
    work = yield [misdirections]
    return find_last_report(work.find(misdirections))


def _find(work: UnitOfWork, need_id: str, dispatch_id: str) -> tuple[Staffing, Dispatch]:
    """Return the dispatch of a link. Dispatches are never deleted: without one the link is somebody's fault."""
    staffing = work.require(Staffing, need_id, "link_id")
    dispatch = staffing.dispatch(dispatch_id)
    if dispatch is None:
        raise LookupError(f"{need_id} has no {dispatch_id}")
    return staffing, dispatch


def _acting(message: Incoming[AnswerByLink], command: Command) -> Incoming[Any]:
    """Return the message as the command that the act is; its actor stays the holder of the link."""
    return replace(cast("Incoming[Any]", message), data=command)


HANDLERS: Final[HandlerTable] = {IssueAnswerLink: issue_link, AnswerByLink: answer_by_link}
