"""Calls of consents: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from urllib.parse import quote

from ..answers.common import ChangeAnswer, HistoryAnswer
from ..answers.consents import ConsentAnswer, ConsentPage, ConsentState, SharedAnswer
from ..bodies.common import EmptyBody
from ..bodies.consents import ConsentIn, RenewConsentBody, SharedIn
from ..calls import Call, Listing, new_key


def give_consent(body: ConsentIn, *, idempotency_key: str | None = None) -> Call[ConsentAnswer]:
    """Record a consent that a person has given. With a recipient it is separate consent to that agency alone."""
    return Call("POST", "/v1/consents", body=body, idempotency_key=idempotency_key or new_key())


def list_consents(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    person_id: str | None = None,
    recipient: str | None = None,
    state: ConsentState | None = None,
) -> Listing[ConsentPage, ConsentAnswer]:
    """List consents, those of one kind of person after the other, newest first."""
    return Listing(
        "GET",
        "/v1/consents",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "person_id": person_id,
            "recipient": recipient,
            "state": state,
        },
    )


def read_consent(consent_id: str) -> Call[ConsentAnswer]:
    """Show one consent."""
    return Call("GET", f"/v1/consents/{quote(consent_id, safe='')}")


def read_consent_history(
    consent_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one consent, oldest first."""
    return Listing("GET", f"/v1/consents/{quote(consent_id, safe='')}/history", query={"limit": limit, "after": after})


def renew_consent(
    consent_id: str, body: RenewConsentBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[ConsentAnswer]:
    """Record that a consent was given once more, also after it has run out."""
    return Call(
        "POST",
        f"/v1/consents/{quote(consent_id, safe='')}/renew",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def withdraw_consent(
    consent_id: str,
    body: EmptyBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[ConsentAnswer]:
    """Withdraw a consent at once; handling before stays lawful. Repeated, it changes nothing."""
    return Call(
        "POST",
        f"/v1/consents/{quote(consent_id, safe='')}/withdraw",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def read_shared(body: SharedIn, *, idempotency_key: str | None = None) -> Call[SharedAnswer]:
    """Read a person's data as an agency, by the scopes and the purpose of separate consent. It is recorded."""
    return Call("POST", "/v1/people/shared", body=body, idempotency_key=idempotency_key or new_key())
