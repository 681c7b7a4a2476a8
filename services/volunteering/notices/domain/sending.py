"""The decision on a notice that is due: to be sent now, later, or not at all; and the record of the result."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from services.volunteering.matching.domain.volunteers import Volunteer, is_forgotten
from services.volunteering.notices.domain.notices import (
    HANDED_ON,
    Notice,
    Part,
    failed,
    is_fitting,
    postponed,
    sent,
    skipped,
)
from services.volunteering.notices.domain.planning import Rules, find_pause
from services.volunteering.people.domain import VolunteerPerson
from shared.contracts.reasons import Reason, reason
from shared.contracts.volunteering.notices import CallReason

Way = Literal["telephone", "mail"]
"""The ways on which a city sends notices: its message gateway to telephones, its mail server to e-mail addresses."""
TELEPHONES: Final[frozenset[Way]] = frozenset({"telephone"})
Contact = Literal["known", "missing", "without_email", "doubted", "erased"]
"""Whether the store has a telephone of the volunteer, or an e-mail address where the city sends by mail alone. A
`doubted` one has reached somebody else and is being checked, `erased` counts from the first step of an erasure on.
"""
_TOO_LATE: Final = reason("notice_too_late")


@dataclass(frozen=True, slots=True)
class Sending:
    """The notice is sent now."""


@dataclass(frozen=True, slots=True)
class Later:
    """The notice is due at another instant."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Skipped:
    """The notice is not sent; where it brings news, the station calls for the reason `call`."""

    why: Reason
    call: CallReason | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The message gateway has taken the notice."""


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """The message gateway has not taken the notice; `final` where another try would change nothing."""

    why: Reason
    final: bool = False


_CALLED: Final[Mapping[Contact, Skipped]] = {
    "missing": Skipped(reason("notice_without_phone"), "without_phone"),
    "without_email": Skipped(reason("notice_without_email"), "without_email"),
    "doubted": Skipped(reason("notice_contact_doubted"), "contact_doubted"),
}
"""Nobody can be sent anything: the station calls."""
Verdict = Sending | Later | Skipped | NotAccepted
Result = Later | Skipped | Accepted | NotAccepted


def find_way(person: VolunteerPerson, ways: Collection[Way]) -> Way | None:
    """Return the way on which the person gets notices: to the telephone where the city and the person have one.

    Mail is for those without a telephone, and for everybody where the city has no message gateway.
    """
    if "telephone" in ways and person.phone:
        return "telephone"
    return "mail" if "mail" in ways and person.email else None


def find_contact(
    person: VolunteerPerson | None,
    volunteer: Volunteer | None,
    *,
    doubted: bool,
    ways: Collection[Way] = TELEPHONES,
) -> Contact:
    """Return whether the person is reached, by the record and by the matching profile, which an erasure empties first.

    An erasure may wait for days, as for the end of a service, before the record goes.
    """
    if person is None or volunteer is None or is_forgotten(volunteer):
        return "erased"
    if doubted:
        return "doubted"
    if find_way(person, ways) is not None:
        return "known"
    return "missing" if "telephone" in ways else "without_email"


def judge(notice: Notice, part: Part, *, wanted: bool, contact: Contact, now: datetime, rules: Rules) -> Verdict:
    """Return the decision on a notice that is due at `now`.

    One whose dispatch has moved on is skipped. One that cannot be sent in time, has no address, or is not wanted
    leads to a call, and so does one whose tries are used up although no result of the last is on record.
    """
    hindered = _find_hindrance(notice, part, wanted=wanted, contact=contact, now=now)
    if hindered is not None:
        return hindered
    if notice.tries >= rules.notices.notice_tries:
        return NotAccepted(reason("notice_not_recorded"), final=True)
    pause = find_pause(part.staffing, notice.template, now, rules)
    if pause is None:
        return Sending()
    # The slot begins before the night is over: nobody is woken by a reminder of known things.
    return Skipped(_TOO_LATE) if notice.template == "reminder" and pause >= notice.until else Later(pause)


def _find_hindrance(notice: Notice, part: Part, *, wanted: bool, contact: Contact, now: datetime) -> Skipped | None:
    if not is_fitting(notice.template, part.dispatch.state):
        return Skipped(reason("notice_not_needed", state=part.dispatch.state))
    if contact == "erased":
        return Skipped(reason("notice_to_nobody"))
    if not wanted:
        return Skipped(reason("notice_not_wanted"), "opted_out")
    if contact in _CALLED:
        return _CALLED[contact]
    return Skipped(_TOO_LATE, "too_late") if now >= notice.until else None


def recorded(notice: Notice, result: Result, now: datetime, tries: int) -> tuple[Notice, CallReason | None]:
    """Return the notice after the result, and the reason for a call where it could not reach the volunteer.

    A notice that has ended meanwhile stays, but for one that was sent: the record must show that.
    """
    if isinstance(result, Accepted):
        return (notice if notice.state in HANDED_ON else sent(notice, now)), None
    if notice.due is None:
        return notice, None
    if isinstance(result, Later):
        return postponed(notice, result.at), None
    if isinstance(result, Skipped):
        return skipped(notice, result.why, now), result.call
    after = failed(notice, result.why, now, tries, final=result.final)
    return after, "not_delivered" if after.state == "failed" else None
