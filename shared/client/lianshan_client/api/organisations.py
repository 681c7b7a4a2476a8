"""Calls of organisations: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer, LinkageRole
from ..answers.organisations import (
    Organisation,
    OrganisationKind,
    OrganisationPage,
    OrganisationShape,
    OrganisationState,
)
from ..bodies.organisations import (
    ChangeOrganisationBody,
    EndOrganisationBody,
    RegisterOrganisation,
    ResumeOrganisationBody,
    SuspendOrganisationBody,
)
from ..calls import Call, Listing, new_key


def register_organisation(body: RegisterOrganisation, *, idempotency_key: str | None = None) -> Call[Organisation]:
    """Register an organisation."""
    return Call("POST", "/v1/organisations", body=body, idempotency_key=idempotency_key or new_key())


def list_organisations(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    kind: Sequence[OrganisationKind] | None = None,
    state: Sequence[OrganisationState] | None = None,
    roles: Sequence[LinkageRole] | None = None,
    areas: str | None = None,
    credit_code: str | None = None,
    may_fundraise: bool | None = None,
) -> Listing[OrganisationPage, Organisation]:
    """List organisations, newest first."""
    return Listing(
        "GET",
        "/v1/organisations",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "kind": kind,
            "state": state,
            "roles": roles,
            "areas": areas,
            "credit_code": credit_code,
            "may_fundraise": may_fundraise,
        },
    )


def count_organisations(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count organisations by kind and state."""
    return Call("GET", "/v1/organisations:count", query={"area": area})


def read_organisation(organisation_id: str) -> Call[Organisation]:
    """Show one organisation."""
    return Call("GET", f"/v1/organisations/{quote(organisation_id, safe='')}")


def read_organisation_history(
    organisation_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one organisation, oldest first."""
    return Listing(
        "GET", f"/v1/organisations/{quote(organisation_id, safe='')}/history", query={"limit": limit, "after": after}
    )


def change_organisation(
    organisation_id: str,
    body: ChangeOrganisationBody,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[OrganisationShape]:
    """Replace the particulars of an organisation."""
    return Call(
        "POST",
        f"/v1/organisations/{quote(organisation_id, safe='')}/change",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def suspend_organisation(
    organisation_id: str,
    body: SuspendOrganisationBody,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[OrganisationShape]:
    """Suspend an active organisation."""
    return Call(
        "POST",
        f"/v1/organisations/{quote(organisation_id, safe='')}/suspend",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def resume_organisation(
    organisation_id: str,
    body: ResumeOrganisationBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[OrganisationShape]:
    """End a suspension."""
    return Call(
        "POST",
        f"/v1/organisations/{quote(organisation_id, safe='')}/resume",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def end_organisation(
    organisation_id: str,
    body: EndOrganisationBody,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[OrganisationShape]:
    """End an organisation's part for good."""
    return Call(
        "POST",
        f"/v1/organisations/{quote(organisation_id, safe='')}/end",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
