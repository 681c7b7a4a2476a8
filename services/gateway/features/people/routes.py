"""Volunteers (志愿者)."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.merges.identities import Known, find_known, find_person, survivor_rule
from services.gateway.features.people.answer import (
    NOBODY,
    SecondRegistrationAnswer,
    StandingAnswer,
    VolunteerAnswer,
    VolunteerPerson,
    volunteer_from_view,
)
from services.gateway.features.people.request import DisownIn, PauseIn
from services.gateway.features.people.view import VolunteerView
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import Reader, allows, check_area, may
from services.gateway.http.bodies import EmptyBody, build_command, json_body
from services.gateway.http.documented import describe
from services.gateway.http.parameters import After, ExpectedVersion, InArea, Limit, NamedBy, RequestOrigin
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply, reply_created
from services.gateway.messaging.commands import Origin
from services.gateway.reading.areas import area_rule
from services.gateway.reading.views import filters
from shared.contracts.access import Actor
from shared.contracts.catalogue.entries import Kind
from shared.contracts.messages import Command, Label
from shared.contracts.volunteering import people as contract
from shared.contracts.volunteering.checks import DisownRegistration, SecondRegistration
from shared.contracts.volunteering.dispatch import ReadStandingTerms
from shared.contracts.volunteering.people import (
    ChangeVolunteer,
    EndVolunteering,
    PauseVolunteer,
    ReadVolunteer,
    RegisterVolunteer,
    ResumeVolunteer,
    VolunteerChange,
)

router = APIRouter(tags=["volunteers"])
NoBody = Annotated[EmptyBody, Depends(json_body(EmptyBody, optional=True))]
_ACTION: Final = describe(VolunteerAnswer, body=EmptyBody, optional=True)


@router.post("/v1/volunteers", **describe(VolunteerAnswer, body=RegisterVolunteer, new=True))
async def register_volunteer(
    caller: Annotated[Actor, Depends(allows(RegisterVolunteer))],
    backend: TheBackend,
    origin: RequestOrigin,
    volunteer: Annotated[RegisterVolunteer, Depends(json_body(RegisterVolunteer))],
) -> Response:
    """Register a volunteer. Personal data stays with volunteering, encrypted."""
    check_area(caller, RegisterVolunteer.permission, volunteer.area)
    await backend.known_areas.check(volunteer.area, "area")
    answer = await backend.commands.send(volunteer, contract.VolunteerAnswer, origin)
    view = await backend.wait_for_view(VolunteerView, answer)
    # The caller has just written the name, and may read it back without the permission `personal:read`.
    body = (
        answer
        if view is None
        else backend.external_ids.name_new(
            caller, "volunteering", volunteer_from_view(view, VolunteerPerson.of(volunteer)), volunteer.external_id
        )
    )
    return reply_created(body, f"/v1/volunteers/{answer.id}")


@router.get("/v1/volunteers", **describe(Listed[VolunteerAnswer]))
async def list_volunteers(
    caller: Reader,
    backend: TheBackend,
    limit: Limit = 50,
    after: After = None,
    external_id: NamedBy = None,
    area: InArea = None,
    skill: Label | None = None,
    language: Label | None = None,
) -> Response:
    """List volunteers, newest first, without personal data: that is shown one by one only.

    A page has fewer than `limit` where ids on it were merged: the surviving one stands for them.
    """
    codes = {"skills": _code(backend, "skill", skill), "languages": _code(backend, "language", language)}
    rule = {**area_rule(caller, area), **filters(**codes)}
    mine = await backend.external_ids.rule(caller, "volunteering", "volunteer", external_id)
    mine = await survivor_rule(backend.views, mine)
    page = await backend.views.page(VolunteerView, {**rule, **mine}, limit=limit, after=after)
    known = await find_known(backend.views, [view.id for view in page.views])
    shown = [
        volunteer_from_view(view, NOBODY, person)
        for view in page.views
        if (person := known.get(view.id, Known(view.id))).id == view.id
    ]
    items = await backend.external_ids.named(caller, "volunteering", shown)
    return reply(Listed[VolunteerAnswer](items=items, next=page.next))


@router.get("/v1/volunteers/{volunteer_id}", **describe(VolunteerAnswer))
async def read_volunteer(request: Request, volunteer_id: str, caller: Reader, backend: TheBackend) -> Response:
    """Show one volunteer; personal data for keys with the permission `personal:read`, and that read is recorded.

    An id that was merged is answered with the surviving one.
    """
    known = await find_person(backend.views, volunteer_id)
    view = await backend.views.one(VolunteerView, known.id, caller)
    if view is None:
        raise not_found("volunteer", volunteer_id)
    person = NOBODY
    if may(caller, "personal:read"):
        why = f"GET {request.url.path}"
        found = await backend.queries.ask(ReadVolunteer(volunteer_id=volunteer_id), actor=caller, why=why)
        person = NOBODY if found is None else VolunteerPerson.of(found)
    shown = volunteer_from_view(view, person, known)
    return reply(await backend.external_ids.named_one(caller, "volunteering", shown))


@router.get("/v1/volunteers/{volunteer_id}/standing-acceptance", **describe(StandingAnswer))
async def read_standing_acceptance(volunteer_id: str, caller: Reader, backend: TheBackend) -> Response:
    """Show whether the volunteer may be confirmed unasked, and the bounds of that: beyond them one is asked."""
    known = await find_person(backend.views, volunteer_id)
    view = await backend.views.one(VolunteerView, known.id, caller)
    if view is None:
        raise not_found("volunteer", volunteer_id)
    terms = await backend.queries.ask(ReadStandingTerms())
    return reply(StandingAnswer(standing_acceptance=view.standing_acceptance, **terms.model_dump()))


@router.post("/v1/volunteers/{volunteer_id}/disown-registration", **describe(SecondRegistrationAnswer, body=DisownIn))
async def disown_registration(
    volunteer_id: str,
    _caller: Annotated[Actor, Depends(allows(DisownRegistration))],
    backend: TheBackend,
    origin: RequestOrigin,
    asked: Annotated[DisownIn, Depends(json_body(DisownIn))],
) -> Response:
    """State for a volunteer that a second registration is not theirs; an officer decides. It is recorded."""
    command = build_command(DisownRegistration, volunteer_id=volunteer_id, **dict(asked))
    return reply(SecondRegistrationAnswer.of(await backend.commands.send(command, SecondRegistration, origin)))


@router.post("/v1/volunteers/{volunteer_id}/change", **describe(VolunteerAnswer, body=VolunteerChange))
async def change_volunteer(
    volunteer_id: str,
    caller: Annotated[Actor, Depends(allows(ChangeVolunteer))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    change: Annotated[VolunteerChange, Depends(json_body(VolunteerChange))],
) -> Response:
    """Change a volunteer's contact or terms; null leaves a field as it is. Promises that no longer fit go to others."""
    if change.area is not None:
        check_area(caller, ChangeVolunteer.permission, change.area)
        await backend.known_areas.check(change.area, "area")
    return await _act(
        build_command(ChangeVolunteer, volunteer_id=volunteer_id, expected_version=expected, **dict(change)),
        backend,
        origin,
    )


