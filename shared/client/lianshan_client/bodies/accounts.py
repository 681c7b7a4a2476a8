"""Bodies of accounts: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from .common import Role

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class AccountIn(TypedDict):
    """A sign-in account for a person. Without an area it reaches everywhere."""

    name: str
    roles: list[Role]
    area: NotRequired[str | None]
    volunteer_id: NotRequired[str | None]


class ChangePasswordIn(TypedDict):
    """Another password in the place of the present one."""

    password: str
    new_password: str


class PasswordIn(TypedDict):
    """A new password, with the one-time code of the account."""

    code: str
    password: str


class SessionIn(TypedDict):
    """The name and the password of an account."""

    name: str
    password: str
