"""The platform as it runs for others: a user for each service, TLS on every wire, passwords in files."""

import base64
import os
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from certificates import Authority
from gateway_stack import AREAS, until
from lianshan_command import lianshan as run_lianshan
from ports import free_port, prepare
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from service_processes import ServiceProcess, start_service
from stacks import AT_ANY_HOUR, Isolated

from deploy.lianshan.access.rights import RPC_EXCHANGE
from deploy.lianshan.local import mongod
from deploy.lianshan.local.folder import LOOPBACK, Folder, write_private
from deploy.lianshan.local.services import SOURCE
from shared.engine.amqp.broker import close_quietly, connect
from shared.engine.amqp.former_topology import declare_former

ADMIN = "root"
PASSWORD = "an/admin@password"
USERS = {
    "stations": "stations",
    "charity": "charity",
    "volunteering": "volunteering",
    "gateway.projector": "projector",
    "gateway.webhooks": "webhooks",
    "gateway": "gateway",
}
"""Each process and its user."""


@dataclass(frozen=True)
class Guarded:
    """Servers that ask who one is, in a room of their own; users are named with the room's prefix."""

    room: Isolated
    folder: Path
    authority: Authority
    mongo_port: int
    amqps_port: int
    processes: dict[str, ServiceProcess] = field(default_factory=dict)

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    @property
    def vhost(self) -> str:
        return self.room.amqp_uri.rpartition("/")[2]

    def password(self, user: str, kind: str) -> str:
        return (self.secrets / f"{user}.{kind}").read_text().strip()

    def amqp_uri(self, user: str) -> str:
        """Without TLS, for looking at rights alone."""
        address = urlsplit(self.room.amqp_uri).netloc.rpartition("@")[2]
        word = quote(self.password(user, "amqp_password"), safe="")
        return f"amqp://{self.room.database_prefix}{user}:{word}@{address}/{self.vhost}"

    def mongo_uri(self, user: str = ADMIN) -> str:
        name, word = ADMIN, PASSWORD
        if user != ADMIN:
            name, word = f"{self.room.database_prefix}{user}", self.password(user, "mongo_password")
        return f"mongodb://{name}:{quote(word, safe='')}@localhost:{self.mongo_port}/?directConnection=true&tls=true"

    def store(self, user: str = ADMIN) -> MongoClient[dict[str, Any]]:
        ca = str(self.authority.file)
        return MongoClient(self.mongo_uri(user), tlsCAFile=ca, serverSelectionTimeoutMS=10_000)

    def environment(self, process: str) -> dict[str, str]:
        """The environment of a process of that name: no password stands in it."""
        user, prefix = USERS[process], self.room.database_prefix
        kept = {k: v for k, v in os.environ.items() if not k.startswith("LIANSHAN_")}
        tls = self.authority.folder
        told = {
            "AMQP_URI": f"amqps://{prefix}{user}@localhost:{self.amqps_port}/{self.vhost}",
            "AMQP_PASSWORD_FILE": str(self.secrets / f"{user}.amqp_password"),
            "MONGO_URI": f"mongodb://{prefix}{user}@localhost:{self.mongo_port}/?directConnection=true&tls=true",
            "MONGO_PASSWORD_FILE": str(self.secrets / f"{user}.mongo_password"),
            "TLS_CA_FILE": str(self.authority.file),
            "DATA_KEY": self.room.data_key,
            "WEBHOOK_KEY": base64.b64encode(bytes(32)).decode(),
            "WEBHOOK_NETWORKS": "127.0.0.0/8",
            "DATABASE_PREFIX": prefix,
            "HTTP_TLS_CERT_FILE": str(tls / "server.pem"),
            "HTTP_TLS_KEY_FILE": str(tls / "server.key"),
            "ADMIN_KEY_FILE": str(self.folder / "admin_key"),
        }
        return {
            **kept,
            **{f"LIANSHAN_{name}": value for name, value in told.items()},
            **AT_ANY_HOUR,
            "EVENTLET_NO_GREENDNS": "yes",
            "PYTHONPATH": str(SOURCE),
        }

    def lianshan(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """The command, as administrator of both servers."""
        told = {
            "LIANSHAN_AMQP_URI": self.room.amqp_uri,
            "LIANSHAN_MONGO_URI": self.mongo_uri(),
            "LIANSHAN_MANAGEMENT_URL": self.room.management_url,
        }
        environment = {**self.environment("gateway"), **told, "LIANSHAN_VAR": str(self.folder / "var"), **changes}
        for name in ("AMQP_PASSWORD_FILE", "MONGO_PASSWORD_FILE"):
            environment.pop(f"LIANSHAN_{name}", None)
        return run_lianshan(environment, *arguments)

    def start(self, process: str, **changes: str) -> str:
        """Gives where it answers."""
        port = free_port()
        own = {"LIANSHAN_HTTP_PORT": str(port), "LIANSHAN_HEALTH_PORT": str(port)}
        log = self.folder / f"{process}.log"
        log.unlink(missing_ok=True)
        self.processes[process] = start_service(process, {**self.environment(process), **own, **changes}, log)
        return f"https://localhost:{port}"

    def client(self, url: str, **headers: str) -> httpx.Client:
        trusted = ssl.create_default_context(cafile=str(self.authority.file))
        return httpx.Client(base_url=url, headers=headers, verify=trusted, timeout=30)

    def wait_ready(self, process: str, url: str) -> None:
        with self.client(url) as client:

            def ready() -> bool:
                log = self.folder / f"{process}.log"
                assert self.processes[process].poll() is None, log.read_text()
                try:
                    return client.get("/readyz", timeout=2).status_code == 200
                except httpx.TransportError:
                    return False

            until(ready, f"{process} is ready", 120)

    def make_exchanges(self) -> None:
        """Make the exchanges of release 0.2.0 and those of services at their start: a user may be refused there."""
        connection = connect(self.room.amqp_uri, "an upgrade from 0.2.0")
        declare_former(connection.channel())
        connection.channel().exchange_declare(RPC_EXCHANGE, "topic", durable=True, auto_delete=False)
        close_quietly(connection)

    @contextmanager
    def everyone(self) -> Iterator[httpx.Client]:
        """Every process at work beside the remains of release 0.2.0, and the administrator's client."""
        urls = {process: self.start(process) for process in USERS}
        try:
            for process, url in urls.items():
                self.wait_ready(process, url)
            key = (self.folder / "admin_key").read_text().strip()
            with self.client(urls["gateway"], Authorization=f"Bearer {key}") as api:
                rows = [{"code": code, "name": f"Area {code}"} for code in AREAS]
                api.post("/v1/areas:batch", json={"rows": rows}).raise_for_status()
                yield api
        finally:
            for running in self.processes.values():
                running.terminate()
            for running in self.processes.values():
                running.wait(30)


@contextmanager
def locked_mongod(root: Path, authority: Authority) -> Iterator[int]:
    """A mongod that lets nobody in without password and speaks TLS only; gives its port. Its administrator is ADMIN."""
    folder = Folder(root)
    folder.make()
    prepare(folder, services=False)
    write_private(root / "keyfile", "a".ljust(64, "b"))
    certificate, key = authority.issue("mongod")
    write_private(root / "both.pem", certificate.read_text() + key.read_text())
    tls = ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(root / "both.pem")]
    tls += ["--tlsCAFile", str(authority.file), "--tlsAllowConnectionsWithoutCertificates"]
    arguments = [*mongod.program(folder).arguments, "--keyFile", str(root / "keyfile"), *tls]
    port = folder.known_port("mongod")
    assert port is not None
    with (root / "mongod.log").open("wb") as log:
        process = subprocess.Popen(arguments, stdout=log, stderr=log)
    try:
        _found_replica_set(port, authority)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _found_replica_set(port: int, authority: Authority) -> None:
    options: Any = {"tls": True, "tlsCAFile": str(authority.file), "directConnection": True}
    with MongoClient[dict[str, Any]](LOOPBACK, port, serverSelectionTimeoutMS=20_000, **options) as client:
        member = {"_id": 0, "host": f"localhost:{port}"}
        client.admin.command("replSetInitiate", {"_id": mongod.REPLICA_SET, "members": [member]})

        def writable() -> bool:
            try:
                return bool(client.admin.command("hello")["isWritablePrimary"])
            except PyMongoError:
                return False

        until(writable, "MongoDB takes writes", 120)
        client.admin.command("createUser", ADMIN, pwd=PASSWORD, roles=["root"])
