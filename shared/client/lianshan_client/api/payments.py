"""Calls of payments: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer
from ..answers.payments import PayeeAnswer, Payment, PaymentPage, PaymentShape, PaymentState
from ..bodies.payments import ApprovePaymentBody, RecordPaymentBody, RefusePaymentBody, ReversePaymentBody
from ..calls import Call, Listing, new_key


def list_payments(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    state: Sequence[PaymentState] | None = None,
    need_id: str | None = None,
    station_id: str | None = None,
    organisation_id: str | None = None,
) -> Listing[PaymentPage, Payment]:
    """List payments, newest first."""
    return Listing(
        "GET",
        "/v1/payments",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "state": state,
            "need_id": need_id,
            "station_id": station_id,
            "organisation_id": organisation_id,
        },
    )


def count_payments(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count payments by state."""
    return Call("GET", "/v1/payments:count", query={"area": area})


def read_payment(payment_id: str) -> Call[Payment]:
    """Show one payment."""
    return Call("GET", f"/v1/payments/{quote(payment_id, safe='')}")


def read_payment_history(
    payment_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one payment, oldest first."""
    return Listing("GET", f"/v1/payments/{quote(payment_id, safe='')}/history", query={"limit": limit, "after": after})


def record_payment(
    payment_id: str, body: RecordPaymentBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[PaymentShape]:
    """Record the payment of all that is owed."""
    return Call(
        "POST",
        f"/v1/payments/{quote(payment_id, safe='')}/record",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def approve_payment(
    payment_id: str,
    body: ApprovePaymentBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[PaymentShape]:
    """Approve a recorded payment, as another person than its recorder."""
    return Call(
        "POST",
        f"/v1/payments/{quote(payment_id, safe='')}/approve",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def refuse_payment(
    payment_id: str, body: RefusePaymentBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[PaymentShape]:
    """Refuse a recorded payment, or take one's own record back: the amount is owed again."""
    return Call(
        "POST",
        f"/v1/payments/{quote(payment_id, safe='')}/refuse",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def reverse_payment(
    payment_id: str, body: ReversePaymentBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[PaymentShape]:
    """Take back a payment, or the part of it that has come back."""
    return Call(
        "POST",
        f"/v1/payments/{quote(payment_id, safe='')}/reverse",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def read_payee(payment_id: str) -> Call[PayeeAnswer]:
    """Show the payee and the evidence of the last record: to those who record payments and read personal data."""
    return Call("GET", f"/v1/payments/{quote(payment_id, safe='')}/payee")
