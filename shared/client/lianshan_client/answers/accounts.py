"""Answers of accounts: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import Literal, TypedDict


class NewSession(TypedDict):
    """A session that begins, with its token and scope."""

    id: str
    account_id: str
    begun_at: str
    used_at: str
    idle_ends_at: str
    ends_at: str
    current: bool
    token: str
    roles: list[str]
    area: str | None


class NewSignInAccount(TypedDict):
    """An account with a one-time code, for its person to set a password by."""

    id: str
    name: str
    roles: list[str]
    area: str | None
    volunteer_id: str | None
    state: AccountState | str
    created_at: str
    code_ends_at: str | None
    code: str | None


class Session(TypedDict):
    """A session of an account."""

    id: str
    account_id: str
    begun_at: str
    used_at: str
    idle_ends_at: str
    ends_at: str
    current: bool


class SessionPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Session]
    next: str | None


class SignInAccount(TypedDict):
    """An account with its scope and state."""

    id: str
    name: str
    roles: list[str]
    area: str | None
    volunteer_id: str | None
    state: AccountState | str
    created_at: str
    code_ends_at: str | None


class SignInAccountPage(TypedDict):
    """A page of a list, newest first."""

    items: list[SignInAccount]
    next: str | None


AccountState = Literal["new", "active", "suspended", "ended"] | str
