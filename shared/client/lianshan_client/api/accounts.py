"""Calls of accounts: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from urllib.parse import quote

from ..answers.accounts import NewSession, NewSignInAccount, SessionPage, SignInAccount, SignInAccountPage
from ..bodies.accounts import AccountIn, ChangePasswordIn, PasswordIn, SessionIn
from ..bodies.common import EmptyBody
from ..calls import Call, Listing, new_key


def make_account(body: AccountIn, *, idempotency_key: str | None = None) -> Call[NewSignInAccount]:
    """Make a sign-in account for a person, who sets the password by the one-time `code` within 72 hours."""
    return Call("POST", "/v1/accounts", body=body, idempotency_key=idempotency_key or new_key())


def list_accounts(
    *, limit: int | None = None, after: str | int | None = None, area: str | None = None
) -> Listing[SignInAccountPage, SignInAccount]:
    """List the accounts of the area, ended ones as well."""
    return Listing("GET", "/v1/accounts", query={"limit": limit, "after": after, "area": area})


def read_sign_in_account(account_id: str) -> Call[SignInAccount]:
    """Show an account."""
    return Call("GET", f"/v1/accounts/{quote(account_id, safe='')}")


def end_account(account_id: str, *, idempotency_key: str | None = None) -> Call[None]:
    """End an account for good, with its sessions. It stays listed, so that the audit's ids lead to it."""
    return Call("DELETE", f"/v1/accounts/{quote(account_id, safe='')}", idempotency_key=idempotency_key or new_key())


def renew_account_code(
    account_id: str, body: EmptyBody | None = None, *, idempotency_key: str | None = None
) -> Call[NewSignInAccount]:
    """Give an account another one-time code, for a forgotten password or a code that has ended. Shown this once."""
    return Call(
        "POST",
        f"/v1/accounts/{quote(account_id, safe='')}/renew-code",
        body={} if body is None else body,
        idempotency_key=idempotency_key or new_key(),
    )


def suspend_account(
    account_id: str, body: EmptyBody | None = None, *, idempotency_key: str | None = None
) -> Call[SignInAccount]:
    """Suspend an account: its sessions end here at once, in other replicas within seconds, and its code with them."""
    return Call(
        "POST",
        f"/v1/accounts/{quote(account_id, safe='')}/suspend",
        body={} if body is None else body,
        idempotency_key=idempotency_key or new_key(),
    )


def resume_account(
    account_id: str, body: EmptyBody | None = None, *, idempotency_key: str | None = None
) -> Call[SignInAccount]:
    """Let the person of a suspended account sign in again, with the password as it was."""
    return Call(
        "POST",
        f"/v1/accounts/{quote(account_id, safe='')}/resume",
        body={} if body is None else body,
        idempotency_key=idempotency_key or new_key(),
    )


def list_account_sessions(account_id: str) -> Call[SessionPage]:
    """List the sessions of an account that have not ended: ten at most."""
    return Call("GET", f"/v1/accounts/{quote(account_id, safe='')}/sessions")


def end_account_sessions(account_id: str, *, idempotency_key: str | None = None) -> Call[None]:
    """End all sessions of an account; its person may sign in again."""
    return Call(
        "DELETE", f"/v1/accounts/{quote(account_id, safe='')}/sessions", idempotency_key=idempotency_key or new_key()
    )


def list_sessions() -> Call[SessionPage]:
    """List your own sessions that have not ended: ten at most."""
    return Call("GET", "/v1/sessions")


def sign_in(body: SessionIn, *, idempotency_key: str | None = None) -> Call[NewSession]:
    """Sign in. `token` counts as a bearer token from now on, until the session ends."""
    return Call("POST", "/v1/sessions", body=body, idempotency_key=idempotency_key or new_key())


def end_sessions(*, idempotency_key: str | None = None) -> Call[None]:
    """End all your sessions, this one as well."""
    return Call("DELETE", "/v1/sessions", idempotency_key=idempotency_key or new_key())


def end_session(session_id: str, *, idempotency_key: str | None = None) -> Call[None]:
    """End one of your own sessions: sign out."""
    return Call("DELETE", f"/v1/sessions/{quote(session_id, safe='')}", idempotency_key=idempotency_key or new_key())


def set_password(body: PasswordIn, *, idempotency_key: str | None = None) -> Call[SignInAccount]:
    """Set a password by the one-time code of an account, which ends with it. Sessions that there were end."""
    return Call("POST", "/v1/passwords", body=body, idempotency_key=idempotency_key or new_key())


def change_password(
    account_id: str, body: ChangePasswordIn, *, idempotency_key: str | None = None
) -> Call[SignInAccount]:
    """Change your own password. All your sessions end but this one."""
    return Call(
        "POST",
        f"/v1/accounts/{quote(account_id, safe='')}/change-password",
        body=body,
        idempotency_key=idempotency_key or new_key(),
    )
