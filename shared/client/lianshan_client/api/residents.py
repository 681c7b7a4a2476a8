"""Calls of residents: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, DuplicatesAnswer, HistoryAnswer, PeopleFoundAnswer
from ..answers.residents import (
    ContactsAnswer,
    EndOfCare,
    Resident,
    ResidentPage,
    ResidentParticularsAnswer,
    ResidentShape,
    ResidentState,
)
from ..bodies.common import LookUpIn
from ..bodies.residents import (
    ChangeResidentBody,
    DuplicateResidentsIn,
    EndResidentBody,
    RegisterResident,
    ReopenResidentBody,
    TransferResidentBody,
)
from ..calls import Call, Listing, new_key


def register_resident(body: RegisterResident, *, idempotency_key: str | None = None) -> Call[Resident]:
    """Register a resident in the care of a station, after a search for the same person."""
    return Call("POST", "/v1/residents", body=body, idempotency_key=idempotency_key or new_key())


def list_residents(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    station_id: str | None = None,
    state: Sequence[ResidentState] | None = None,
    reason: Sequence[EndOfCare] | None = None,
    household_id: str | None = None,
) -> Listing[ResidentPage, Resident]:
    """List residents, newest first."""
    return Listing(
        "GET",
        "/v1/residents",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "station_id": station_id,
            "state": state,
            "reason": reason,
            "household_id": household_id,
        },
    )


def count_residents(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count residents by state and reason."""
    return Call("GET", "/v1/residents:count", query={"area": area})


def read_resident(resident_id: str) -> Call[Resident]:
    """Show one resident."""
    return Call("GET", f"/v1/residents/{quote(resident_id, safe='')}")


def read_resident_history(
    resident_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one resident, oldest first."""
    return Listing(
        "GET", f"/v1/residents/{quote(resident_id, safe='')}/history", query={"limit": limit, "after": after}
    )


def change_resident(
    resident_id: str,
    body: ChangeResidentBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[ResidentShape]:
    """Correct the personal data of a resident; a field that is null stays."""
    return Call(
        "POST",
        f"/v1/residents/{quote(resident_id, safe='')}/change",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def transfer_resident(
    resident_id: str,
    body: TransferResidentBody,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[ResidentShape]:
    """Hand the care for a resident over to another station."""
    return Call(
        "POST",
        f"/v1/residents/{quote(resident_id, safe='')}/transfer",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def end_resident(
    resident_id: str, body: EndResidentBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[ResidentShape]:
    """End the care for a resident."""
    return Call(
        "POST",
        f"/v1/residents/{quote(resident_id, safe='')}/end",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def reopen_resident(
    resident_id: str,
    body: ReopenResidentBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[ResidentShape]:
    """Care for a resident again, after a search for the same person as before a registration."""
    return Call(
        "POST",
        f"/v1/residents/{quote(resident_id, safe='')}/reopen",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def look_up_residents(body: LookUpIn, *, idempotency_key: str | None = None) -> Call[PeopleFoundAnswer]:
    """Find residents by telephone, identity number, or name and year of birth: the search before a registration."""
    return Call("POST", "/v1/residents/look-up", body=body, idempotency_key=idempotency_key or new_key())


def find_likely_duplicates_of_residents(
    body: DuplicateResidentsIn, *, idempotency_key: str | None = None
) -> Call[DuplicatesAnswer]:
    """Find residents who are likely one person, registered or described, with points and reasons."""
    return Call("POST", "/v1/residents/likely-duplicates", body=body, idempotency_key=idempotency_key or new_key())


def read_resident_particulars(resident_id: str) -> Call[ResidentParticularsAnswer]:
    """Show the personal data of a resident, for keys with `personal:read` as well. The read is recorded."""
    return Call("GET", f"/v1/residents/{quote(resident_id, safe='')}/particulars")


def read_resident_contacts(resident_id: str) -> Call[ContactsAnswer]:
    """Show the carers, emergency contacts and guardians of a resident, for keys with `personal:read` as well."""
    return Call("GET", f"/v1/residents/{quote(resident_id, safe='')}/contacts")


def read_family_contacts(resident_id: str) -> Call[ContactsAnswer]:
    """Show the people to tell about a resident, by the resident's consent (`family_notice`): without it 409."""
    return Call("GET", f"/v1/residents/{quote(resident_id, safe='')}/family-contacts")
