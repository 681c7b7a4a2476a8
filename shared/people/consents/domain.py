"""A consent (同意) through its life: given, renewed, expired, withdrawn; and the age of its giver. Pure."""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Final

from shared.contracts.consents import (
    ConsentPurpose,
    ConsentScope,
    ConsentShape,
    GiveConsent,
    Giver,
    GuardianDetails,
    RenewConsent,
    WithdrawConsent,
)
from shared.contracts.legal_days import LEGAL_ZONE
from shared.contracts.persons import PersonKind
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.engine.plain import Aggregate
from shared.engine.reminders import Due
from shared.people.keys import Sealer

CONSENT_AGE: Final = 14
"""Years under which only a guardian may consent (Personal Information Protection Law, art. 31)."""
SENSITIVE: Final[frozenset[ConsentScope]] = frozenset({"identity_number", "health"})
"""Sensitive personal information (art. 28): consent to it stands by itself (art. 29)."""
MOST_DAYS: Final = 1_096
"""Days for which a consent may be given: three years, after which the person is asked again."""
RENEWAL_DAYS: Final = 30
"""Days before its end at which a consent is to be renewed."""
SEALED_FIELD: Final = "guardian_sealed"


class Consent(ConsentShape, Aggregate):
    """A consent, with the sealed name and telephone of the guardian who has given it."""

    collection: ClassVar[str] = "consents"
    guardian_sealed: str = ""


def id_prefix(person_kind: str) -> str:
    """Return the kind that begins the ids of consents of persons of that kind, and the names of their timers."""
    return f"{person_kind}_consent"


class ConsentDue(Due):
    """The time of a consent is over."""


def given(
    asked: GiveConsent, consent_id: str, now: datetime, *, kind: PersonKind, area: str, guardian_sealed: str = ""
) -> Consent:
    """Return a new consent, from `now` on (UTC).

    Raises Refused("invalid") for an end that is past or too far away, and for sensitive data together with other.
    """
    _require_end(asked.expires_at, now)
    if len(asked.scopes) > 1 and (sensitive := SENSITIVE.intersection(asked.scopes)):
        raise Refused("invalid", "sensitive_stands_alone", field="scopes", data=min(sensitive))
    return Consent(
        id=consent_id,
        version=0,
        area=area,
        person_kind=kind,
        person_id=asked.person_id,
        scopes=tuple(dict.fromkeys(asked.scopes)),
        purpose=asked.purpose,
        recipient=asked.recipient,
        given_by=asked.given_by,
        given_at=now,
        expires_at=asked.expires_at,
        state="given",
        guardian_sealed=guardian_sealed,
        words_version=asked.words_version,
        obtained=asked.obtained,
    )


def renewed(asked: RenewConsent, before: Consent, guardian_sealed: str, now: datetime) -> Consent:
    """Return the consent as given once more at `now`.

    Raises Refused("wrong_state") for a withdrawn one, which is given again, and Refused("invalid") as `given` does.
    """
    if before.state == "withdrawn":
        raise Refused("wrong_state", "consent_withdrawn", field="id")
    _require_end(asked.expires_at, now)
    update = {
        "given_by": asked.given_by,
        "given_at": now,
        "expires_at": asked.expires_at,
        "state": "given",
        "guardian_sealed": guardian_sealed,
    }
    return before.model_copy(update=update)


def withdrawn(_: WithdrawConsent, before: Consent, now: datetime) -> Consent:
    """Return the consent as withdrawn at `now`; itself where it was withdrawn before.

    Nothing stands in the way of a withdrawal: it is as easy as giving (art. 15).
    """
    if before.state == "withdrawn":
        return before
    return before.model_copy(update={"state": "withdrawn", "withdrawn_at": now})


def ended(before: Consent, now: datetime) -> Consent:
    """Return the consent of a person whose data is erased: withdrawn, by `now` at the latest, without the guardian."""
    update = {"state": "withdrawn", "withdrawn_at": before.withdrawn_at or now, "guardian_sealed": ""}
    return before.model_copy(update=update)


def expired(before: Consent, now: datetime) -> Consent:
    """Return the consent as expired; itself where its time is not over, or it has ended otherwise."""
    if before.state != "given" or now < before.expires_at:
        return before
    return before.model_copy(update={"state": "expired"})


def find_next_step(consent: Consent) -> NextStep | None:
    """Return the next step: to renew a consent before its end. One that has ended has none."""
    if consent.state != "given":
        return None
    until = consent.expires_at.astimezone(UTC).isoformat()
    due = consent.expires_at - timedelta(days=RENEWAL_DAYS)
    return NextStep(code="renew_consent", args={"until": until}, due=due)


def find_deadline(consent: Consent, due: type[ConsentDue]) -> tuple[datetime, Due] | None:
    """Return the instant at which the consent expires, with the timer of it."""
    return (consent.expires_at, due(id=consent.id)) if consent.state == "given" else None


# ---- the giver -------------------------------------------------------------------------------------------------


