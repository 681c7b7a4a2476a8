"""The compose stack as the tests see it: the interface of a fault test's stack, and faults of containers."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from fault_city import until
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import PyMongoError

from deploy.lianshan.laws import check_laws, find_pending_work, word_breaches
from deploy.lianshan.local.services import answers
from shared.engine.amqp.broker import BROKER_ERRORS, BrokerUnreachableError

SOURCE = Path(__file__).resolve().parents[2]
COMPOSE = SOURCE / "deploy" / "compose"
FILES = (COMPOSE / "compose.yaml", COMPOSE / "compose.debian.yaml", Path(__file__).with_name("policy.yaml"))
SERVICES = ("stations", "charity", "volunteering", "projector", "gateway")
SCALE = {"charity": 3, "volunteering": 2}
CALL_SECONDS = 120.0


def run(*command: str, seconds: float = CALL_SECONDS) -> str:
    """The output of the command; fails with its complaint."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.strip()}"
    return done.stdout.strip()


def docker(*arguments: str) -> str:
    """The same of Docker's own command."""
    return run("docker", *arguments)


def fails(*command: str) -> bool:
    """Whether it ends badly, or not at all."""
    try:
        return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode != 0
    except subprocess.TimeoutExpired:
        return True


def has_image(name: str) -> bool:
    """Whether the engine has it."""
    return not fails("docker", "image", "inspect", f"lianshan/{name}")


class Town:
    """One compose project. Containers are found by their service, as there may be several of each."""

    def __init__(self, command: str, files: Sequence[Path | str], project: str) -> None:
        self.project = project
        self.secrets = Path(os.environ["LIANSHAN_SECRETS"])
        self.gateway_url = f"http://127.0.0.1:{os.environ['LIANSHAN_HTTP_PORT']}"
        self._compose = [*command.split(), *(part for file in files for part in ("-f", str(file))), "-p", project]

    def compose(self, *arguments: str, seconds: float = CALL_SECONDS) -> str:
        """The output of the command; fails with its complaint."""
        return run(*self._compose, *arguments, seconds=seconds)

    # ---- containers -----------------------------------------------------------------------------------------

    def containers(self, service: str, *, stopped: bool = False) -> list[str]:
        """The ids of those that run, or of all."""
        labels = (f"com.docker.compose.project={self.project}", f"com.docker.compose.service={service}")
        filters = [part for label in labels for part in ("--filter", f"label={label}")]
        return docker("ps", "--quiet", "--no-trunc", *(["--all"] if stopped else []), *filters).split()

    def look(self, container: str, what: str) -> str:
        """A value of `docker inspect`."""
        return docker("inspect", "--format", f"{{{{{what}}}}}", container)

    def address(self, container: str) -> str:
        """In the network of the services."""
        return self.look(container, f'(index .NetworkSettings.Networks "{self.network}").IPAddress')

    @property
    def network(self) -> str:
        """That joins services and servers."""
        return f"{self.project}_inside"

    def is_ready(self, container: str) -> bool:
        """Whether the service in that container says so."""
        address = self.address(container)
        port = 8080 if container in self.containers("gateway") else 8081
        return bool(address) and answers(f"http://{address}:{port}/readyz")

    def wait_ready(self, *services: str) -> None:
        """Until every container of these services is, or of all."""
        for service in services or SERVICES:
            until(lambda service=service: self.all_ready(service), f"{service} to be ready")  # type: ignore[misc]

    def all_ready(self, service: str) -> bool:
        """Whether each container of the service that is to run does, and is ready."""
        known = self.containers(service, stopped=True)
        return bool(known) and all(self.is_ready(container) for container in known)

    # ---- the interface of a fault test ----------------------------------------------------------------------

    @property
    def mongo_uri(self) -> str:
        """As the administrator, from the host."""
        (container,) = self.containers("mongo")
        return f"mongodb://admin:{self.secret('admin_password')}@{self.address(container)}/?directConnection=true"

    @property
    def amqp_uri(self) -> str:
        """As the administrator, from the host."""
        (container,) = self.containers("rabbitmq")
        return f"amqp://admin:{self.secret('admin_password')}@{self.address(container)}/"

    def secret(self, name: str) -> str:
        """As the secrets' script has made it."""
        return (self.secrets / name).read_text().strip()

    def client(self) -> httpx.Client:
        """The API, as the administrator."""
        headers = {"Authorization": f"Bearer {self.secret('admin_key')}"}
        return httpx.Client(base_url=self.gateway_url, headers=headers, timeout=20)

    @contextmanager
    def database(self, service: str) -> Iterator[Database[dict[str, Any]]]:
        """The store of a service."""
        with MongoClient[dict[str, Any]](self.mongo_uri, tz_aware=True) as client:
            yield client[service]

    def at_rest(self) -> list[str]:
        """The messages still on their way; empty at rest."""
        try:
            return word_breaches(find_pending_work(self.mongo_uri, "", self.amqp_uri))
        except (*BROKER_ERRORS, BrokerUnreachableError, PyMongoError) as error:
            return [f"a server does not answer: {error}"]

    def breaches(self) -> list[str]:
        """Of the laws."""
        return check_laws(self.mongo_uri, "", self.amqp_uri)


def scale_up(town: Town) -> None:
    """While it runs."""
    scale = [part for service, number in SCALE.items() for part in ("--scale", f"{service}={number}")]
    town.compose("up", "-d", "--no-build", "--no-recreate", *scale)
    town.wait_ready()
    assert {service: len(town.containers(service)) for service in SCALE} == SCALE
