"""The state of the broker, read in one of three ways: the fullest that is at hand.

AMQP itself shows exchanges and queues only. Bindings and policies are shown by RabbitMQ's management API, and by
`rabbitmqctl` where the node is the embedded one.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote, urlsplit

from amqp import Connection
from amqp.exceptions import NotFound, PreconditionFailed

from deploy.lianshan.local import rabbitmq
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.topology.queue_depth import read_depth
from shared.engine.amqp.broker import close_quietly, connect
from shared.engine.amqp.former_topology import EXCHANGES_BESIDE_FORMER, FORMER_MARK, former_plan
from shared.engine.amqp.topology import MARK_TYPE, QueuePlan, mark, plan
from shared.runtime.addresses import ClientTls
from shared.runtime.settings import ServerSettings, load

if TYPE_CHECKING:
    import httpx

MANAGEMENT: Final = "LIANSHAN_MANAGEMENT_URL"
ANSWER_SECONDS: Final = 20.0
_MAX_ARGUMENTS: Final = 20
_UNEQUAL: Final = re.compile(r"inequivalent arg '([^']+)' for (?:queue|exchange)")
_CURRENT: Final = re.compile(r"current is (?:the value )?(none|'(?P<value>[^']*)')(?: of type '(?P<type>\w+)')?")

Binding = tuple[str, str, str]
"""Exchange, routing key, queue."""
Arguments = Mapping[str, object]
"""The arguments of a queue: names like `x-max-length`, values of AMQP."""
Rows = Sequence[Mapping[str, Any]]
"""Objects of RabbitMQ's own JSON."""


@dataclass(frozen=True)
class Policy:
    """A policy of the broker: it changes queues from outside. `pattern` is a regular expression over their names."""

    name: str
    pattern: str
    definition: Arguments


@dataclass(frozen=True)
class NodeFacts:
    """Facts of the broker's nodes; of several, of the one with the least room. Disks in bytes, None where unseen."""

    version: str = ""
    disk_free: int | None = None
    disk_limit: int | None = None
    alarms: Sequence[str] = ()


@dataclass(frozen=True)
class BrokerState:
    """Exchanges with their types, queues with their arguments. `bindings` and `policies` are None where unseen."""

    exchanges: Mapping[str, str]
    queues: Mapping[str, Arguments]
    bindings: frozenset[Binding] | None = None
    policies: tuple[Policy, ...] | None = None
    facts: NodeFacts = field(default_factory=NodeFacts)
    fleeting: frozenset[str] = frozenset()
    """Queues that end with a connection, or with the broker: not durable, exclusive, or deleted by themselves."""

    @property
    def names_seen(self) -> bool:
        """Whether `queues` holds all queues of the broker, and not only those of the plan."""
        return self.bindings is not None


def read_state(folder: Folder, amqp_uri: str) -> BrokerState:
    """Return the state of the broker at `amqp_uri`. Raises OSError, BrokerUnreachableError."""
    if url := os.environ.get(MANAGEMENT):
        return read_by_management(url, amqp_uri)
    if is_embedded(folder, amqp_uri):
        return read_by_command(folder)
    return read_by_probing(amqp_uri)


def is_embedded(folder: Folder, amqp_uri: str) -> bool:
    """Return whether that broker is the private node of this folder."""
    return folder.secrets_file.exists() and amqp_uri == rabbitmq.uri(folder)


# ---- the embedded node's own command --------------------------------------------------------------------------


def read_by_command(folder: Folder) -> BrokerState:
    """Return the state of the folder's private node, by `rabbitmqctl`. Raises OSError."""
    queues = rabbitmq.ask(folder, "list_queues", "name", "arguments", "durable", "exclusive", "auto_delete")
    bindings = rabbitmq.ask(folder, "list_bindings", "source_name", "routing_key", "destination_name")
    status = rabbitmq.ask(folder, "status")
    return BrokerState(
        exchanges={row["name"]: row["type"] for row in rabbitmq.ask(folder, "list_exchanges", "name", "type")},
        queues={row["name"]: {name: value for name, _, value in row["arguments"]} for row in queues},
        bindings=frozenset((b["source_name"], b["routing_key"], b["destination_name"]) for b in bindings),
        policies=_read_policies(rabbitmq.ask(folder, "list_policies")),
        facts=NodeFacts(
            version=status["rabbitmq_version"],
            disk_free=status["disk_free"],
            disk_limit=status["disk_free_limit"],
            alarms=[str(alarm) for alarm in status["alarms"]],
        ),
        fleeting=_find_fleeting(queues),
    )


