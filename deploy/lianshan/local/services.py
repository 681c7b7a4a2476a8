"""The services of the stack: their modules, their programs, their environment."""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.lianshan.local import rabbitmq
from deploy.lianshan.local.folder import LOOPBACK, Folder
from deploy.lianshan.local.programs import Program
from shared.runtime.addresses import without_query
from shared.runtime.development import MOVABLE, refuse_outside
from shared.runtime.secretfiles import PREFIX, SUFFIX
from shared.runtime.settings import ServerSettings, load

MODULES: Final = {
    "stations": "services.stations",
    "charity": "services.charity",
    "volunteering": "services.volunteering",
    "notices": "services.volunteering.worker",
    "jobs": "services.stations.worker",
    "exports": "services.gateway.exports",
    "projector": "services.gateway.projector",
    "gateway": "services.gateway",
    "webhooks": "services.gateway.webhooks",
}
SINGLE: Final = frozenset({"gateway"})
"""The services that run once in the embedded stack: they keep one address."""
WITH_WEBHOOK_KEY: Final = frozenset({"gateway", "webhooks"})
WEBHOOK_KEY: Final = "LIANSHAN_WEBHOOK_KEY"
NOTICES: Final = "notices"
NOTICE_ADAPTER: Final = "LIANSHAN_NOTICE_ADAPTER"
MAX_REPLICAS: Final = 8
BROKER_METRICS: Final = "LIANSHAN_BROKER_METRICS_URLS"
SOURCE: Final = Path(__file__).resolve().parents[3]


def make_programs(
    folder: Folder, amqp_uri: str, mongo_uri: str, replicas: Mapping[str, int], *, movable_clock: bool = False
) -> list[Program]:
    """Return the programs of every service, with as many replicas as asked for, else one."""
    common = make_environment(folder, amqp_uri, mongo_uri, movable_clock=movable_clock)
    return [
        _make_program(folder, common, service, module, number)
        for service, module in MODULES.items()
        for number in range(1, replicas.get(service, 1) + 1)
    ]


def make_replica(
    folder: Folder, amqp_uri: str, mongo_uri: str, service: str, number: int, *, movable_clock: bool = False
) -> Program:
    """Return the program of a service's replica, the `number`th from 1 on."""
    common = make_environment(folder, amqp_uri, mongo_uri, movable_clock=movable_clock)
    return _make_program(folder, common, service, MODULES[service], number)


def replica_name(service: str, number: int) -> str:
    """Return the supervisor's name for a replica."""
    return service if number == 1 else f"{service}-{number}"


def make_environment(folder: Folder, amqp_uri: str, mongo_uri: str, *, movable_clock: bool = False) -> dict[str, str]:
    """Return the variables of every service of this stack, beside those of the caller, which pass through."""
    settings = load(ServerSettings)
    found = {}
    # An address of the caller's environment is left to it: it may come from a file with the password.
    if not _is_same(settings.amqp_uri, amqp_uri):
        found["LIANSHAN_AMQP_URI"] = amqp_uri
    if not _is_same(settings.mongo_uri, mongo_uri):
        found["LIANSHAN_MONGO_URI"] = mongo_uri
    if not {"LIANSHAN_DATA_KEY", "LIANSHAN_DATA_KEY_FILE"} & os.environ.keys():
        if not folder.data_key_file.is_file():
            folder.keep_data_key(folder.secrets["data_key"])
        found["LIANSHAN_DATA_KEY_FILE"] = str(folder.data_key_file)
    if amqp_uri == rabbitmq.uri(folder) and not os.environ.get(BROKER_METRICS):
        found[BROKER_METRICS] = rabbitmq.metrics_url(folder)
    if movable_clock:
        found[MOVABLE] = "true"
    return {
        **_find_files(),
        **found,
        "LIANSHAN_ADMIN_KEY_FILE": str(admin_key_file(folder)),
        "LIANSHAN_HTTP_HOST": LOOPBACK,
        "LIANSHAN_HEALTH_HOST": LOOPBACK,
        "EVENTLET_NO_GREENDNS": "yes",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(SOURCE), os.environ.get("PYTHONPATH")])),
        "PYTHONUNBUFFERED": "1",
    }


def _is_same(known: str | None, used: str) -> bool:
    # The query holds options of the client, which settings add.
    return known is not None and without_query(known) == without_query(used)


def _find_files() -> dict[str, str]:
    """Return the variables that name files, as absolute paths: the services run in another folder than the caller."""
    named = {name: value for name, value in os.environ.items() if name.startswith(PREFIX) and name.endswith(SUFFIX)}
    return {name: str(Path(value).absolute()) for name, value in named.items() if value}


def admin_key_file(folder: Folder) -> Path:
    """Return the file in which the gateway's first start leaves the administrator's key."""
    return folder.root / "admin_key"


def gateway_url(folder: Folder) -> str:
    """Return the address of the gateway."""
    return f"http://{LOOPBACK}:{folder.known_port('gateway')}"


def answers(url: str) -> bool:
    """Return whether the address answers 200 within a second."""
    try:
        with urllib.request.urlopen(url, timeout=1.0) as response:  # noqa: S310 - our own loopback address
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _find_adapter(folder: Folder, common: Mapping[str, str]) -> dict[str, str]:
    """Return the way on which notices leave from a laptop: lines of a file. None with servers of another machine."""
    known = load(ServerSettings)
    amqp_uri = common.get("LIANSHAN_AMQP_URI") or known.amqp_uri or ""
    mongo_uri = common.get("LIANSHAN_MONGO_URI") or known.mongo_uri or ""
    if refuse_outside(amqp_uri, mongo_uri, {}) is not None:
        return {}
    return {NOTICE_ADAPTER: "file", "LIANSHAN_NOTICE_FILE": str(folder.notices_file)}


def _make_program(folder: Folder, common: Mapping[str, str], service: str, module: str, number: int) -> Program:
    name = replica_name(service, number)
    port = folder.port(name)
    own = {"LIANSHAN_HEALTH_PORT": str(port)}
    if service == "gateway":
        own = {"LIANSHAN_HTTP_PORT": str(port), "LIANSHAN_ACCESS_LOG_FOLDER": str(folder.access_log)}
        # Probes and metrics have a port of their own: on that of the API metrics take a key.
        port = folder.port(f"{name} probes")
        own["LIANSHAN_HEALTH_PORT"] = str(port)
    if service in WITH_WEBHOOK_KEY and not {WEBHOOK_KEY, f"{WEBHOOK_KEY}{SUFFIX}"} & os.environ.keys():
        own[f"{WEBHOOK_KEY}{SUFFIX}"] = str(folder.keep_webhook_key())
    if service == NOTICES and NOTICE_ADAPTER not in os.environ:
        own |= _find_adapter(folder, common)
    return Program(
        name=name,
        arguments=[sys.executable, "-m", module],
        environment={**common, **own},
        ready_url=f"http://{LOOPBACK}:{port}/readyz",
    )
