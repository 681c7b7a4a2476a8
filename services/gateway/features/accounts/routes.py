"""Accounts: made, listed, suspended and ended by those who may, within their area and their own permissions."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.gateway.access.account_record import AccountRecord, permissions_beyond
from services.gateway.access.one_time_codes import LIFE, new_code
from services.gateway.access.scopes import VOLUNTEER, valid_scope
from services.gateway.backend import Backend, TheBackend
from services.gateway.features.accounts.answer import (
    NewSignInAccount,
    Session,
    SignInAccount,
    show_account,
    show_new_account,
    show_session,
)
from services.gateway.features.accounts.request import AccountIn
from services.gateway.features.people.view import VolunteerView
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import check_area, needs
from services.gateway.http.bodies import EmptyBody, json_body
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.parameters import After, InArea, Limit, RequestOrigin
from services.gateway.http.problems import Problem, not_found
from services.gateway.http.replies import reply, reply_created
from services.gateway.messaging.commands import Origin
from services.gateway.reading.areas import within
from services.gateway.reading.cursors import encode_cursor
from services.gateway.reading.views import last_id
from shared.contracts.access import Actor, permissions_of
from shared.engine.decide.schema import Document
from shared.runtime.audit import build_row

AccountManager = Annotated[Actor, Depends(needs("accounts:manage"))]
NoBody = Annotated[EmptyBody, Depends(json_body(EmptyBody, optional=True))]
router = APIRouter(tags=["accounts"])


@router.post("/v1/accounts", **describe(NewSignInAccount, body=AccountIn, new=True))
@may_answer(404, 409)
async def make_account(
    caller: AccountManager,
    backend: TheBackend,
    origin: RequestOrigin,
    asked: Annotated[AccountIn, Depends(json_body(AccountIn))],
) -> Response:
    """Make a sign-in account for a person, who sets the password by the one-time `code` within 72 hours.

    The code is shown this once; a repeated request answers without it.
    """
    roles = frozenset(asked.roles)
    area = await _find_area(caller, backend, asked)
    _check_beyond(caller, roles)
    (code, hashed), now = new_code(), backend.accounts.now()
    account_id = f"account_{origin.message_id()[:20]}"
    record = AccountRecord(
        id=account_id, name=asked.name, roles=roles, area=area, created_at=now, fingerprint=origin.body_digest,
        code_hash=hashed, code_ends_at=now + LIFE, volunteer_id=asked.volunteer_id,
    )  # fmt: skip
    if await backend.accounts.add(record, _row(backend, origin, "MakeAccount", record)):
        return reply_created(show_new_account(record, code), f"/v1/accounts/{account_id}")
    made = await backend.accounts.find(account_id, {})
    if made is None:
        raise Problem(409, "conflict", "account_name_taken", field="name")
    if made.fingerprint != origin.body_digest:
        raise Problem(422, "idempotency_mismatch", "key_of_another_request", field="Idempotency-Key")
    return reply_created(show_new_account(made, None), f"/v1/accounts/{account_id}")


@router.get("/v1/accounts", **describe(Listed[SignInAccount]))
async def list_accounts(
    caller: AccountManager, backend: TheBackend, limit: Limit = 50, after: After = None, area: InArea = None
) -> Response:
    """List the accounts of the area, ended ones as well."""
    if area is not None:
        check_area(caller, "accounts:manage", area)
    rule = within(area or caller.area)
    found = await backend.accounts.after(None if after is None else last_id(after), limit + 1, rule)
    following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return reply(Listed[SignInAccount](items=[show_account(each) for each in found[:limit]], next=following))


@router.get("/v1/accounts/{account_id}", **describe(SignInAccount))
async def read_sign_in_account(account_id: str, caller: AccountManager, backend: TheBackend) -> Response:
    """Show an account."""
    return reply(show_account(await _find(backend, caller, account_id)))


@router.post("/v1/accounts/{account_id}/renew-code", **describe(NewSignInAccount, body=EmptyBody, optional=True))
@may_answer(409)
async def renew_account_code(
    account_id: str, caller: AccountManager, backend: TheBackend, origin: RequestOrigin, _: NoBody
) -> Response:
    """Give an account another one-time code, for a forgotten password or a code that has ended. Shown this once.

    The present password goes on until the code is used; then all sessions end.
    """
    account = await _find_managed(backend, caller, account_id)
    (code, hashed), ends_at = new_code(), backend.accounts.now() + LIFE
    if account.state == "suspended":
        raise Problem(409, "wrong_state", "account_suspended")
    if not await backend.accounts.renew_code(
        account, hashed, ends_at, _row(backend, origin, "RenewAccountCode", account)
    ):
        raise Problem(409, "wrong_state", "account_has_ended")
    return reply(show_new_account(replace(account, code_ends_at=ends_at), code))


@router.post("/v1/accounts/{account_id}/suspend", **describe(SignInAccount, body=EmptyBody, optional=True))
@may_answer(409)
async def suspend_account(
    account_id: str, caller: AccountManager, backend: TheBackend, origin: RequestOrigin, _: NoBody
) -> Response:
    """Suspend an account: its sessions end here at once, in other replicas within seconds, and its code with them."""
    account = await _find_managed(backend, caller, account_id)
    if account.state != "suspended" and not await backend.accounts.suspend(
        account, _row(backend, origin, "SuspendAccount", account)
    ):
        raise Problem(409, "wrong_state", "account_has_ended")
    return reply(show_account(await _find(backend, caller, account_id)))


@router.post("/v1/accounts/{account_id}/resume", **describe(SignInAccount, body=EmptyBody, optional=True))
@may_answer(409)
async def resume_account(
    account_id: str, caller: AccountManager, backend: TheBackend, origin: RequestOrigin, _: NoBody
) -> Response:
    """Let the person of a suspended account sign in again, with the password as it was."""
    account = await _find_managed(backend, caller, account_id)
    if account.state == "ended":
        raise Problem(409, "wrong_state", "account_has_ended")
    if account.state == "suspended":
        await backend.accounts.resume(account, _row(backend, origin, "ResumeAccount", account))
    return reply(show_account(await _find(backend, caller, account_id)))


@router.delete("/v1/accounts/{account_id}", status_code=204)
async def end_account(account_id: str, caller: AccountManager, backend: TheBackend, origin: RequestOrigin) -> Response:
    """End an account for good, with its sessions. It stays listed, so that the audit's ids lead to it."""
    account = await _find_managed(backend, caller, account_id)
    await backend.accounts.end(account, _row(backend, origin, "EndAccount", account))
    return Response(status_code=204)