def _find_fleeting(rows: Rows) -> frozenset[str]:
    stay = (row["name"] for row in rows if row["durable"] and not row["exclusive"] and not row["auto_delete"])
    return frozenset(row["name"] for row in rows) - frozenset(stay)


def _read_policies(rows: Rows) -> tuple[Policy, ...]:
    found = []
    for row in rows:
        definition = row["definition"]
        # rabbitmqctl gives the definition as JSON within its JSON, the management API as an object.
        if isinstance(definition, str):
            definition = json.loads(definition)
        found.append(Policy(row["name"], row["pattern"], definition))
    return tuple(found)


# ---- the management API -----------------------------------------------------------------------------------------

_PATHS: Final = ("exchanges", "queues", "bindings", "policies", "operator-policies", "nodes")
_OPTIONAL: Final = frozenset({"policies", "operator-policies", "nodes"})
"""Some versions show these only to administrators; then they stay unseen."""
_REFUSED: Final = frozenset({401, 403})


def read_by_management(url: str, amqp_uri: str) -> BrokerState:
    """Return the state over HTTP, as the user of `amqp_uri` where the URL names none.

    That user needs the tag `monitoring`. Raises OSError.
    """
    with open_management(url, amqp_uri) as (client, host):
        version = str(read_answer(client, client.get("/api/overview"))["rabbitmq_version"])
        return _build_state(version, {path: _read_rows(client, path, host) for path in _PATHS})


@contextmanager
def open_management(url: str, amqp_uri: str) -> "Iterator[tuple[httpx.Client, str]]":
    """Open a client, with the name of the virtual host in its paths. Raises OSError, also for its errors within."""
    import httpx  # noqa: PLC0415 - slow to import

    at, parts = urlsplit(url), urlsplit(amqp_uri)
    login = at if at.username else parts
    host = quote(unquote(parts.path[1:]) or "/", safe="")
    base = f"{at.scheme}://{at.hostname}{f':{at.port}' if at.port else ''}{at.path.rstrip('/')}"
    auth = (unquote(login.username or "guest"), unquote(login.password or "guest"))
    try:
        trusted = ClientTls(ca=load(ServerSettings).tls_ca_file).context() if at.scheme == "https" else True
        with httpx.Client(base_url=base, auth=auth, timeout=ANSWER_SECONDS, verify=trusted) as client:
            yield client, host
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OSError(f"{MANAGEMENT}: {base} does not answer: {error}: correct or unset it") from error


def _read_rows(client: "httpx.Client", path: str, host: str) -> Rows | None:
    # Nodes belong to the whole cluster, everything else to one virtual host.
    answer = client.get(f"/api/{path}" if path == "nodes" else f"/api/{path}/{host}")
    if answer.status_code in _REFUSED and path in _OPTIONAL:
        return None
    return list(read_answer(client, answer))


def read_answer(client: "httpx.Client", answer: "httpx.Response") -> Any:
    """Return the JSON of an answer. Raises OSError where the user may not read it, httpx.HTTPError."""
    if answer.status_code in _REFUSED:
        raise OSError(f"{MANAGEMENT}: {client.base_url} refuses the user: give it the tag `monitoring`")
    return answer.raise_for_status().json()


