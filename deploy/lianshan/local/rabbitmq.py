"""A private RabbitMQ node with its own epmd, so that it shares nothing with other nodes and nothing outlives it."""

import json
import os
import re
import shutil
import socket
import subprocess
import urllib.request
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from deploy.lianshan.local.folder import LOOPBACK, Folder, write_private
from deploy.lianshan.local.programs import MissingProgramError, Program
from deploy.lianshan.local.supervisor import StartFailedError
from shared.engine.amqp.broker import BrokerUnreachableError, close_quietly, connect

NODE: Final = "lianshan@localhost"
ASK_SECONDS: Final = 30.0
METRICS_SECONDS: Final = 2.0
_QUEUE: Final = re.compile(r'^rabbitmq_detailed_queue_messages\{vhost="/",queue="(.*)"\} ', re.MULTILINE)
DISK_FREE_MB: Final = 512
"""With less than this left on its disk the node takes no messages, so that it can still write those that it has."""
_SERVERS: Final = ("/usr/lib/rabbitmq/bin/rabbitmq-server",)
_INSTALL: Final = (
    "install it (Debian or Ubuntu, as root: `apt-get install rabbitmq-server`), "
    "or set LIANSHAN_AMQP_URI to a server of yours"
)


def find() -> str:
    """Return the server's own script. Raises MissingProgramError.

    The one in Debian's sbin would change the user and drop the environment.
    """
    for path in _SERVERS:
        if os.access(path, os.X_OK):
            return path
    if on_path := shutil.which("rabbitmq-server"):
        return on_path
    raise MissingProgramError(f"RabbitMQ is missing: {_INSTALL}.")


def find_epmd() -> str:
    """Return Erlang's port mapper. Raises MissingProgramError."""
    if on_path := shutil.which("epmd"):
        return on_path
    for path in sorted(Path("/usr/lib/erlang").glob("erts-*/bin/epmd")):
        return str(path)
    raise MissingProgramError(f"Erlang's epmd is missing, so RabbitMQ is not complete: {_INSTALL}.")


def epmd(folder: Folder) -> Program:
    """Return the port mapper as a program in the foreground: then Erlang starts none of its own that would stay."""
    arguments = [find_epmd(), "-port", str(folder.port("epmd")), "-address", LOOPBACK]
    return Program("epmd", arguments, {}, stop_seconds=5.0)


def program(folder: Folder, *, management: bool = False, certificates: Path | None = None) -> Program:
    """Return the program that runs the node in this folder.

    Its metrics for Prometheus are on the loopback. `management` adds its HTTP API, without statistics. `certificates`,
    a folder with ca.pem, server.pem and server.key, adds a second port with TLS.
    """
    home = folder.root / "rabbitmq"
    write_private(home / "rabbitmq.conf", "\n".join(_configure(folder, management, certificates)) + "\n")
    plugins = ["rabbitmq_prometheus", *(["rabbitmq_management"] if management else [])]
    (home / "plugins").write_text(f"[{', '.join(plugins)}].\n")
    environment = {
        "RABBITMQ_NODENAME": NODE,
        "RABBITMQ_NODE_PORT": str(folder.port("amqp")),
        "RABBITMQ_DIST_PORT": str(folder.port("erlang")),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(folder.logs),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "HOME": str(home),
        "ERL_EPMD_PORT": str(folder.known_port("epmd")),
        "ERL_EPMD_ADDRESS": LOOPBACK,
        # Makes its script become the Erlang process instead of standing before it as a shell.
        "RUNNING_UNDER_SYSTEMD": "true",
    }
    return Program("rabbitmq", [find()], environment, stop_seconds=30.0)


def check_disk(folder: Folder) -> None:
    """Raise StartFailedError where the disk is full: the node would start, and then block every publisher."""
    free = shutil.disk_usage(folder.root).free // 1_000_000
    if free < DISK_FREE_MB:
        raise StartFailedError(
            f"The disk of {folder.root} has {free} MB left, and RabbitMQ takes nothing in below "
            f"{DISK_FREE_MB} MB: free some, or name a folder on another disk by LIANSHAN_VAR."
        )


