"""An answer link (答复链接): made for one dispatch, and ended with it. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.answer_links import LinkedDispatch, has_ended, hash_token, make_token
from shared.engine.decide.entity import Entity

AFTER_SLOT: Final = timedelta(days=1)
"""How long a link outlasts the slot, for a late check-out."""
MOST_OPEN: Final = 10
"""Open links of one dispatch: each is a way in, and the tries of an offer make six."""
KEPT: Final = timedelta(days=30)
"""How long an ended link is kept, so that its holder hears that it has ended, and not that there is none."""


class AnswerLink(Entity):
    """A link; its id is the SHA-256 of its token. `kept_until` is the instant after which the store deletes it.

    It was made at `made_at` for the volunteer, under the id of then: a merge may have given the dispatch another one.
    """

    collection: ClassVar[str] = "answer_links"

    dispatch_id: str
    volunteer_id: str
    made_at: datetime
    ends_at: datetime
    kept_until: datetime


def make_link(dispatch: Dispatch, made_at: datetime, ends_at: datetime, random_bytes: bytes) -> tuple[str, AnswerLink]:
    """Return a token, and the link to store for it, which ends with the dispatch or at `ends_at` (UTC).

    `random_bytes` are LEAST_BYTES at least, secret and drawn for this link alone. Raises ValueError for fewer.
    """
    token = make_token(random_bytes)
    return token, new_link(hash_token(token), dispatch, made_at, ends_at)


def new_link(link_id: str, dispatch: Dispatch, made_at: datetime, ends_at: datetime) -> AnswerLink:
    """Return the link for a token that only its drawer has."""
    return AnswerLink(
        id=link_id, dispatch_id=dispatch.id, volunteer_id=dispatch.volunteer_id, made_at=made_at, ends_at=ends_at,
        kept_until=ends_at + KEPT,
    )  # fmt: skip


def list_holders(link: AnswerLink, ids: Iterable[str]) -> tuple[str, ...]:
    """Return the ids of the volunteer for whom the link was made, each once: that of then, and all of now."""
    return tuple(dict.fromkeys((link.volunteer_id, *ids)))


def ended(link: AnswerLink, now: datetime) -> AnswerLink:
    """Return the link as one that has ended at `now` (UTC) at the latest, and acts for nobody any more."""
    return link.model_copy(update={"ends_at": min(link.ends_at, now)})


def superseded(links: Iterable[AnswerLink], now: datetime) -> Sequence[AnswerLink]:
    """Return the links of a dispatch that end at `now` because another one is made: the oldest beyond MOST_OPEN."""
    still_open = sorted((link for link in links if now < link.ends_at), key=lambda link: (link.made_at, link.id))
    return [ended(link, now) for link in still_open[: max(0, len(still_open) + 1 - MOST_OPEN)]]


def ended_by(link: AnswerLink, misdirected_at: datetime | None) -> AnswerLink:
    """Return the link as the last misdirection of its volunteer leaves it: one that was made before has ended then.

    The stranger behind the telephone has the links of every dispatch that went there.
    """
    if misdirected_at is None or misdirected_at < link.made_at:
        return link
    return ended(link, misdirected_at)


def find_link_end(slot_ends_at: datetime) -> datetime:
    """Return the end of a link for a dispatch whose slot ends then."""
    return slot_ends_at + AFTER_SLOT


def show_linked(link: AnswerLink, staffing: Staffing, dispatch: Dispatch, early: timedelta) -> LinkedDispatch:
    """Return the dispatch as the holder of the link sees it; check-in opens `early` before the slot."""
    starts_at, ends_at = staffing.next_slot or (staffing.starts_at, staffing.ends_at)
    return LinkedDispatch(
        dispatch_id=dispatch.id,
        need_id=staffing.id,
        area=staffing.area,
        version=dispatch.version,
        state=dispatch.state,
        theme=staffing.theme,
        starts_at=starts_at.astimezone(UTC),
        ends_at=ends_at.astimezone(UTC),
        check_in_from=(starts_at - early).astimezone(UTC),
        expires_at=None if dispatch.expires_at is None else dispatch.expires_at.astimezone(UTC),
        minutes=dispatch.minutes,
        link_ends_at=link.ends_at.astimezone(UTC),
    )


def require_open(linked: LinkedDispatch, now: datetime) -> None:
    """Raise Refused("wrong_state", rule "link_ended") where the link or its dispatch has ended."""
    if has_ended(linked, now):
        raise Refused("wrong_state", "link_ended", field="link_id")
