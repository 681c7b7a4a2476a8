"""The services of the stack: what runs, with which environment."""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.lianshan.local.folder import LOOPBACK, Folder
from deploy.lianshan.local.programs import Program
from shared.runtime.addresses import without_query
from shared.runtime.secretfiles import PREFIX, SUFFIX
from shared.runtime.settings import ServerSettings, load

MODULES: Final = {
    "stations": "services.stations",
    "charity": "services.charity",
    "volunteering": "services.volunteering",
    "gateway-projector": "services.gateway.projector",
    "gateway": "services.gateway",
}
SINGLE: Final = frozenset({"gateway", "gateway-projector"})
"""Those that have one address or one order to keep, and so run once in the embedded stack."""
MAX_REPLICAS: Final = 8
SOURCE: Final = Path(__file__).resolve().parents[3]


def programs(folder: Folder, amqp_uri: str, mongo_uri: str, replicas: Mapping[str, int]) -> list[Program]:
    """Every service with its replicas, each ready for the supervisor."""
    common = environment(folder, amqp_uri, mongo_uri)
    return [
        _program(folder, common, service, module, number)
        for service, module in MODULES.items()
        for number in range(1, replicas.get(service, 1) + 1)
    ]


def replica(folder: Folder, amqp_uri: str, mongo_uri: str, service: str, number: int) -> Program:
    """One more of a service: the `number`th."""
    return _program(folder, environment(folder, amqp_uri, mongo_uri), service, MODULES[service], number)


def replica_name(service: str, number: int) -> str:
    """What the supervisor calls it."""
    return service if number == 1 else f"{service}-{number}"


def environment(folder: Folder, amqp_uri: str, mongo_uri: str) -> dict[str, str]:
    """What every service of this stack is told; policy settings of the caller's environment pass through."""
    told = load(ServerSettings)
    found = {}
    if not _same(told.amqp_uri, amqp_uri):
        found["LIANSHAN_AMQP_URI"] = amqp_uri
    if not _same(told.mongo_uri, mongo_uri):
        found["LIANSHAN_MONGO_URI"] = mongo_uri
    if not {"LIANSHAN_DATA_KEY", "LIANSHAN_DATA_KEY_FILE"} & os.environ.keys():
        found["LIANSHAN_DATA_KEY"] = folder.secrets["data_key"]
    return {
        **_absolute_files(),
        **found,
        "LIANSHAN_ADMIN_KEY_FILE": str(admin_key_file(folder)),
        "LIANSHAN_HTTP_HOST": LOOPBACK,
        "LIANSHAN_HEALTH_HOST": LOOPBACK,
        "EVENTLET_NO_GREENDNS": "yes",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(SOURCE), os.environ.get("PYTHONPATH")])),
        "PYTHONUNBUFFERED": "1",
    }


def _same(told: str | None, used: str) -> bool:
    """Whether the services hear of the server by the environment that they inherit."""
    return told is not None and without_query(told) == without_query(used)


def _absolute_files() -> dict[str, str]:
    """The environment names files from where its caller stands; the services stand elsewhere."""
    named = {name: value for name, value in os.environ.items() if name.startswith(PREFIX) and name.endswith(SUFFIX)}
    return {name: str(Path(value).absolute()) for name, value in named.items() if value}


def admin_key_file(folder: Folder) -> Path:
    """Where the gateway's first start leaves the admin key."""
    return folder.root / "admin_key"


def gateway_url(folder: Folder) -> str:
    """Where the gateway answers."""
    return f"http://{LOOPBACK}:{folder.known_port('gateway')}"


def answers(url: str) -> bool:
    """Whether it says 200 within a second."""
    try:
        with urllib.request.urlopen(url, timeout=1.0) as response:  # noqa: S310 - our own loopback address
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _program(folder: Folder, common: Mapping[str, str], service: str, module: str, number: int) -> Program:
    name = replica_name(service, number)
    port = folder.port(name)
    own = {"LIANSHAN_HTTP_PORT": str(port)} if service == "gateway" else {"LIANSHAN_HEALTH_PORT": str(port)}
    return Program(
        name=name,
        arguments=[sys.executable, "-m", module],
        environment={**common, **own},
        ready_url=f"http://{LOOPBACK}:{port}/readyz",
    )