@router.post("/v1/volunteers/{volunteer_id}/pause", **describe(VolunteerAnswer, body=PauseIn, optional=True))
async def pause_volunteer(
    volunteer_id: str,
    _caller: Annotated[Actor, Depends(allows(PauseVolunteer))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    asked: Annotated[PauseIn, Depends(json_body(PauseIn, optional=True))],
) -> Response:
    """Offer the volunteer nothing for a time; promises within that time go to others."""
    return await _act(
        build_command(PauseVolunteer, volunteer_id=volunteer_id, expected_version=expected, **dict(asked)),
        backend,
        origin,
    )


@router.post("/v1/volunteers/{volunteer_id}/resume", **_ACTION)
async def resume_volunteer(
    volunteer_id: str,
    _caller: Annotated[Actor, Depends(allows(ResumeVolunteer))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    _: NoBody,
) -> Response:
    """Have a volunteer who paused or left asked again."""
    return await _act(
        build_command(ResumeVolunteer, volunteer_id=volunteer_id, expected_version=expected), backend, origin
    )


@router.post("/v1/volunteers/{volunteer_id}/leave", **_ACTION)
async def end_volunteering(
    volunteer_id: str,
    _caller: Annotated[Actor, Depends(allows(EndVolunteering))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    _: NoBody,
) -> Response:
    """Have the volunteer leave: every promise goes to others. Hours stay, also those still to be confirmed."""
    return await _act(
        build_command(EndVolunteering, volunteer_id=volunteer_id, expected_version=expected), backend, origin
    )


async def _act(command: Command, backend: Backend, origin: Origin) -> Response:
    answer = await backend.commands.send(command, contract.VolunteerAnswer, origin)
    view = await backend.wait_for_view(VolunteerView, answer)
    return reply(answer if view is None else volunteer_from_view(view))


def _code(backend: Backend, kind: Kind, label: str | None) -> str | None:
    """Return the code of the entry that the label names; another label is taken for the code of a new one."""
    found = None if label is None else backend.catalogue.current.find(kind, label)
    return label if found is None else found.code
