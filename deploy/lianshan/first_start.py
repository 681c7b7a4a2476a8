"""The first start of a MongoDB that asks for passwords: it becomes a replica set and gets its administrator.

A mongod without users lets only its own host make the first one, so this runs there, or in a container that shares its
network: https://www.mongodb.com/docs/manual/core/localhost-exception/. A step that is done already is left out.
"""

import time
from dataclasses import dataclass
from typing import Final

from pymongo.errors import InvalidURI, OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from deploy.lianshan.stores import Client

LOOPBACK: Final = "127.0.0.1"
SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.2
_NOT_AUTHENTICATED: Final = 18
_NOT_ALLOWED: Final = 13
_CALL_MILLISECONDS: Final = 10_000


class FirstStartError(RuntimeError):
    """MongoDB could not be made ready; the message names the setting to correct, never the password."""


@dataclass(frozen=True)
class Wanted:
    """The replica set and the administrator that an address asks for."""

    host: str
    port: int
    replica_set: str
    user: str
    password: str

    @classmethod
    def of(cls, uri: str) -> "Wanted":
        """Read an address like mongodb://admin:password@mongo/?replicaSet=rs0. Raises FirstStartError."""
        try:
            parts = parse_uri(uri)
        except (InvalidURI, ValueError):
            raise FirstStartError("LIANSHAN_MONGO_URI: is not an address of MongoDB") from None
        replica_set = parts["options"].get("replicaSet")
        for value, part in (
            (parts["username"], "an administrator's name"),
            (parts["password"], "a password"),
            (replica_set, "replicaSet"),
        ):
            if not value:
                raise FirstStartError(
                    f"LIANSHAN_MONGO_URI: has not {part}; give mongodb://admin@host/?replicaSet=rs0, and the password "
                    "there or by LIANSHAN_MONGO_PASSWORD_FILE"
                )
        host, port = parts["nodelist"][0]
        return cls(host, port or 27017, replica_set, parts["username"], parts["password"])


def prepare(uri: str, seconds: float = SECONDS) -> list[str]:
    """Set up the mongod on this host as `uri` expects it, within the given seconds; return the steps in words.

    Raises FirstStartError.
    """
    wanted = Wanted.of(uri)
    end_at = time.monotonic() + seconds
    done = []
    try:
        with _make_client(wanted) as client:
            if "setName" not in client.admin.command("hello"):
                _initiate(client, wanted)
                done.append(f"made it the replica set {wanted.replica_set}")
            _wait_until_writable(client, wanted, end_at)
            if not _lets_administrator_in(wanted):
                _create_administrator(client, wanted)
                done.append(f"made the administrator {wanted.user}")
    except PyMongoError as error:
        raise FirstStartError(f"MongoDB on this host, port {wanted.port}, cannot be made ready: {error}") from None
    return done


def _make_client(wanted: Wanted, *, as_administrator: bool = False) -> Client:
    return Client(
        LOOPBACK,
        wanted.port,
        # It is no member of a set yet, and later the set's name for it may not lead here.
        directConnection=True,
        serverSelectionTimeoutMS=_CALL_MILLISECONDS,
        connectTimeoutMS=_CALL_MILLISECONDS,
        socketTimeoutMS=_CALL_MILLISECONDS,
        username=wanted.user if as_administrator else None,
        password=wanted.password if as_administrator else None,
    )


def _initiate(client: Client, wanted: Wanted) -> None:
    member = {"_id": 0, "host": f"{wanted.host}:{wanted.port}"}
    try:
        client.admin.command("replSetInitiate", {"_id": wanted.replica_set, "members": [member]})
    except OperationFailure as error:
        raise FirstStartError(
            f"MongoDB cannot become the replica set {wanted.replica_set}: {error.details and error.details['errmsg']}; "
            f"start it with --replSet {wanted.replica_set}, and let it reach itself as {wanted.host}"
        ) from None


def _wait_until_writable(client: Client, wanted: Wanted, end_at: float) -> None:
    while not client.admin.command("hello").get("isWritablePrimary"):
        if time.monotonic() > end_at:
            raise FirstStartError(
                f"MongoDB does not take writes as {wanted.host}:{wanted.port}; look into its log for why"
            )
        time.sleep(_PAUSE_SECONDS)


def _lets_administrator_in(wanted: Wanted) -> bool:
    try:
        with _make_client(wanted, as_administrator=True) as client:
            client.admin.command("ping")
    except OperationFailure as error:
        if error.code == _NOT_AUTHENTICATED:
            return False
        raise
    return True


def _create_administrator(client: Client, wanted: Wanted) -> None:
    try:
        client.admin.command("createUser", wanted.user, pwd=wanted.password, roles=["root"])
    except OperationFailure as error:
        # The exception for the local host ends with the first user.
        if error.code == _NOT_ALLOWED:
            raise FirstStartError(
                f"MongoDB has users already and does not let {wanted.user} in: correct LIANSHAN_MONGO_URI or "
                "LIANSHAN_MONGO_PASSWORD_FILE, or change the password there"
            ) from None
        raise
