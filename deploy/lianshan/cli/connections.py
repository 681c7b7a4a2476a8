"""Where the stack's parts answer, and connections to them for the time of one command."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import Field

from deploy.lianshan.cli.output import EXIT_NOT_UP, describe_mongo_error, fail
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.state import StackAddresses, read_addresses
from shared.runtime.settings import ServerSettings, load

if TYPE_CHECKING:
    from amqp import Connection

    from deploy.lianshan.stores import Stores
    from shared.runtime.vault import Vault

STORE_MILLISECONDS: Final = 5000
HEARTBEAT_SECONDS: Final = 60
"""RabbitMQ's own default. A command sends no heartbeats while it examines the stores: a service's eight seconds would
end its connection.
"""


class CommandSettings(ServerSettings):
    """The settings of the commands, read from the environment."""

    gateway_url: str = ""
    management_url: str = Field(default="", repr=False)
    """RabbitMQ's HTTP API."""
    admin_token: str = Field(default="", repr=False)
    mcp_key: str = Field(default="", repr=False)
    """The key with which `lianshan mcp` acts on standard input and output."""
    data_key: str = Field(default="", repr=False)
    """Opens and seals failed messages and backups' keys."""
    database_prefix: str = ""
    erasures_file: Path | None = None
    """The file of the journal of erasures, outside the backups."""
    backup_days: int = Field(default=90, ge=1, le=3650)
    """The age in days from which a backup is too old to be kept."""


@dataclass(frozen=True)
class Addresses:
    """Where the parts of the stack answer; empty where nothing names one."""

    gateway_url: str
    admin_token: str
    amqp_uri: str
    mongo_uri: str


def find_addresses(var: Path | None) -> Addresses:
    """Return the addresses of the running stack, or of the servers that the environment names.

    Fails with EXIT_NOT_UP where there are neither.
    """
    folder = Folder.here(var)
    known = read_addresses(folder) or StackAddresses(gateway_url="", admin_token="", amqp_uri="", mongo_uri="")
    settings = load(CommandSettings)
    # For the API the environment comes first: it may name another platform. The servers are those of the stack, where
    # one runs here: it was started with LIANSHAN_AMQP_URI and LIANSHAN_MONGO_URI.
    found = Addresses(
        gateway_url=settings.gateway_url or known["gateway_url"],
        admin_token=settings.admin_token or known["admin_token"],
        amqp_uri=known["amqp_uri"] or settings.amqp_uri or "",
        mongo_uri=known["mongo_uri"] or settings.mongo_uri or "",
    )
    if not any((found.gateway_url, found.amqp_uri, found.mongo_uri)):
        fail(f"no stack is up in {folder.root}: start one with `lianshan up`, or name another with --var.", EXIT_NOT_UP)
    return found


def require(value: str, variable: str) -> str:
    """Return the value, or fail and name the variable that would give it."""
    return value or fail(f"{variable} is not known: set it, or start a stack with `lianshan up`.", EXIT_NOT_UP)


def find_mongo_uri(var: Path | None) -> str:
    """Return the address of MongoDB, or fail."""
    return require(find_addresses(var).mongo_uri, "LIANSHAN_MONGO_URI")


def find_amqp_uri(var: Path | None) -> str:
    """Return the address of RabbitMQ, or fail."""
    return require(find_addresses(var).amqp_uri, "LIANSHAN_AMQP_URI")


def find_gateway(var: Path | None) -> tuple[str, str]:
    """Return the address of the gateway and the administrator's key, or fail."""
    found = find_addresses(var)
    return require(found.gateway_url, "LIANSHAN_GATEWAY_URL"), require(found.admin_token, "LIANSHAN_ADMIN_TOKEN")


def find_vault(var: Path | None) -> "Vault":
    """Return the vault of the stack's key ring, or of that which LIANSHAN_DATA_KEY holds; fail where there is none."""
    from deploy.lianshan.backup import Keys  # noqa: PLC0415 - slow to import

    vault = Keys.of_stack(Folder.here(var)).vault
    return vault or fail("LIANSHAN_DATA_KEY holds no key ring: set it, or name its file by LIANSHAN_DATA_KEY_FILE.")


def database_prefix() -> str:
    """Return the part of the databases' names before the service's."""
    return load(CommandSettings).database_prefix


@contextmanager
def open_broker(uri: str) -> Iterator["Connection"]:
    """Open a connection to RabbitMQ, closed at the end; fails in one line where there is none."""
    from shared.engine.amqp.broker import BrokerUnreachableError, close_quietly, connect  # noqa: PLC0415 - slow to import

    try:
        connection = connect(uri, "lianshan command", HEARTBEAT_SECONDS)
    except BrokerUnreachableError as error:
        fail(f"LIANSHAN_AMQP_URI: {error}")
    try:
        yield connection
    finally:
        close_quietly(connection)


@contextmanager
def open_platform(uri: str, *, writing: bool = False) -> Iterator["Stores"]:
    """Open the platform's stores, closed at the end; fails in one line at the first refusal of MongoDB.

    Fails for `writing` where another release line wrote one of them, and names the remedy.
    """
    from pymongo.errors import PyMongoError  # noqa: PLC0415 - slow to import

    from deploy.lianshan.stores import SERVICES, open_stores  # noqa: PLC0415
    from shared.engine.store.release_mark import find_foreign  # noqa: PLC0415

    try:
        with open_stores(uri, database_prefix(), milliseconds=STORE_MILLISECONDS) as stores:
            foreign = (find_foreign(stores.of(service)) for service in SERVICES) if writing else iter(())
            if why := next(filter(None, foreign), None):
                fail(why)
            yield stores
    except PyMongoError as error:
        fail(describe_mongo_error(error))
