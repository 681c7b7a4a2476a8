"""Answers about accounts and sessions."""

from datetime import datetime, timedelta
from typing import Annotated, TypedDict

from pydantic import AwareDatetime, Field

from services.gateway.access.account_record import AccountRecord, AccountState
from services.gateway.access.session_record import SessionRecord
from services.gateway.http.answers import Answer
from shared.contracts.access.actor import RoleName
from shared.contracts.messages import OPEN


class SignInAccount(Answer):
    """An account with its scope and state."""

    id: str
    name: str = Field(description="The name to sign in by.")
    roles: list[RoleName]
    area: str | None = Field(description="The area that the account reaches; null: everywhere.")
    volunteer_id: str | None = Field(description="The volunteer whose own account it is; null: of nobody.")
    state: Annotated[AccountState, OPEN]
    created_at: AwareDatetime
    code_ends_at: AwareDatetime | None = Field(description="The end of its one-time code; null: there is none.")


class NewSignInAccount(SignInAccount):
    """An account with a one-time code, for its person to set a password by."""

    code: str | None = Field(description="Shown this once; null when the request was repeated.")


class Session(Answer):
    """A session of an account."""

    id: str
    account_id: str = Field(description="The id of the account.")
    begun_at: AwareDatetime = Field(description="The instant of signing in.")
    used_at: AwareDatetime = Field(description="The instant of its last use, to the minute.")
    idle_ends_at: AwareDatetime = Field(description="The instant at which it ends unless it is used before.")
    ends_at: AwareDatetime = Field(description="The instant at which it ends at the latest.")
    current: bool = Field(description="Whether it is the session that asks.")


class NewSession(Session):
    """A session that begins, with its token and scope."""

    token: str = Field(description="Send it as `Authorization: Bearer TOKEN`. Shown this once.")
    roles: list[RoleName]
    area: str | None = Field(description="The area that the account reaches; null: everywhere.")


class _ShownAccount(TypedDict):
    """The fields of both answers: all of them set, because only fields that are set are written."""

    id: str
    name: str
    roles: list[str]
    area: str | None
    volunteer_id: str | None
    state: AccountState
    created_at: datetime
    code_ends_at: datetime | None


class _ShownSession(TypedDict):
    id: str
    account_id: str
    begun_at: datetime
    used_at: datetime
    idle_ends_at: datetime
    ends_at: datetime
    current: bool


def show_account(record: AccountRecord) -> SignInAccount:
    """Return the account as lists show it."""
    return SignInAccount(**_account(record))


def show_new_account(record: AccountRecord, code: str | None) -> NewSignInAccount:
    """Return the account with its code, the first time alone."""
    return NewSignInAccount(**_account(record), code=code)


def show_session(record: SessionRecord, idle: timedelta, asking: str | None = None) -> Session:
    """Return the session as lists show it; `asking` is the id of the session that asks."""
    return Session(**_session(record, idle, asking))


def show_new_session(record: SessionRecord, idle: timedelta, token: str) -> NewSession:
    """Return the session with its token."""
    return NewSession(
        **_session(record, idle, record.id), token=token, roles=sorted(record.roles), area=record.area or None
    )


def _account(record: AccountRecord) -> _ShownAccount:
    return _ShownAccount(
        id=record.id,
        name=record.name,
        roles=sorted(record.roles),
        area=record.area or None,
        volunteer_id=record.volunteer_id,
        state=record.state,
        created_at=record.created_at,
        code_ends_at=record.code_ends_at,
    )


def _session(record: SessionRecord, idle: timedelta, asking: str | None) -> _ShownSession:
    return _ShownSession(
        id=record.id,
        account_id=record.account_id,
        begun_at=record.begun_at,
        used_at=record.used_at,
        idle_ends_at=record.idle_ends_at(idle),
        ends_at=record.ends_at,
        current=record.id == asking,
    )
