"""A misdirection through its life: reported, reminded, resolved. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.misdirections import MisdirectionShape, ResolveMisdirection
from shared.engine.plain import Aggregate
from shared.engine.reminders import Due

CHECK_WITHIN: Final = timedelta(days=3)
"""How long a coordinator has to check the contact, and between two reminders; no law names a time."""


class Misdirection(MisdirectionShape, Aggregate):
    """A misdirection as it is stored."""

    collection: ClassVar[str] = "misdirections"


class MisdirectionDue(Due):
    """The deadline of a misdirection has come."""

    type: ClassVar[str] = "volunteering.misdirection_due"


def reported(misdirection_id: str, volunteer: tuple[str, str], dispatch_id: str, now: datetime) -> Misdirection:
    """Return an open misdirection; `volunteer` is the id and the area."""
    return Misdirection(
        id=misdirection_id, version=0, area=volunteer[1], volunteer_id=volunteer[0], dispatch_id=dispatch_id,
        reported_at=now, state="open", due=now + CHECK_WITHIN,
    )  # fmt: skip


def resolved(asked: ResolveMisdirection, before: Misdirection, now: datetime) -> Misdirection:
    """Return the misdirection with its outcome; itself where it has that already.

    Raises Refused("wrong_state", rule "misdirection_resolved") where it has another.
    """
    if before.state == asked.outcome:
        return before
    if before.state != "open":
        raise Refused("wrong_state", "misdirection_resolved", field="id", state=before.state)
    return before.model_copy(update={"state": asked.outcome, "resolved_at": now})


def reminded(before: Misdirection, now: datetime) -> Misdirection:
    """Return the misdirection with its next deadline; itself where it is resolved, or no deadline has passed."""
    if before.state != "open" or now < before.due:
        return before
    return before.model_copy(update={"reminded": before.reminded + 1, "due": now + CHECK_WITHIN})


def reopened(before: Misdirection, now: datetime) -> Misdirection:
    """Return the misdirection of a volunteer who is back as open again: nobody has checked the contact."""
    return before.model_copy(update={"state": "open", "resolved_at": None, "due": now + CHECK_WITHIN})


def find_last_report(reported: Iterable[Misdirection]) -> datetime | None:
    """Return the instant of the last report among these but for contacts that were right; None without any."""
    return max((one.reported_at for one in reported if one.state != "contact_right"), default=None)


def is_doubted(states: Sequence[str]) -> bool:
    """Return whether no message may go to a telephone, by the states of its misdirections, the newest first.

    One that is not resolved leaves a doubt. Nobody is behind a telephone whose volunteer has left.
    """
    return "open" in states or list(states[:1]) == ["volunteer_left"]


def find_next_step(one: MisdirectionShape) -> NextStep | None:
    """Return the next step: somebody checks the contact."""
    if one.state != "open":
        return None
    return NextStep(code="check_contact", args={"volunteer": one.volunteer_id}, due=one.due)


def find_deadline(one: Misdirection) -> tuple[datetime, Due] | None:
    """Return the instant of the next reminder, with its timer."""
    return (one.due, MisdirectionDue(id=one.id)) if one.state == "open" else None