def uri(folder: Folder) -> str:
    """Return its address, with user and password."""
    user, password = folder.secrets["broker_user"], folder.secrets["broker_password"]
    return f"amqp://{quote(user)}:{quote(password)}@{LOOPBACK}:{folder.known_port('amqp')}/"


def management_url(folder: Folder) -> str:
    """Return the address of its HTTP API, where it was started with one."""
    return f"http://{LOOPBACK}:{folder.known_port('management')}"


def metrics_url(folder: Folder) -> str:
    """Return the address of its metrics for Prometheus."""
    return f"http://{LOOPBACK}:{folder.known_port('broker metrics')}/metrics"


def is_ready(address: str) -> bool:
    """Return whether it lets its user in."""
    parts = urlsplit(address)
    try:
        # The port first: while the node boots it is closed, and a refused login would be logged.
        socket.create_connection((parts.hostname, parts.port), timeout=0.5).close()
        close_quietly(connect(address, "lianshan start"))
    except (OSError, BrokerUnreachableError):
        return False
    return True


def control(folder: Folder) -> tuple[list[str], dict[str, str]]:
    """Return the beginning of a command line of `rabbitmqctl` for this node, and its environment."""
    environment = {
        **os.environ,
        "HOME": str(folder.root / "rabbitmq"),
        "ERL_EPMD_PORT": str(folder.known_port("epmd")),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
    }
    return [str(Path(find()).with_name("rabbitmqctl")), "--quiet", "--node", NODE], environment


def ask(folder: Folder, command: str, *arguments: str) -> Any:
    """Return the JSON that `rabbitmqctl COMMAND` prints about this node. Raises OSError where it does not answer."""
    program, environment = control(folder)
    asked = [*program, command, "--formatter", "json", *arguments]
    try:
        done = subprocess.run(asked, env=environment, capture_output=True, text=True, timeout=ASK_SECONDS, check=True)
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        late = f"RabbitMQ's node {NODE} has not answered `rabbitmqctl {command}` within {ASK_SECONDS:g} s"
        raise OSError(f"{late}: the machine is busy, or RabbitMQ stands still; see `lianshan status`") from error
    except (subprocess.SubprocessError, ValueError) as error:
        raise OSError(f"RabbitMQ's node {NODE} does not answer `rabbitmqctl {command}`: does it run?") from error


def list_queues(folder: Folder) -> list[str]:
    """Return the names of its queues. Raises OSError.

    A new quorum queue is missing until its first tick: 5 seconds.
    """
    url = f"{metrics_url(folder)}/detailed?family=queue_coarse_metrics"
    try:
        with urllib.request.urlopen(url, timeout=METRICS_SECONDS) as answer:  # noqa: S310 - our own loopback address
            return sorted(set(_QUEUE.findall(answer.read().decode())))
    except OSError:
        # A node that an earlier release has started shows no metrics. The command takes seconds.
        return [row["name"] for row in ask(folder, "list_queues", "name")]


def _configure(folder: Folder, management: bool, certificates: Path | None) -> list[str]:
    lines = [
        f"listeners.tcp.default = {LOOPBACK}:{folder.port('amqp')}",
        f"default_user = {folder.secrets['broker_user']}",
        f"default_pass = {folder.secrets['broker_password']}",
        "default_user_tags.administrator = true",
        f"disk_free_limit.absolute = {DISK_FREE_MB}MB",
        "vm_memory_high_watermark.relative = 0.3",
        "log.file = false",
        "log.console = true",
        "log.console.level = warning",
        "log.console.formatter = json",
        f"prometheus.tcp.ip = {LOOPBACK}",
        f"prometheus.tcp.port = {folder.port('broker metrics')}",
        "management_agent.disable_metrics_collector = true",
    ]
    if management:
        lines += [f"management.tcp.ip = {LOOPBACK}", f"management.tcp.port = {folder.port('management')}"]
    if certificates is not None:
        lines += [
            f"listeners.ssl.default = {LOOPBACK}:{folder.port('amqps')}",
            f"ssl_options.cacertfile = {certificates / 'ca.pem'}",
            f"ssl_options.certfile = {certificates / 'server.pem'}",
            f"ssl_options.keyfile = {certificates / 'server.key'}",
            "ssl_options.verify = verify_peer",
            "ssl_options.fail_if_no_peer_cert = false",
        ]
    return lines
