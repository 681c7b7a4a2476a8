"""Calls of donations: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from urllib.parse import quote

from ..answers.donations import DonationAnswer, DonationPage, GiverAnswer
from ..bodies.donations import CorrectionIn, DonationIn
from ..calls import Call, Listing, new_key


def record_donation(
    body: DonationIn, *, on_behalf_of: str | None = None, idempotency_key: str | None = None
) -> Call[DonationAnswer]:
    """Give goods or sessions to a station, or money to a fund; needs that wait for it are served at once."""
    return Call(
        "POST", "/v1/donations", body=body, on_behalf_of=on_behalf_of, idempotency_key=idempotency_key or new_key()
    )


def list_donations(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    external_id: str | None = None,
    area: str | None = None,
    station_id: str | None = None,
    fund_id: str | None = None,
    donor_id: str | None = None,
) -> Listing[DonationPage, DonationAnswer]:
    """List donations, newest first; of a donor those under every merged id."""
    return Listing(
        "GET",
        "/v1/donations",
        query={
            "limit": limit,
            "after": after,
            "external_id": external_id,
            "area": area,
            "station_id": station_id,
            "fund_id": fund_id,
            "donor_id": donor_id,
        },
    )


def read_donation(donation_id: str) -> Call[DonationAnswer]:
    """Show one donation."""
    return Call("GET", f"/v1/donations/{quote(donation_id, safe='')}")


def read_giver(donation_id: str) -> Call[GiverAnswer]:
    """Show who made a donation, also an anonymous one: to those who record donations and read personal data."""
    return Call("GET", f"/v1/donations/{quote(donation_id, safe='')}/donor")


def correct_donation(
    donation_id: str, body: CorrectionIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[DonationAnswer]:
    """State a donation again: its booking is reversed, and the right amounts are booked."""
    return Call(
        "POST",
        f"/v1/donations/{quote(donation_id, safe='')}/correct",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