def require_giver(giver: Giver, guardian: GuardianDetails | None, born: date | int | None, now: datetime) -> None:
    """Refuse a giver who may not consent: Refused("invalid") for a child alone, or a guardian who is not named.

    `born` is the day of birth, or the year alone, or None where the owner knows neither: then the giver is believed.
    """
    if giver == "self" and born is not None and not is_of_age(born, now):
        raise Refused("invalid", "guardian_must_consent", field="given_by", age=CONSENT_AGE)
    if giver == "guardian" and guardian is None:
        raise Refused("invalid", "guardian_unnamed", field="guardian")
    if giver == "self" and guardian is not None:
        raise Refused("invalid", "guardian_has_no_part", field="guardian")


def is_of_age(born: date | int, now: datetime) -> bool:
    """Return whether the person has completed the fourteenth year for certain.

    A year of age is complete from the day after the birthday (法释〔2006〕1号, art. 2). Of a year
    of birth alone its last day counts.
    """
    today = now.astimezone(LEGAL_ZONE).date()
    day = date(born, 12, 31) if isinstance(born, int) else born
    return (today.year - CONSENT_AGE, today.month, today.day) > (day.year, day.month, day.day)


def guardian_place(consent_id: str) -> tuple[str, str, str]:
    """Return the place that the guardian's details are sealed for."""
    return Consent.collection, consent_id, SEALED_FIELD


def seal_guardian(guardian: GuardianDetails, consent_id: str, key: Sealer) -> str:
    """Return the details of the guardian, sealed with the data key of the person for whom they consent."""
    words = {"name": guardian.name, "phone": guardian.phone}
    return key.seal(json.dumps(words, ensure_ascii=False), *guardian_place(consent_id))


# ---- separate consent ------------------------------------------------------------------------------------------


def holds(consent: Consent, now: datetime) -> bool:
    """Return whether the consent holds at `now`; from the instant of its end, or of its withdrawal, on it does not.

    One that is stored was given: `given_at` is of the clock of the replica that kept it, which may run ahead of `now`.
    """
    return consent.state == "given" and now < consent.expires_at


def is_agreed(consents: Collection[Consent], now: datetime, counts: Callable[[Consent], bool]) -> bool:
    """Return whether a person agrees at `now`, by the consents to one purpose under all ids that merges have joined.

    One of those that count has to hold, and the person may not have withdrawn one under another id since: the newest of
    giving and withdrawal is the person's will (art. 15).
    """
    return any(
        counts(consent) and holds(consent, now) and not any(_is_withdrawn_since(consent, other) for other in consents)
        for consent in consents
    )


def _is_withdrawn_since(consent: Consent, other: Consent) -> bool:
    """Return whether the other one, of another id, stood and was withdrawn after this one was given.

    Under one id a withdrawal ends every consent that stands, so that one which holds was given afterwards.
    """
    if other.person_id == consent.person_id or other.state != "withdrawn" or other.withdrawn_at is None:
        return False
    return consent.given_at <= other.withdrawn_at < other.expires_at


def require_none_beside(consents: Iterable[Consent], scopes: Sequence[ConsentScope], now: datetime, field: str) -> None:
    """Refuse a consent beside those of the same person, recipient and purpose, where one holds for the same data.

    Raises Refused("conflict") naming that one. Of two, the withdrawal of one would leave the data open by the other;
    the person who withdraws names the data handed over, not a record of the consent (art. 15).
    """
    for consent in consents:
        if holds(consent, now) and (common := set(consent.scopes).intersection(scopes)):
            raise Refused("conflict", "consent_stands", field=field, data=min(common), id=consent.id)


def require_room(given: Collection[Consent], most: int, field: str) -> None:
    """Raise Refused("wrong_state") for one more consent beside the `most` that stand."""
    if len(given) >= most:
        raise Refused("wrong_state", "consents_full", field=field, most=most)


def opens_to(
    consents: Iterable[Consent],
    scopes: Sequence[ConsentScope],
    *,
    person_id: str,
    purpose: ConsentPurpose,
    recipient: str,
    now: datetime,
) -> bool:
    """Return whether consents to `recipient` and to the purpose hold at `now` for each of the scopes, under that id.

    Personal Information Protection Law, art. 23 and 29: the consent is for this recipient; a consent to the platform's
    own handling opens nothing. `consents` are those under all ids of the person: one under another id opens nothing
    here, but its withdrawal closes the same scope to the same recipient, where it came later (art. 15).
    """
    asked = [consent for consent in consents if consent.recipient == recipient and consent.purpose == purpose]
    covered = {
        scope
        for consent in asked
        if consent.person_id == person_id and holds(consent, now)
        for scope in consent.scopes
        if not any(scope in other.scopes and _is_withdrawn_since(consent, other) for other in asked)
    }
    return covered.issuperset(scopes)


def _require_end(expires_at: datetime, now: datetime) -> None:
    if expires_at <= now:
        raise Refused("invalid", "consent_ends_in_past", field="expires_at")
    if expires_at > now + timedelta(days=MOST_DAYS):
        raise Refused("invalid", "consent_too_long", field="expires_at", days=MOST_DAYS)
