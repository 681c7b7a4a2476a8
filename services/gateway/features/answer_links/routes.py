"""The issue of an answer link, by the holders of keys."""

import secrets
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.http.answers import Answer
from services.gateway.http.authentication import allows
from services.gateway.http.bodies import EmptyBody, build_command, json_body
from services.gateway.http.documented import describe
from services.gateway.http.parameters import RequestOrigin
from services.gateway.http.replies import reply
from shared.contracts.access import Actor
from shared.contracts.messages import Instant
from shared.contracts.volunteering.answer_links import IssueAnswerLink, IssuedLink, hash_token, make_token

router = APIRouter(tags=["dispatches"])
TOKEN_BYTES: Final = 18
"""144 random bits, 24 characters: short enough for a message."""


class AnswerLinkAnswer(Answer):
    """A link by which the volunteer answers without an account, to be shown or printed."""

    dispatch_id: str
    path: str | None = Field(
        description="The page on this gateway, with the token: for the volunteer alone. Shown once; null when repeated."
    )
    ends_at: Instant = Field(description="When the link ends at the latest; it ends with its dispatch.")


@router.post("/v1/dispatches/{dispatch_id}/answer-link", **describe(AnswerLinkAnswer, body=EmptyBody, optional=True))
async def issue_answer_link(
    dispatch_id: str,
    _caller: Annotated[Actor, Depends(allows(IssueAnswerLink))],
    backend: TheBackend,
    origin: RequestOrigin,
    _: Annotated[EmptyBody, Depends(json_body(EmptyBody, optional=True))],
) -> Response:
    """Issue a link by which the volunteer answers on a phone, without an account, until the service is over.

    The holder of the link answers in the volunteer's place, for this dispatch alone. Ten links of a dispatch are valid
    at once: the oldest ends. The same request again answers without the path: nothing keeps the token. Issue another
    link then.
    """
    token = make_token(secrets.token_bytes(TOKEN_BYTES))
    command = build_command(IssueAnswerLink, dispatch_id=dispatch_id, link_id=hash_token(token))
    issued = await backend.commands.send(command, IssuedLink, origin)
    path = f"/a/{token}" if issued.link_id == command.link_id else None
    return reply(AnswerLinkAnswer(dispatch_id=issued.dispatch_id, path=path, ends_at=issued.ends_at))
