"""Notices (通知) to volunteers, and their choice."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.dispatch.view import DispatchView
from services.gateway.features.notices.answer import NoticeAnswer, NoticeChoiceAnswer, notice_from_owner
from services.gateway.features.notices.request import NoticeChoiceIn
from services.gateway.features.people.view import VolunteerView
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import Reader, allows
from services.gateway.http.bodies import build_command, json_body
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.parameters import ExpectedVersion, RequestOrigin, Several
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from shared.contracts.access import Actor
from shared.contracts.messages import ID_PATTERN
from shared.contracts.volunteering import notices as contract
from shared.contracts.volunteering.notices import ChooseNotices, NoticeState, ReadNoticeChoice, ReadNotices

router = APIRouter(tags=["notices"])
OfDispatch = Annotated[str, Query(max_length=64, pattern=ID_PATTERN)]


@router.get("/v1/notices", **describe(Listed[NoticeAnswer]))
@may_answer(404)
async def list_notices(
    caller: Reader, backend: TheBackend, dispatch_id: OfDispatch, state: Several[NoticeState] = ()
) -> Response:
    """List the notices of one dispatch, oldest first, at most five: one of each template.

    Their volunteer's name and telephone are not among them.
    """
    view = await backend.views.one(DispatchView, dispatch_id, caller)
    found = None if view is None else await backend.queries.ask(ReadNotices(dispatch_id=dispatch_id))
    if found is None:
        raise not_found("dispatch", dispatch_id)
    items = [notice_from_owner(notice) for notice in found.items if not state or notice.state in state]
    return reply(Listed[NoticeAnswer](items=items, next=None))


@router.get("/v1/volunteers/{volunteer_id}/notices", **describe(NoticeChoiceAnswer))
async def read_notice_choice(volunteer_id: str, caller: Reader, backend: TheBackend) -> Response:
    """Show whether the volunteer is sent notices; somebody who has chosen nothing is sent them."""
    if await backend.views.one(VolunteerView, volunteer_id, caller) is None:
        raise not_found("volunteer", volunteer_id)
    found = await backend.queries.ask(ReadNoticeChoice(volunteer_id=volunteer_id))
    return reply(NoticeChoiceAnswer.model_validate(found.model_dump(), extra="ignore"))


@router.post("/v1/volunteers/{volunteer_id}/notices", **describe(NoticeChoiceAnswer, body=NoticeChoiceIn))
async def choose_notices(
    volunteer_id: str,
    _caller: Annotated[Actor, Depends(allows(ChooseNotices))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    choice: Annotated[NoticeChoiceIn, Depends(json_body(NoticeChoiceIn))],
) -> Response:
    """Have a volunteer sent notices or none. Where none are wanted, the station calls about offers instead."""
    command = build_command(ChooseNotices, volunteer_id=volunteer_id, expected_version=expected, **dict(choice))
    answer = await backend.commands.send(command, contract.NoticeChoiceAnswer, origin)
    return reply(NoticeChoiceAnswer.model_validate(answer.model_dump(), extra="ignore"))
