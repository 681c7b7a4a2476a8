"""A private mongod: a replica set of one node, because transactions need a replica set."""

import os
import shutil
import sys
from pathlib import Path
from typing import Final

import psutil
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.lianshan.local.folder import LOOPBACK, Folder
from deploy.lianshan.local.programs import MissingProgramError, Program

REPLICA_SET: Final = "rs0"
_WHEEL_PATH: Final = Path("fiftyone", "db", "bin", "mongod")
_NOT_YET_INITIALIZED: Final = 94
_CACHE_SHARE: Final = 0.2
_GIB: Final = 1024**3
TRANSACTION_SECONDS: Final = 3
"""Documents in a killed process's commit stay locked for so long, at worst half as long again: docs/operations.md."""


def find() -> str:
    """Return the mongod on PATH, else the one in the wheel that the development requirements install.

    Raises MissingProgramError where there is neither.
    """
    if on_path := shutil.which("mongod"):
        return on_path
    for folder in sys.path:
        candidate = Path(folder or ".", _WHEEL_PATH)
        if candidate.is_file():
            # Not every installer keeps the mode of a program within a wheel.
            if not os.access(candidate, os.X_OK):
                candidate.chmod(0o755)
            return str(candidate)
    raise MissingProgramError(
        "mongod is missing: run `make setup`, put a mongod on PATH, or set LIANSHAN_MONGO_URI to a server of yours."
    )


def program(folder: Folder) -> Program:
    """Return the program that runs it in this folder."""
    port = folder.port("mongod")
    # A fifth of the machine: the broker, five services and the tests need the rest.
    memory = psutil.virtual_memory().total / _GIB
    arguments = [
        find(), "--dbpath", str(folder.root / "mongo"), "--port", str(port), "--bind_ip", LOOPBACK,
        "--replSet", REPLICA_SET, "--quiet", "--slowms", "1000", "--nounixsocket", "--oplogSize", "1024",
        "--wiredTigerCacheSizeGB", f"{min(4.0, max(0.25, memory * _CACHE_SHARE)):.2f}",
        "--setParameter", "diagnosticDataCollectionEnabled=false",
        "--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100",
        "--setParameter", f"transactionLifetimeLimitSeconds={TRANSACTION_SECONDS}",
    ]  # fmt: skip
    return Program("mongod", arguments, {}, stop_seconds=20.0)


def uri(folder: Folder) -> str:
    """Return its address. Direct, so that no client waits for other members of a set of one."""
    return f"mongodb://{LOOPBACK}:{folder.known_port('mongod')}/?directConnection=true"


def is_ready(address: str) -> bool:
    """Return whether it takes writes. Make it a replica set where it is none yet or has moved to another port."""
    client: MongoClient[dict[str, object]] = MongoClient(
        address, serverSelectionTimeoutMS=500, connectTimeoutMS=500, socketTimeoutMS=5000
    )
    try:
        if client.admin.command("hello").get("isWritablePrimary"):
            return True
        _make_replica_set(client)
    except PyMongoError:
        return False
    finally:
        client.close()
    return False


def _make_replica_set(client: "MongoClient[dict[str, object]]") -> None:
    host = f"{client.address[0]}:{client.address[1]}" if client.address else ""
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALIZED:
            raise
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [{"_id": 0, "host": host}]})
        return
    # Another port than last time: by the old one the member would not find itself, and never become primary.
    if config["members"][0]["host"] != host:
        config["members"][0]["host"] = host
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)
