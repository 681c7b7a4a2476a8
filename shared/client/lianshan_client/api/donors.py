"""Calls of donors: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from urllib.parse import quote

from ..answers.donors import DonorAnswer, DonorPage
from ..bodies.donors import RegisterDonor
from ..calls import Call, Listing, new_key


def register_donor(body: RegisterDonor, *, idempotency_key: str | None = None) -> Call[DonorAnswer]:
    """Register a donor. Personal data stays with charity, encrypted. Without `area` it is the area of the key."""
    return Call("POST", "/v1/donors", body=body, idempotency_key=idempotency_key or new_key())


def list_donors(
    *, limit: int | None = None, after: str | int | None = None, external_id: str | None = None, area: str | None = None
) -> Listing[DonorPage, DonorAnswer]:
    """List donors, newest first, without personal data: that is shown one by one only."""
    return Listing(
        "GET", "/v1/donors", query={"limit": limit, "after": after, "external_id": external_id, "area": area}
    )


def read_donor(donor_id: str) -> Call[DonorAnswer]:
    """Show one donor; personal data for keys with the permission `personal:read`, and that read is recorded."""
    return Call("GET", f"/v1/donors/{quote(donor_id, safe='')}")
