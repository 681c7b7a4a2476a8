"""An identity check (身份核对) through its life: opened, disowned, reminded, resolved. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

from services.volunteering.checks.timers import CheckDue
from shared.contracts.areas import PROVINCE_DIGITS, ancestors
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.checks import (
    CheckGround,
    CheckOutcome,
    CheckShape,
    DisownRegistration,
    SecondRegistration,
)
from shared.engine.plain import Aggregate
from shared.engine.reminders import Due
from shared.people.marks import group_blocks

DECIDE_WITHIN: Final = timedelta(days=3)
"""How long an officer has for a check, and between two reminders: the first is for the street centre, the second for
the district, all later ones for the city.
"""


class IdentityCheck(CheckShape, Aggregate):
    """A check as it is stored."""

    collection: ClassVar[str] = "identity_checks"


def opened(
    check_id: str, volunteer: tuple[str, str], known: tuple[str, str], grounds: Collection[CheckGround], now: datetime
) -> IdentityCheck:
    """Return the check of a registration; `volunteer` and `known` are the id and the area of both.

    It stands in the smallest area that holds both, so that no area learns of the people whom another one keeps.
    """
    return IdentityCheck(
        id=check_id,
        version=0,
        area=common_area(volunteer[1], known[1]),
        volunteer_id=volunteer[0],
        known_id=known[0],
        grounds=tuple(sorted(grounds)),
        registered_at=now,
        state="open",
        due=now + DECIDE_WITHIN,
    )


def common_area(area: str, known: str) -> str:
    """Return the smallest area that holds both; the province of the known one where none does."""
    around = ancestors(area)
    return next((one for one in ancestors(known) if one in around), known[:PROVINCE_DIGITS])


def find_grounds(marks: Sequence[str], known: Sequence[str], claimed: Collection[CheckGround]) -> set[CheckGround]:
    """Return the grounds on which two registrations are one person's, by the marks of both; none for two persons.

    `claimed` are the grounds on which the new one met a claim of the known one. Two different identity numbers are two
    persons, even if all else is equal. A telephone counts with the name's sound and the year of birth alone.
    """
    new, old = group_blocks(marks), group_blocks(known)
    numbers = [found.get("identity_number", ()) for found in (new, old)]
    if numbers[0] and numbers[1]:
        return {"identity_number"} if numbers[0] == numbers[1] else set()
    alike = all(set(new.get(kind, ())) & set(old.get(kind, ())) for kind in ("phone", "sound"))
    return {*claimed, "phone_and_name"} if alike else set(claimed)


def disowned(asked: DisownRegistration, before: IdentityCheck, now: datetime) -> IdentityCheck:
    """Return the check with the known person's statement; it is open again where both ids were merged.

    Raises Refused("wrong_state") where an officer has decided otherwise already.
    """
    if before.disowned_at is not None:
        return before
    if before.state not in {"open", "same_person"}:
        raise Refused("wrong_state", "check_resolved", field="check_id", state=before.state)
    statement = {"disowned_at": now, "disowned_because": asked.reason_code}
    return before.model_copy(update={**statement, **_reopened(now)})


def _reopened(now: datetime) -> Mapping[str, object]:
    return {"state": "open", "due": now + DECIDE_WITHIN, "reminded": 0, "resolved_at": None}


def resolved(before: IdentityCheck, outcome: CheckOutcome, now: datetime) -> IdentityCheck:
    """Return the check as decided; itself where it was decided so before.

    Raises Refused("wrong_state") where it was decided otherwise.
    """
    if before.state == outcome:
        return before
    if before.state != "open":
        raise Refused("wrong_state", "check_resolved", field="id", state=before.state)
    return before.model_copy(update={"state": outcome, "resolved_at": now})


def reminded(before: IdentityCheck, now: datetime) -> IdentityCheck:
    """Return the check with its next deadline; unchanged where it is decided, or no deadline has passed."""
    if before.state != "open" or now < before.due:
        return before
    return before.model_copy(update={"reminded": before.reminded + 1, "due": now + DECIDE_WITHIN})


def find_next_step(check: CheckShape) -> NextStep | None:
    """Return the next step: an officer decides before the deadline, which each reminder moves."""
    if check.state != "open":
        return None
    args = {"volunteer": check.volunteer_id, "known": check.known_id}
    return NextStep(code="check_registration", args=args, due=check.due)


def find_deadline(check: IdentityCheck) -> tuple[datetime, Due] | None:
    """Return the instant of the next reminder, with its timer."""
    return (check.due, CheckDue(id=check.id)) if check.state == "open" else None


def second_registration(check: CheckShape) -> SecondRegistration:
    """Return the check as the known person sees it."""
    return SecondRegistration(
        check_id=check.id, registered_at=check.registered_at, state=check.state, disowned_at=check.disowned_at
    )
