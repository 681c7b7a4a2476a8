"""Waiting of a need (等待): the one rule of `?waiting=` in a list and of `waiting` in the body. Pure."""

from collections.abc import Iterator
from typing import Final

from shared.contracts.need_parts import Overdue, Waiting
from shared.contracts.reasons import Reason, reason
from shared.engine.decide.schema import Document

_OPEN: Final = ("published", "in_service", "served")
_CONFIRMED: Final = ("confirmed", "partly_served", "evaluated")


def explain_waiting(state: str, need: Document, link: Document, staffing: Document) -> Iterator[Document]:
    """Yield the reasons why an open need has not got all that it asks for, each with its next step (L1).

    `need`, `link` and `staffing` are the parts of its view: empty where that service has not answered, which is a
    reason, too. Nothing is yielded before the need's own event has arrived.
    """
    if need.get("overdue"):
        yield Overdue.model_validate(need["overdue"]).explain().model_dump()
    if state not in _OPEN:
        # A confirmed need waits for the amounts that its station states as delivered and the books lack.
        if state in _CONFIRMED and link.get("state") == "delivered":
            yield from link.get("waiting", ())
        return
    if need.get("lines") and _is_unanswered(link):
        yield _name_missing_answer(reason("for_resources"), "charity")
    if need.get("volunteers") is not None and _is_unanswered(staffing):
        yield _name_missing_answer(reason("for_volunteers"), "volunteering")
    yield from link.get("waiting", ())
    yield from staffing.get("waiting", ())


def waits(state: str, need: Document, link: Document, staffing: Document) -> bool:
    """Return whether the need waits, by the rule of `explain_waiting`."""
    return next(explain_waiting(state, need, link, staffing), None) is not None


def _is_unanswered(part: Document) -> bool:
    # Where the end of a need is undone, the part may still be about that end, without a reason for missing amounts.
    unserved = part.get("state") == "credited" and not part.get("checked_out")
    return not part or part.get("state") == "released" or unserved


def _name_missing_answer(for_what: Reason, service: str) -> Document:
    unanswered = reason("not_answered_yet", service=service)
    return Waiting(for_what=for_what, reason=unanswered, next_step=reason("answer_is_shown")).model_dump()
