"""What the commands share: where the stack is, how they print, how they fail."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, NoReturn, ParamSpec, TypeVar

import typer
from pydantic import Field
from rich.console import Console

from deploy.lianshan.local.folder import Folder, FolderInUseError
from deploy.lianshan.local.programs import MissingProgramError
from deploy.lianshan.local.stack import addresses
from deploy.lianshan.local.supervisor import StartFailedError
from shared.runtime.settings import ServerSettings, load

P = ParamSpec("P")
R = TypeVar("R")

Var = Annotated[
    Path | None, typer.Option("--var", help="The stack's data folder; by default LIANSHAN_VAR, else ./var.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]

EXIT_FAILED = 1
STORE_MILLIS = 5000
EXIT_NOT_UP = 3

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class CommandSettings(ServerSettings):
    """What the environment tells the commands."""

    gateway_url: str = ""
    management_url: str = Field(default="", repr=False)
    """RabbitMQ's HTTP API."""
    admin_token: str = Field(default="", repr=False)
    database_prefix: str = ""


@dataclass(frozen=True)
class Addresses:
    """Where the parts of the stack answer. Those that nobody named are empty."""

    gateway_url: str
    admin_token: str
    amqp_uri: str
    mongo_uri: str


def fail(message: str, code: int = EXIT_FAILED) -> NoReturn:
    """One clear line, then the end."""
    sys.stderr.write(f"lianshan: {message}\n")
    raise typer.Exit(code)


def where(var: Path | None) -> Addresses:
    """The addresses of the running stack, or of the environment's servers; fails in one line where there are none."""
    folder = Folder.here(var)
    known = addresses(folder) or {}
    told = load(CommandSettings)
    found = Addresses(
        gateway_url=told.gateway_url or known.get("gateway_url", ""),
        admin_token=told.admin_token or known.get("admin_token", ""),
        amqp_uri=known.get("amqp_uri") or told.amqp_uri or "",
        mongo_uri=known.get("mongo_uri") or told.mongo_uri or "",
    )
    if not any((found.gateway_url, found.amqp_uri, found.mongo_uri)):
        fail(f"no stack is up in {folder.root}: start one with `lianshan up`, or name another with --var.", EXIT_NOT_UP)
    return found


def need(value: str, variable: str) -> str:
    """The address, or a failure that says which variable would give it."""
    return value or fail(f"{variable} is not known: set it, or start a stack with `lianshan up`.", EXIT_NOT_UP)


def database_prefix() -> str:
    """What the services put before their databases' names."""
    return load(CommandSettings).database_prefix


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Turn what can go wrong with servers and files into one line and a status of 1."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (StartFailedError, FolderInUseError, MissingProgramError) as error:
            fail(str(error))
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        except OSError as error:
            fail(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        except Exception as error:
            if (told := _of_servers(error)) is None:
                raise
            fail(told)

    return wrapped


def _of_servers(error: Exception) -> str | None:
    """What a server's refusal or silence means to who gave the command; None for anything else."""
    from amqp.exceptions import AMQPError  # noqa: PLC0415 - slow to import
    from pymongo.errors import PyMongoError  # noqa: PLC0415

    from shared.engine.amqp.broker import BrokerUnreachableError  # noqa: PLC0415

    if isinstance(error, BrokerUnreachableError | AMQPError):
        return f"LIANSHAN_AMQP_URI: {error}"
    if isinstance(error, PyMongoError):
        return f"LIANSHAN_MONGO_URI: {type(error).__name__}: {str(error).partition(', Timeout')[0][:300]}"
    return None


@contextmanager
def amqp_connection(uri: str) -> Iterator[Any]:
    """A connection of this command's own, closed at the end."""
    from shared.engine.amqp.broker import BrokerUnreachableError, close_quietly, connect  # noqa: PLC0415 - slow to import

    try:
        connection = connect(uri, "lianshan command")
    except BrokerUnreachableError as error:
        fail(f"LIANSHAN_AMQP_URI: {error}")
    try:
        yield connection
    finally:
        close_quietly(connection)


@contextmanager
def mongo_client(uri: str) -> Iterator[Any]:
    """A client of this command's own, closed at the end. What MongoDB refuses ends in one line."""
    from pymongo import MongoClient  # noqa: PLC0415 - slow to import
    from pymongo.errors import PyMongoError  # noqa: PLC0415

    client: MongoClient[dict[str, Any]] = MongoClient(
        uri, tz_aware=True, appname="lianshan command", serverSelectionTimeoutMS=STORE_MILLIS
    )
    try:
        yield client
    except PyMongoError as error:
        fail(f"LIANSHAN_MONGO_URI: {type(error).__name__}: {str(error).partition(', Timeout')[0][:300]}")
    finally:
        client.close()
