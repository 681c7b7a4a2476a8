"""Calls of households: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer
from ..answers.households import Household, HouseholdPage, HouseholdShape, HouseholdState
from ..bodies.households import FormHousehold, MoveInBody, MoveOutBody, RelateMembersBody, TransferHouseholdBody
from ..calls import Call, Listing, new_key


def form_household(body: FormHousehold, *, idempotency_key: str | None = None) -> Call[Household]:
    """Record a household with its head, in the care of the head's station."""
    return Call("POST", "/v1/households", body=body, idempotency_key=idempotency_key or new_key())


def list_households(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    station_id: str | None = None,
    state: Sequence[HouseholdState] | None = None,
) -> Listing[HouseholdPage, Household]:
    """List households, newest first."""
    return Listing(
        "GET",
        "/v1/households",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "station_id": station_id,
            "state": state,
        },
    )


def count_households(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count households by state."""
    return Call("GET", "/v1/households:count", query={"area": area})


def read_household(household_id: str) -> Call[Household]:
    """Show one household."""
    return Call("GET", f"/v1/households/{quote(household_id, safe='')}")


def read_household_history(
    household_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one household, oldest first."""
    return Listing(
        "GET", f"/v1/households/{quote(household_id, safe='')}/history", query={"limit": limit, "after": after}
    )


def move_in(
    household_id: str, body: MoveInBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[HouseholdShape]:
    """Record that a resident of the same station has moved into a household."""
    return Call(
        "POST",
        f"/v1/households/{quote(household_id, safe='')}/move-in",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def move_out(
    household_id: str, body: MoveOutBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[HouseholdShape]:
    """Record that a member has moved out; the last one dissolves the household."""
    return Call(
        "POST",
        f"/v1/households/{quote(household_id, safe='')}/move-out",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def relate_members(
    household_id: str, body: RelateMembersBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[HouseholdShape]:
    """State the relations of all members again, also with another head."""
    return Call(
        "POST",
        f"/v1/households/{quote(household_id, safe='')}/relate",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def transfer_household(
    household_id: str,
    body: TransferHouseholdBody,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[HouseholdShape]:
    """Hand the care for a household and all its members over to another station."""
    return Call(
        "POST",
        f"/v1/households/{quote(household_id, safe='')}/transfer",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