def _build_state(version: str, found: Mapping[str, Rows | None]) -> BrokerState:
    policies = None
    if found["policies"] is not None:
        policies = _read_policies([*found["policies"], *(found["operator-policies"] or ())])
    bindings = found["bindings"] or ()
    return BrokerState(
        exchanges={row["name"]: row["type"] for row in found["exchanges"] or ()},
        queues={row["name"]: row["arguments"] for row in found["queues"] or ()},
        bindings=frozenset((b["source"], b["routing_key"], b["destination"]) for b in bindings),
        policies=policies,
        facts=_read_facts(version, found["nodes"] or ()),
        fleeting=_find_fleeting(found["queues"] or ()),
    )


def _read_facts(version: str, nodes: Rows) -> NodeFacts:
    alarms = list(_find_alarms(nodes))
    # A node that does not run has no figures.
    running = [node for node in nodes if "disk_free" in node]
    if not running:
        return NodeFacts(version, alarms=alarms)
    tightest = min(running, key=lambda node: int(node["disk_free"] - node["disk_free_limit"]))
    return NodeFacts(version, tightest["disk_free"], tightest["disk_free_limit"], alarms)


def _find_alarms(nodes: Rows) -> Iterable[str]:
    for node in nodes:
        yield from (f"{node['name']}: {word}" for word in ("disk", "mem") if node.get(f"{word}_alarm"))
        if not node.get("running", True):
            yield f"{node['name']}: does not run"


# ---- AMQP alone -------------------------------------------------------------------------------------------------


def read_by_probing(amqp_uri: str) -> BrokerState:
    """Return the part of the state that declarations show: the broker names an argument that differs.

    It declares nothing new, and sees no bindings. Raises BrokerUnreachableError, OSError.
    """
    connection = connect(amqp_uri, "topology")
    try:
        planned = {**EXCHANGES_BESIDE_FORMER, mark(): MARK_TYPE, FORMER_MARK: MARK_TYPE}.items()
        kinds = {name: kind for name, wanted in planned if (kind := _probe_exchange(connection, name, wanted))}
        found = {
            queue.name: known for queue in (*plan(), *former_plan()) if (known := probe(connection, queue)) is not None
        }
        version = str(connection.server_properties.get("version", ""))
        return BrokerState(kinds, found, facts=NodeFacts(version))
    finally:
        close_quietly(connection)


def probe(connection: Connection, queue: QueuePlan) -> dict[str, object] | None:
    """Return the arguments that a planned queue stands with; None where it does not stand."""
    if read_depth(connection, queue.name) is None:
        return None
    arguments = dict(queue.arguments)
    # Each refusal names one argument that differs; adopted, the next declaration shows the next one.
    for _ in range(_MAX_ARGUMENTS):
        channel = connection.channel()
        try:
            channel.queue_declare(queue.name, durable=True, auto_delete=False, arguments=arguments)
        except PreconditionFailed as error:
            _adopt(arguments, error)
        else:
            channel.close()
            break
    return arguments


def _probe_exchange(connection: Connection, name: str, wanted: str) -> str | None:
    channel = connection.channel()
    try:
        # Passive first: of an exchange that is missing the second declaration would make one.
        channel.exchange_declare(name, wanted, passive=True)
        channel.exchange_declare(name, wanted, durable=True, auto_delete=False)
    except NotFound:
        return None
    except PreconditionFailed as error:
        arguments: dict[str, object] = {"type": wanted}
        _adopt(arguments, error)
        return str(arguments["type"])
    channel.close()
    return wanted


def _adopt(arguments: dict[str, object], error: PreconditionFailed) -> None:
    """Take over the value of the argument that a refusal names. Raises OSError where it names none."""
    text = str(error)
    which, current = _UNEQUAL.search(text), _CURRENT.search(text)
    if which is None or current is None:
        raise OSError(f"RabbitMQ refuses the declaration in words not understood: {text}")
    if current["value"] is None:
        arguments.pop(which[1], None)
        return
    value: str = current["value"]
    # Older versions leave the type out; then that of the planned value decides.
    number = current["type"] not in {None, "longstr"} or isinstance(arguments.get(which[1]), int)
    arguments[which[1]] = int(value) if number and value.lstrip("-").isdigit() else value