@router.get("/v1/accounts/{account_id}/sessions", **describe(Listed[Session]))
async def list_account_sessions(account_id: str, caller: AccountManager, backend: TheBackend) -> Response:
    """List the sessions of an account that have not ended: ten at most."""
    account, sessions = await _find(backend, caller, account_id), backend.accounts.sessions
    found = await sessions.list_of(account.id)
    return reply(Listed[Session](items=[show_session(each, sessions.limits.idle) for each in found], next=None))


@router.delete("/v1/accounts/{account_id}/sessions", status_code=204)
async def end_account_sessions(
    account_id: str, caller: AccountManager, backend: TheBackend, origin: RequestOrigin
) -> Response:
    """End all sessions of an account; its person may sign in again."""
    account = await _find_managed(backend, caller, account_id)
    await backend.accounts.sessions.end_all(account.id, _row(backend, origin, "EndSessions", account))
    return Response(status_code=204)


async def _find_area(caller: Actor, backend: Backend, asked: AccountIn) -> str:
    """The area of a new account: the one that it names, or its volunteer's. Raises Problem where it may have none."""
    roles, area = frozenset(asked.roles), asked.area or ""
    if asked.volunteer_id is None:
        if "agency" in roles or not valid_scope(roles, area):
            raise Problem(422, "invalid", "account_scope_impossible", field="roles")
        check_area(caller, "accounts:manage", area)
        return area
    if roles != {VOLUNTEER} or asked.area is not None:
        raise Problem(422, "invalid", "volunteer_account_alone", field="volunteer_id")
    volunteer = await backend.views.one(VolunteerView, asked.volunteer_id, caller)
    if volunteer is None:
        raise Problem(404, "not_found", "unknown_id", field="volunteer_id", kind="volunteer", id=asked.volunteer_id)
    return volunteer.area


def _row(backend: Backend, origin: Origin, act: str, account: AccountRecord) -> Document:
    areas, now = [account.area] if account.area else [], backend.accounts.now()
    return build_row(origin.actor, act, [account.id], now, areas=areas, correlation=origin.correlation)


async def _find(backend: Backend, caller: Actor, account_id: str) -> AccountRecord:
    account = await backend.accounts.find(account_id, within(caller.area))
    if account is None:
        raise not_found("sign_in_account", account_id)
    return account


async def _find_managed(backend: Backend, caller: Actor, account_id: str) -> AccountRecord:
    """The account, of which nothing may be changed by one who may do less."""
    account = await _find(backend, caller, account_id)
    _check_beyond(caller, account.roles)
    return account


def _check_beyond(caller: Actor, roles: frozenset[str]) -> None:
    if beyond := permissions_beyond(roles, permissions_of(caller)):
        raise Problem(403, "not_allowed", "account_beyond_own", field="roles", permission=", ".join(beyond))
