"""Calls of volunteers: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from urllib.parse import quote

from ..answers.volunteers import (
    SecondRegistrationAnswer,
    StandingAnswer,
    VolunteerAnswer,
    VolunteerContact,
    VolunteerPage,
)
from ..bodies.common import EmptyBody
from ..bodies.volunteers import DisownIn, PauseIn, RegisterVolunteer, VolunteerChange
from ..calls import Call, Listing, new_key


def read_volunteer_contact(need_id: str, volunteer_id: str) -> Call[VolunteerContact]:
    """Show name and telephone of a volunteer who has accepted to come, from any area. The read is recorded."""
    return Call("GET", f"/v1/needs/{quote(need_id, safe='')}/volunteers/{quote(volunteer_id, safe='')}")


def register_volunteer(body: RegisterVolunteer, *, idempotency_key: str | None = None) -> Call[VolunteerAnswer]:
    """Register a volunteer. Personal data stays with volunteering, encrypted."""
    return Call("POST", "/v1/volunteers", body=body, idempotency_key=idempotency_key or new_key())


def list_volunteers(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    external_id: str | None = None,
    area: str | None = None,
    skill: str | None = None,
    language: str | None = None,
) -> Listing[VolunteerPage, VolunteerAnswer]:
    """List volunteers, newest first, without personal data: that is shown one by one only."""
    return Listing(
        "GET",
        "/v1/volunteers",
        query={
            "limit": limit,
            "after": after,
            "external_id": external_id,
            "area": area,
            "skill": skill,
            "language": language,
        },
    )


def read_volunteer(volunteer_id: str) -> Call[VolunteerAnswer]:
    """Show one volunteer; personal data for keys with the permission `personal:read`, and that read is recorded."""
    return Call("GET", f"/v1/volunteers/{quote(volunteer_id, safe='')}")


def read_standing_acceptance(volunteer_id: str) -> Call[StandingAnswer]:
    """Show whether the volunteer may be confirmed unasked, and the bounds of that: beyond them one is asked."""
    return Call("GET", f"/v1/volunteers/{quote(volunteer_id, safe='')}/standing-acceptance")


def disown_registration(
    volunteer_id: str, body: DisownIn, *, idempotency_key: str | None = None
) -> Call[SecondRegistrationAnswer]:
    """State for a volunteer that a second registration is not theirs; an officer decides. It is recorded."""
    return Call(
        "POST",
        f"/v1/volunteers/{quote(volunteer_id, safe='')}/disown-registration",
        body=body,
        idempotency_key=idempotency_key or new_key(),
    )


def change_volunteer(
    volunteer_id: str, body: VolunteerChange, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[VolunteerAnswer]:
    """Change a volunteer's contact or terms; null leaves a field as it is. Promises that no longer fit go to others."""
    return Call(
        "POST",
        f"/v1/volunteers/{quote(volunteer_id, safe='')}/change",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def pause_volunteer(
    volunteer_id: str,
    body: PauseIn | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[VolunteerAnswer]:
    """Offer the volunteer nothing for a time; promises within that time go to others."""
    return Call(
        "POST",
        f"/v1/volunteers/{quote(volunteer_id, safe='')}/pause",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def resume_volunteer(
    volunteer_id: str,
    body: EmptyBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[VolunteerAnswer]:
    """Have a volunteer who paused or left asked again."""
    return Call(
        "POST",
        f"/v1/volunteers/{quote(volunteer_id, safe='')}/resume",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def end_volunteering(
    volunteer_id: str,
    body: EmptyBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[VolunteerAnswer]:
    """Have the volunteer leave: every promise goes to others. Hours stay, also those still to be confirmed."""
    return Call(
        "POST",
        f"/v1/volunteers/{quote(volunteer_id, safe='')}/leave",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def read_own_data() -> Call[VolunteerAnswer]:
    """Show your own data as a volunteer. The read is recorded."""
    return Call("GET", "/v1/me")
