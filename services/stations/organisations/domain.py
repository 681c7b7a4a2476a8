"""An organisation (机构) through its life: registered, changed, suspended, resumed, ended; and its qualification."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import ClassVar, Final

from shared.contracts.legal_days import LEGAL_ZONE
from shared.contracts.plain import Action, NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.organisations import (
    ChangeOrganisation,
    EndOrganisation,
    OrganisationShape,
    OrganisationState,
    Qualification,
    RegisterOrganisation,
    ResumeOrganisation,
    SuspendOrganisation,
    Validity,
)
from shared.engine.plain import Aggregate, Exclusive
from shared.engine.reminders import Due, Reminders

RENEWAL_DAYS: Final = 30
"""Days before the end of a qualification at which its renewal becomes due."""
REVIEW_DAYS: Final = 30
"""Days after which a suspension is reviewed."""


class Organisation(OrganisationShape, Aggregate):
    """An organisation and the instant of its last suspension."""

    collection: ClassVar[str] = "organisations"
    suspended_at: datetime | None = None


class QualificationDue(Due):
    """The first day of a qualification begins, or its last day is over."""

    type: ClassVar[str] = "stations.organisation_qualification_due"


class SuspensionDue(Due):
    """The review of a suspension is overdue: the next level is reminded."""

    type: ClassVar[str] = "stations.organisation_suspension_due"


class OrganisationGone(Due):
    """An organisation has ended: it takes part nowhere any more. `again` marks the second pass."""

    type: ClassVar[str] = "stations.organisation_gone"
    again: bool = False


def gone_key(organisation_id: str) -> str:
    """Return the key of the timer that follows the end of an organisation."""
    return f"organisation:{organisation_id}:gone"


REMINDERS: Final = Reminders(SuspensionDue, frozenset({"review_suspension"}))


def registered(asked: RegisterOrganisation, organisation_id: str, now: datetime) -> Organisation:
    """Return a new, active organisation."""
    return _valid_at(Organisation(id=organisation_id, version=0, state="active", **dict(asked)), now)


def changed(asked: ChangeOrganisation, before: Organisation, now: datetime) -> Organisation:
    """Return the organisation with the facts replaced. Raises Refused("wrong_state") for an ended one."""
    _require(before, "active", "suspended")
    facts = {name: value for name, value in dict(asked).items() if name not in Action.model_fields}
    if all(getattr(before, name) == value for name, value in facts.items()):
        return before
    return _valid_at(before.model_copy(update=facts), now)


def suspended(asked: SuspendOrganisation, before: Organisation, now: datetime) -> Organisation:
    """Return the organisation as suspended. Raises Refused("wrong_state") where it is not active."""
    _require(before, "active")
    update = {"state": "suspended", "reason": asked.reason, "suspended_at": now}
    return _valid_at(before.model_copy(update=update), now)


def resumed(_: ResumeOrganisation, before: Organisation, now: datetime) -> Organisation:
    """Return the organisation as active again. Raises Refused("wrong_state") where it is not suspended."""
    _require(before, "suspended")
    return _valid_at(before.model_copy(update={"state": "active", "reason": None, "suspended_at": None}), now)


def ended(asked: EndOrganisation, before: Organisation, now: datetime) -> Organisation:
    """Return the organisation as ended. Raises Refused("wrong_state") where it has ended already."""
    _require(before, "active", "suspended")
    return _valid_at(before.model_copy(update={"state": "ended", "reason": asked.reason}), now)


def requalified(before: Organisation, now: datetime) -> Organisation:
    """Return the organisation with its qualification as it stands at `now`; itself where nothing has changed."""
    after = _valid_at(before, now)
    return before if after.validity == before.validity else after


def find_next_step(organisation: Organisation) -> NextStep | None:
    """Return the next step: to review a suspension, or to renew a qualification that ends or has lapsed."""
    if organisation.state == "suspended" and organisation.suspended_at is not None:
        return NextStep(code="review_suspension", due=organisation.suspended_at + timedelta(days=REVIEW_DAYS))
    held = organisation.qualification
    if organisation.state != "active" or held is None or held.until is None:
        return None
    until = held.until.isoformat()
    return NextStep(code="renew_qualification", args={"until": until}, due=_end_of(held) - timedelta(days=RENEWAL_DAYS))


def find_deadline(organisation: Organisation) -> tuple[datetime, Due] | None:
    """Return the instant at which the validity of the qualification changes next, with the timer of it."""
    held = organisation.qualification
    if held is None or organisation.state == "ended":
        return None
    due = QualificationDue(id=organisation.id)
    if organisation.validity == "ahead":
        return _start_of(held), due
    return (_end_of(held), due) if organisation.validity == "in_force" and held.until is not None else None


def list_exclusive(organisation: Organisation) -> Sequence[Exclusive]:
    """Return the credit code, which belongs to one organisation until it ends."""
    if organisation.state == "ended":
        return ()
    return (Exclusive(organisation.credit_code, "credit_code"),)


def _valid_at(organisation: Organisation, now: datetime) -> Organisation:
    validity = _validity(organisation.qualification, now)
    may = validity == "in_force" and organisation.state == "active"
    return organisation.model_copy(update={"validity": validity, "may_fundraise": may})


def _validity(held: Qualification | None, now: datetime) -> Validity:
    if held is None:
        return "none"
    if now < _start_of(held):
        return "ahead"
    return "lapsed" if held.until is not None and now >= _end_of(held) else "in_force"


def _start_of(held: Qualification) -> datetime:
    return datetime.combine(held.since, time.min, LEGAL_ZONE).astimezone(UTC)


def _end_of(held: Qualification) -> datetime:
    assert held.until is not None, "asked only where there is an end"  # noqa: S101
    return datetime.combine(held.until + timedelta(days=1), time.min, LEGAL_ZONE).astimezone(UTC)


def _require(organisation: Organisation, *allowed: OrganisationState) -> None:
    if organisation.state not in allowed:
        raise Refused(
            "wrong_state",
            "organisation_not_in_state",
            field="id",
            state=organisation.state,
            allowed=",".join(allowed),
        )
