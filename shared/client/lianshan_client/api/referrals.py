"""Calls of referrals: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer, ReferralState
from ..answers.referrals import Referral, ReferralPage, ReferralShape
from ..bodies.referrals import ReferNeed, RequestReferralBody, RevokeReferralBody
from ..calls import Call, Listing, new_key


def refer_need(body: ReferNeed, *, idempotency_key: str | None = None) -> Call[Referral]:
    """Refer a need to a station of its city, or to an organisation; without `basis` as an enquiry. Answers
    ReferralShape.
    """
    return Call("POST", "/v1/referrals", body=body, idempotency_key=idempotency_key or new_key())


def list_referrals(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    need_id: str | None = None,
    station_id: str | None = None,
    receiver_id: str | None = None,
    state: Sequence[ReferralState] | None = None,
) -> Listing[ReferralPage, Referral]:
    """List referrals, newest first."""
    return Listing(
        "GET",
        "/v1/referrals",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "need_id": need_id,
            "station_id": station_id,
            "receiver_id": receiver_id,
            "state": state,
        },
    )


def count_referrals(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count referrals by state and receiver_kind."""
    return Call("GET", "/v1/referrals:count", query={"area": area})


def read_referral(referral_id: str) -> Call[Referral]:
    """Show one referral."""
    return Call("GET", f"/v1/referrals/{quote(referral_id, safe='')}")


def read_referral_history(
    referral_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one referral, oldest first."""
    return Listing(
        "GET", f"/v1/referrals/{quote(referral_id, safe='')}/history", query={"limit": limit, "after": after}
    )


def request_referral(
    referral_id: str,
    body: RequestReferralBody,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[ReferralShape]:
    """Refer the need after the answer to an enquiry."""
    return Call(
        "POST",
        f"/v1/referrals/{quote(referral_id, safe='')}/request",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def revoke_referral(
    referral_id: str, body: RevokeReferralBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[ReferralShape]:
    """Take a referral back that is not accepted yet."""
    return Call(
        "POST",
        f"/v1/referrals/{quote(referral_id, safe='')}/revoke",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
