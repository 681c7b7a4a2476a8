"""Signing in and out, and passwords: without a key, or in a session of the account itself."""

from dataclasses import replace
from math import ceil
from time import monotonic
from typing import Annotated, Final
from uuid import uuid4

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.gateway.access.account_record import AccountRecord
from services.gateway.access.one_time_codes import hash_code
from services.gateway.access.password_rules import find_weakness
from services.gateway.access.passwords import HashingBusyError
from services.gateway.access.scopes import new_session_token
from services.gateway.access.session_record import SessionRecord
from services.gateway.backend import Backend, TheBackend
from services.gateway.features.accounts.answer import (
    NewSession,
    Session,
    SignInAccount,
    show_account,
    show_new_session,
    show_session,
)
from services.gateway.features.accounts.request import ChangePasswordIn, PasswordIn, SessionIn
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import SignedIn
from services.gateway.http.bodies import json_body
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.problems import Problem, not_found
from services.gateway.http.replies import reply, reply_created
from shared.contracts.access import Actor
from shared.engine.decide.schema import Document
from shared.runtime.audit import build_row
from shared.runtime.metrics import count_refused

router = APIRouter(tags=["accounts"])
_BUSY_SECONDS: Final = 2
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="lianshan"'}


@router.post("/v1/sessions", **describe(NewSession, body=SessionIn, new=True))
@may_answer(401, 429, 500, 503)
async def sign_in(
    request: Request, backend: TheBackend, asked: Annotated[SessionIn, Depends(json_body(SessionIn))]
) -> Response:
    """Sign in. `token` counts as a bearer token from now on, until the session ends.

    An unknown name and a wrong password are answered alike. After some attempts that fail the next ones wait (429).
    """
    _admit_attempt(request, backend, asked.name)
    account = await backend.accounts.find_by_name(asked.name)
    if not await _verify(request, backend, asked.name, account, asked.password) or account is None:
        raise Problem(401, "unauthorized", "name_or_password_wrong", headers=_CHALLENGE)
    sessions, token = backend.accounts.sessions, new_session_token()
    session_id = f"session_{uuid4().hex[:20]}"
    session = SessionRecord.begin(session_id, token, account, sessions.now(), sessions.limits.life)
    if not await backend.accounts.begin_session(
        account, session, _row(request, backend, account.actor, "BeginSession")
    ):
        raise Problem(401, "unauthorized", "name_or_password_wrong", headers=_CHALLENGE)
    return reply_created(show_new_session(session, sessions.limits.idle, token), f"/v1/sessions/{session_id}")


@router.get("/v1/sessions", **describe(Listed[Session]))
async def list_sessions(grant: SignedIn, backend: TheBackend) -> Response:
    """List your own sessions that have not ended: ten at most."""
    sessions = backend.accounts.sessions
    found = await sessions.list_of(grant.actor.id)
    items = [show_session(each, sessions.limits.idle, grant.session_id) for each in found]
    return reply(Listed[Session](items=items, next=None))


@router.delete("/v1/sessions/{session_id}", status_code=204)
async def end_session(request: Request, session_id: str, grant: SignedIn, backend: TheBackend) -> Response:
    """End one of your own sessions: sign out."""
    row = _row(request, backend, grant.actor, "EndSession")
    if not await backend.accounts.sessions.end(grant.actor.id, session_id, row):
        raise not_found("session", session_id)
    return Response(status_code=204)


@router.delete("/v1/sessions", status_code=204)
async def end_sessions(request: Request, grant: SignedIn, backend: TheBackend) -> Response:
    """End all your sessions, this one as well."""
    await backend.accounts.sessions.end_all(grant.actor.id, _row(request, backend, grant.actor, "EndSessions"))
    return Response(status_code=204)


@router.post("/v1/passwords", **describe(SignInAccount, body=PasswordIn))
@may_answer(403, 500, 503)
async def set_password(
    request: Request, backend: TheBackend, asked: Annotated[PasswordIn, Depends(json_body(PasswordIn))]
) -> Response:
    """Set a password by the one-time code of an account, which ends with it. Sessions that there were end."""
    hashed = hash_code(asked.code)
    account = None if hashed is None else await backend.accounts.find_by_code(hashed)
    if account is None:
        raise Problem(403, "not_allowed", "code_not_valid", field="code")
    made = await _hash(backend, account, asked.password, "password")
    if not await backend.accounts.set_password(account, made, _row(request, backend, account.actor, "SetPassword")):
        raise Problem(403, "not_allowed", "code_not_valid", field="code")
    return reply(show_account(replace(account, password=made, code_ends_at=None)))


@router.post("/v1/accounts/{account_id}/change-password", **describe(SignInAccount, body=ChangePasswordIn))
@may_answer(409)
async def change_password(
    request: Request,
    account_id: str,
    grant: SignedIn,
    backend: TheBackend,
    asked: Annotated[ChangePasswordIn, Depends(json_body(ChangePasswordIn))],
) -> Response:
    """Change your own password. All your sessions end but this one."""
    account = await backend.accounts.find(account_id, {}) if account_id == grant.actor.id else None
    if account is None or grant.session_id is None:
        raise not_found("sign_in_account", account_id)
    _admit_attempt(request, backend, account.name)
    if not await _verify(request, backend, account.name, account, asked.password):
        raise Problem(403, "not_allowed", "password_wrong", field="password")
    made = await _hash(backend, account, asked.new_password, "new_password")
    row = _row(request, backend, grant.actor, "ChangePassword")
    if not await backend.accounts.change_password(account, made, row, kept=grant.session_id):
        raise Problem(409, "conflict", "account_changed_meanwhile")
    return reply(show_account(replace(account, password=made, code_ends_at=None)))


def _row(request: Request, backend: Backend, person: Actor, act: str) -> Document:
    correlation = request.scope["state"]["correlation"]
    areas = [person.area] if person.area else []
    return build_row(person, act, [person.id], backend.accounts.now(), areas=areas, correlation=correlation)


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _admit_attempt(request: Request, backend: Backend, name: str) -> None:
    """Raise Problem (429) for an attempt that comes too early after others that failed."""
    wait = ceil(backend.delays.admit(name, _address(request), monotonic()))
    if wait > 0:
        retry = {"Retry-After": str(wait)}
        raise Problem(429, "too_many_requests", "sign_in_delayed", headers=retry, seconds=wait)


async def _verify(request: Request, backend: Backend, name: str, account: AccountRecord | None, password: str) -> bool:
    """Return whether the password is the account's; the same work without an account."""
    try:
        right = await backend.passwords.verify(None if account is None else account.password, password)
    except HashingBusyError:
        backend.delays.withdraw(name, _address(request))
        raise _busy() from None
    if right:
        backend.delays.succeed(name, _address(request))
    else:
        count_refused("gateway", "sign_in", "name_or_password_wrong")
    return right


async def _hash(backend: Backend, account: AccountRecord, password: str, field: str) -> str:
    """Return the hash of a new password. Raises Problem: 422 for a weak one, 503 where too many wait."""
    if (weakness := find_weakness(password, account.name)) == "password_like_name":
        raise Problem(422, "invalid", "password_like_name", field=field)
    if weakness is not None:
        raise Problem(422, "invalid", "password_too_common", field=field)
    try:
        return await backend.passwords.hash(password)
    except HashingBusyError:
        raise _busy() from None


def _busy() -> Problem:
    return Problem(503, "unavailable", "sign_in_busy", headers={"Retry-After": str(_BUSY_SECONDS)})
