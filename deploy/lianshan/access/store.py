"""Users and roles on MongoDB. They live in `admin`, where an address looks for its user by default."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from pymongo import MongoClient
from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError

from deploy.lianshan.access.broker import AccessError
from deploy.lianshan.access.rights import Rights

AUTHENTICATION_FAILED: Final = 18
MILLISECONDS: Final = 10_000

Client = MongoClient[dict[str, Any]]


def difference(
    uri: str, wanted: Sequence[Rights], named: Callable[[str], str], password: Callable[[str], str], prefix: str
) -> list[dict[str, Any]]:
    """The commands that would make the users as wanted. Raises AccessError."""
    with _administrator(uri) as client:
        found = client.admin.command("usersInfo")["users"]
    seen = {row["user"]: row["roles"] for row in found}
    commands: list[dict[str, Any]] = []
    for one in wanted:
        name, word = named(one.user), password(one.user)
        roles = _roles(one, prefix)
        if name not in seen:
            commands.append({"createUser": name, "pwd": word, "roles": roles})
        elif _sorted(seen[name]) != _sorted(roles) or not _lets_in(uri, name, word):
            commands.append({"updateUser": name, "pwd": word, "roles": roles})
    return commands


def apply(uri: str, commands: Sequence[dict[str, Any]]) -> None:
    """Run them. Raises AccessError."""
    with _administrator(uri) as client:
        for command in commands:
            client.admin.command(command)


def told(commands: Sequence[dict[str, Any]]) -> list[str]:
    """The commands in words."""
    return [f"MongoDB user {command.get('createUser') or command['updateUser']}" for command in commands]


def _roles(one: Rights, prefix: str) -> list[dict[str, str]]:
    own = [{"role": role, "db": f"{prefix}{name}"} for name, roles in one.databases.items() for role in roles]
    return [*own, *({"role": role, "db": "admin"} for role in one.cluster)]


def _sorted(roles: Sequence[dict[str, str]]) -> list[tuple[str, str]]:
    return sorted((role["db"], role["role"]) for role in roles)


@contextmanager
def _administrator(uri: str) -> Iterator[Client]:
    try:
        with _client(uri) as client:
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
        with _client(uri, username=name, password=password, authSource="admin") as client:
            client.admin.command("ping")
    except OperationFailure as error:
        if error.code == AUTHENTICATION_FAILED:
            return False
        raise AccessError(f"LIANSHAN_MONGO_URI: MongoDB does not check the password of {name}: {error}") from None
    return True


def _client(uri: str, **login: Any) -> Client:
    return Client(
        uri,
        serverSelectionTimeoutMS=MILLISECONDS,
        connectTimeoutMS=MILLISECONDS,
        socketTimeoutMS=MILLISECONDS,
        **login,
    )
