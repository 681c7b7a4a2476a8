"""Users and roles on MongoDB. They stand in the database `admin`, where an address looks for its user by default."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal, TypedDict

from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError

from deploy.lianshan.access.broker import AccessError
from deploy.lianshan.access.rights import Rights
from deploy.lianshan.stores import Client

AUTHENTICATION_FAILED: Final = 18
MILLISECONDS: Final = 10_000


class Role(TypedDict):
    """A role in a database."""

    role: str
    db: str


@dataclass(frozen=True)
class UserChange:
    """A command of MongoDB that creates or corrects a user."""

    command: Literal["createUser", "updateUser"]
    user: str
    password: str
    roles: Sequence[Role]


def find_differences(
    uri: str, wanted: Sequence[Rights], named: Callable[[str], str], password: Callable[[str], str], prefix: str
) -> list[UserChange]:
    """Return the changes that would make the users as wanted. Raises AccessError.

    `named` returns a user's name in MongoDB, `password` its password; `prefix` begins the databases' names.
    """
    with _open_as_administrator(uri) as client:
        found = client.admin.command("usersInfo")["users"]
    seen: dict[str, list[Role]] = {row["user"]: row["roles"] for row in found}
    changes = []
    for one in wanted:
        name, word = named(one.user), password(one.user)
        roles = _make_roles(one, prefix)
        if name not in seen:
            changes.append(UserChange("createUser", name, word, roles))
        # MongoDB shows no hash of a password, so it is tried.
        elif _sort(seen[name]) != _sort(roles) or not _lets_in(uri, name, word):
            changes.append(UserChange("updateUser", name, word, roles))
    return changes


def apply_changes(uri: str, changes: Sequence[UserChange]) -> None:
    """Run the changes. Raises AccessError."""
    with _open_as_administrator(uri) as client:
        for change in changes:
            client.admin.command(change.command, change.user, pwd=change.password, roles=list(change.roles))


def describe(changes: Sequence[UserChange]) -> list[str]:
    """Return the changes in words, without a password."""
    return [f"MongoDB user {change.user}" for change in changes]


def _make_roles(one: Rights, prefix: str) -> list[Role]:
    own: list[Role] = [
        {"role": role, "db": f"{prefix}{name}"} for name, roles in one.databases.items() for role in roles
    ]
    return [*own, *(Role(role=role, db="admin") for role in one.cluster)]


def _sort(roles: Sequence[Role]) -> list[tuple[str, str]]:
    return sorted((role["db"], role["role"]) for role in roles)


@contextmanager
def _open_as_administrator(uri: str) -> Iterator[Client]:
    try:
        with _make_client(uri) as client:
            yield client
    except (OperationFailure, ConfigurationError) as error:
        raise AccessError(
            f"LIANSHAN_MONGO_URI: MongoDB does not let this user change users ({error}): name an administrator, with "
            "its password and authSource"
        ) from None
    except PyMongoError as error:
        raise AccessError(f"LIANSHAN_MONGO_URI: MongoDB does not answer: {error}") from None


def _lets_in(uri: str, name: str, password: str) -> bool:
    try:
        with _make_client_as(uri, name, password) as client:
            client.admin.command("ping")
    except OperationFailure as error:
        if error.code == AUTHENTICATION_FAILED:
            return False
        raise AccessError(f"LIANSHAN_MONGO_URI: MongoDB does not check the password of {name}: {error}") from None
    return True


def _make_client(uri: str) -> Client:
    return Client(
        uri, serverSelectionTimeoutMS=MILLISECONDS, connectTimeoutMS=MILLISECONDS, socketTimeoutMS=MILLISECONDS
    )


def _make_client_as(uri: str, user: str, password: str) -> Client:
    return Client(
        uri, username=user, password=password, authSource="admin", serverSelectionTimeoutMS=MILLISECONDS,
        connectTimeoutMS=MILLISECONDS, socketTimeoutMS=MILLISECONDS,
    )  # fmt: skip
