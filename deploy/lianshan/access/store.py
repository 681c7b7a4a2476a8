"""Users and roles on MongoDB. They stand in the database `admin`, where an address looks for its user by default."""

from collections.abc import Callable, Iterator, Mapping, Sequence
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


class Resource(TypedDict):
    """A collection of a database; an empty one is the database itself."""

    db: str
    collection: str


class Privilege(TypedDict):
    """The actions that a role grants on a resource."""

    resource: Resource
    actions: list[str]


@dataclass(frozen=True)
class UserChange:
    """A command of MongoDB that creates or corrects a user."""

    command: Literal["createUser", "updateUser"]
    user: str
    password: str
    roles: Sequence[Role]

    def run(self, client: Client) -> None:
        """Run it."""
        client.admin.command(self.command, self.user, pwd=self.password, roles=list(self.roles))

    def describe(self) -> str:
        """Return it in words, without the password."""
        return f"MongoDB user {self.user}"


@dataclass(frozen=True)
class RoleChange:
    """A command of MongoDB that creates or corrects the role that one user has of its own, under the user's name."""

    command: Literal["createRole", "updateRole"]
    role: str
    privileges: Sequence[Privilege]

    def run(self, client: Client) -> None:
        """Run it."""
        client.admin.command(self.command, self.role, privileges=list(self.privileges), roles=[])

    def describe(self) -> str:
        """Return it in words."""
        return f"MongoDB role {self.role}"


Change = UserChange | RoleChange


def find_differences(
    uri: str, wanted: Sequence[Rights], named: Callable[[str], str], password: Callable[[str], str], prefix: str
) -> list[Change]:
    """Return the changes that would make the users, and the roles of their own, as wanted. Raises AccessError.

    `named` returns a user's name in MongoDB, `password` its password; `prefix` begins the databases' names.
    """
    with _open_as_administrator(uri) as client:
        found = client.admin.command("usersInfo")["users"]
        roles_found = client.admin.command("rolesInfo", 1, showPrivileges=True)["roles"]
    seen: dict[str, list[Role]] = {row["user"]: row["roles"] for row in found}
    granted: dict[str, list[Privilege]] = {row["role"]: row["privileges"] for row in roles_found}
    # The roles first: a user is given them.
    changes: list[Change] = [
        change for one in wanted if one.actions and (change := _compare_role(one, named(one.user), prefix, granted))
    ]
    for one in wanted:
        name, word = named(one.user), password(one.user)
        roles = _make_roles(one, name, prefix)
        if name not in seen:
            changes.append(UserChange("createUser", name, word, roles))
        # MongoDB shows no hash of a password, so it is tried.
        elif _sort(seen[name]) != _sort(roles) or not _lets_in(uri, name, word):
            changes.append(UserChange("updateUser", name, word, roles))
    return changes


def _compare_role(one: Rights, name: str, prefix: str, granted: Mapping[str, list[Privilege]]) -> RoleChange | None:
    wanted = [
        Privilege(resource=Resource(db=f"{prefix}{database}", collection=collection), actions=list(actions))
        for database, found in one.actions.items()
        for collection, actions in found.items()
    ]
    if name not in granted:
        return RoleChange("createRole", name, wanted)
    same = _sort_privileges(granted[name]) == _sort_privileges(wanted)
    return None if same else RoleChange("updateRole", name, wanted)


def _sort_privileges(privileges: Sequence[Privilege]) -> list[tuple[str, str, list[str]]]:
    return sorted(
        (each["resource"]["db"], each["resource"]["collection"], sorted(each["actions"])) for each in privileges
    )


def apply_changes(uri: str, changes: Sequence[Change]) -> None:
    """Run the changes. Raises AccessError."""
    with _open_as_administrator(uri) as client:
        for change in changes:
            change.run(client)


def describe(changes: Sequence[Change]) -> list[str]:
    """Return the changes in words, without a password."""
    return [change.describe() for change in changes]


def _make_roles(one: Rights, name: str, prefix: str) -> list[Role]:
    own: list[Role] = [
        {"role": role, "db": f"{prefix}{name}"} for name, roles in one.databases.items() for role in roles
    ]
    of_its_own = [name] if one.actions else []
    return [*own, *(Role(role=role, db="admin") for role in (*one.cluster, *of_its_own))]


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
