"""Answer links (答复链接): a random token by which a volunteer answers one dispatch on a phone, without an account.

A token is never stored and never part of a message between services: its SHA-256 names the link.
"""

import base64
from datetime import datetime
from hashlib import sha256
from typing import Annotated, ClassVar, Final, Literal

from pydantic import StringConstraints

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import OPEN, Answer, Command, Id, Instant, Query, Scope, command, query
from shared.contracts.volunteering.dispatch import DispatchState

TOKEN_PATTERN: Final = r"^[A-Za-z0-9_-]{22,64}$"  # noqa: S105 - a form, and no token
"""The form of a token: base64url of 16 random bytes at least."""
LEAST_BYTES: Final = 16
"""Random bytes of a token at least: 128 bits cannot be guessed (NIST SP 800-63B, section 5.1.3: 64 with a rate limit).
"""
LinkId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""The SHA-256 of a token, in hexadecimal digits."""
LinkAction = Literal["accept", "decline", "check_in", "check_out", "not_me"]
"""The acts of the holder of a link. Not me: the offer has reached somebody else than its volunteer."""


def make_token(random_bytes: bytes) -> str:
    """Return the token of LEAST_BYTES random bytes or more, drawn for it alone. Raises ValueError for fewer."""
    if len(random_bytes) < LEAST_BYTES:
        raise ValueError(f"a token needs {LEAST_BYTES} random bytes, not {len(random_bytes)}")
    return base64.urlsafe_b64encode(random_bytes).decode().rstrip("=")


def hash_token(token: str) -> str:
    """Return the id of the link with that token: a token has 128 random bits at least, so that it needs no salt."""
    return sha256(token.encode()).hexdigest()


class LinkedDispatch(Answer):
    """A dispatch as the holder of its link sees it: no id, name or telephone of anybody.

    `version` counts the changes of the dispatch, `theme` is that of the need, empty where release 0.2 stored it. A
    check-in is open from `check_in_from` until the slot ends. `link_ends_at` is the end of the link, if the dispatch
    has not ended before. `expires_at` is that of an open offer.
    """

    dispatch_id: Id
    need_id: Id
    area: AreaCode
    version: int
    state: Annotated[DispatchState, OPEN]
    theme: Annotated[str, StringConstraints(max_length=64)] = ""
    starts_at: Instant
    ends_at: Instant
    check_in_from: Instant
    expires_at: Instant | None = None
    minutes: int = 0
    link_ends_at: Instant


def list_actions(linked: LinkedDispatch, now: datetime) -> tuple[LinkAction, ...]:
    """Return the acts that are open at `now` (UTC); none once the service is over, or where the link has ended."""
    if has_ended(linked, now):
        return ()
    if linked.state == "offered":
        return ("accept", "decline", "not_me")
    if linked.state == "accepted":
        open_now = linked.check_in_from <= now < linked.ends_at
        return (*(("check_in",) if open_now else ()), "decline", "not_me")
    if linked.state == "checked_in":
        return ("check_out",) if now >= linked.starts_at else ("decline", "not_me")
    return ()


def has_ended(linked: LinkedDispatch, now: datetime) -> bool:
    """Return whether the link has ended at `now` (UTC): by its own end, or by that of its dispatch."""
    if now >= linked.link_ends_at or linked.state not in {"offered", "accepted", "checked_in", "checked_out"}:
        return True
    return linked.state == "offered" and linked.expires_at is not None and linked.expires_at <= now


class IssuedLink(Answer):
    """A link that was issued: `ends_at` is its end at the latest. A repeated request is answered with the first one."""

    dispatch_id: Id
    link_id: LinkId
    ends_at: Instant


@command
class IssueAnswerLink(Command):
    """Issue a link for a dispatch that is still to be answered or served, to show or print it. Answers IssuedLink.

    Its sender has drawn the token, and sends the hash alone. Of the links that were issued before the last nine stay.
    """

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "IssueAnswerLink"
    permission: ClassVar[Permission] = "dispatch:act"
    scope: ClassVar[Scope] = Scope(found=("dispatch_id",))
    dispatch_id: Id
    link_id: LinkId


@command
class AnswerByLink(Command):
    """Answer a dispatch, check in or check out, as the holder of its link. Answers LinkedDispatch.

    `expected_version` is the version of the dispatch that the holder has seen.
    """

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "AnswerByLink"
    permission: ClassVar[Permission] = "links:answer"
    scope: ClassVar[Scope] = Scope(found=("link_id",))
    link_id: LinkId
    action: LinkAction
    expected_version: int


@query
class ReadAnswerLink(Query[LinkedDispatch | None]):
    """Read the dispatch of a link, ended or not; None for an unknown link."""

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "ReadAnswerLink"
    link_id: LinkId
