"""What stands on the broker. Three ways to see it, the fullest that is at hand.

AMQP itself tells of exchanges and queues only: bindings and policies are seen by RabbitMQ's management API, or by
its own command where the node is the embedded one.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from amqp import Connection
from amqp.exceptions import NotFound, PreconditionFailed

from deploy.lianshan.local import rabbitmq
from deploy.lianshan.local.folder import Folder
from shared.engine.amqp.broker import close_quietly, connect
from shared.engine.amqp.topology import EXCHANGES, MARK_TYPE, QueuePlan, mark, plan
from shared.runtime.addresses import ClientTls
from shared.runtime.settings import ServerSettings, load

MANAGEMENT: Final = "LIANSHAN_MANAGEMENT_URL"
ANSWER_SECONDS: Final = 20.0
_MOST_ARGUMENTS: Final = 20
_UNEQUAL: Final = re.compile(r"inequivalent arg '([^']+)' for (?:queue|exchange)")
_CURRENT: Final = re.compile(r"current is (?:the value )?(none|'(?P<value>[^']*)')(?: of type '(?P<type>\w+)')?")

Binding = tuple[str, str, str]
"""Exchange, routing key, queue."""


@dataclass(frozen=True)
class Policy:
    """A rule of the broker that changes queues from outside."""

    name: str
    pattern: str
    definition: Mapping[str, Any]


@dataclass(frozen=True)
class Standing:
    """What there is. `bindings` and `policies` are None where they cannot be seen."""

    exchanges: Mapping[str, str]
    queues: Mapping[str, Mapping[str, Any]]
    bindings: frozenset[Binding] | None = None
    policies: tuple[Policy, ...] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Of the node: version, disk_free and disk_limit in bytes, alarms."""


def look(folder: Folder, amqp_uri: str) -> Standing:
    """What stands at `amqp_uri`. Raises OSError, BrokerUnreachableError."""
    if url := os.environ.get(MANAGEMENT):
        return by_management(url, amqp_uri)
    if is_embedded(folder, amqp_uri):
        return by_command(folder)
    return by_probing(amqp_uri)


def is_embedded(folder: Folder, amqp_uri: str) -> bool:
    """Whether that broker is the private node of this folder."""
    return (folder.root / "secrets.json").exists() and amqp_uri == rabbitmq.uri(folder)


# ---- the embedded node's own command --------------------------------------------------------------------------


def by_command(folder: Folder) -> Standing:
    """Of the private node in the folder."""
    queues = rabbitmq.ask(folder, "list_queues", "name", "arguments")
    bindings = rabbitmq.ask(folder, "list_bindings", "source_name", "routing_key", "destination_name")
    status = rabbitmq.ask(folder, "status")
    return Standing(
        exchanges={row["name"]: row["type"] for row in rabbitmq.ask(folder, "list_exchanges", "name", "type")},
        queues={row["name"]: {name: value for name, _, value in row["arguments"]} for row in queues},
        bindings=frozenset((b["source_name"], b["routing_key"], b["destination_name"]) for b in bindings),
        policies=tuple(_policy(row) for row in rabbitmq.ask(folder, "list_policies")),
        facts={
            "version": status["rabbitmq_version"],
            "disk_free": status["disk_free"],
            "disk_limit": status["disk_free_limit"],
            "alarms": [str(alarm) for alarm in status["alarms"]],
        },
    )


def _policy(row: Mapping[str, Any]) -> Policy:
    definition = row["definition"]
    if isinstance(definition, str):
        import json  # noqa: PLC0415 - rabbitmqctl gives the definition as JSON within its JSON

        definition = json.loads(definition)
    return Policy(row["name"], row["pattern"], definition)


# ---- the management API -----------------------------------------------------------------------------------------


def by_management(url: str, amqp_uri: str) -> Standing:
    """Over HTTP, as the user of `amqp_uri` where the URL names none; that user needs the tag `monitoring`."""
    import httpx  # noqa: PLC0415 - slow to import

    at, parts = urlsplit(url), urlsplit(amqp_uri)
    login = at if at.username else parts
    host = quote(unquote(parts.path[1:]) or "/", safe="")
    base = f"{at.scheme}://{at.hostname}{f':{at.port}' if at.port else ''}{at.path.rstrip('/')}"
    auth = (unquote(login.username or "guest"), unquote(login.password or "guest"))
    try:
        trusted = ClientTls(ca=load(ServerSettings).tls_ca_file).context() if at.scheme == "https" else True
        with httpx.Client(base_url=base, auth=auth, timeout=ANSWER_SECONDS, verify=trusted) as client:
            return _from_answers({path: _get(client, path, host) for path in _PATHS})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OSError(f"{MANAGEMENT}: {base} does not answer: {error}: correct or unset it") from error


_PATHS: Final = ("exchanges", "queues", "bindings", "policies", "operator-policies", "nodes", "overview")


def _get(client: Any, path: str, host: str) -> Any:
    whole = path in {"nodes", "overview"}
    answer = client.get(f"/api/{path}" if whole else f"/api/{path}/{host}")
    if answer.status_code in {401, 403}:
        if "policies" in path or path == "nodes":
            return None
        raise OSError(f"{MANAGEMENT}: {client.base_url} refuses the user: give it the tag `monitoring`")
    answer.raise_for_status()
    return answer.json()


def _from_answers(found: Mapping[str, Any]) -> Standing:
    policies = None
    if found["policies"] is not None:
        rows = [*found["policies"], *(found["operator-policies"] or ())]
        policies = tuple(_policy(row) for row in rows)
    return Standing(
        exchanges={row["name"]: row["type"] for row in found["exchanges"]},
        queues={row["name"]: row["arguments"] for row in found["queues"]},
        bindings=frozenset((b["source"], b["routing_key"], b["destination"]) for b in found["bindings"]),
        policies=policies,
        facts=_facts(found),
    )


def _facts(found: Mapping[str, Any]) -> dict[str, Any]:
    nodes = [node for node in found["nodes"] or () if "disk_free" in node]
    facts: dict[str, Any] = {"version": found["overview"]["rabbitmq_version"]}
    facts["alarms"] = [
        f"{node['name']}: {word}"
        for node in found["nodes"] or ()
        for word in ("disk", "mem")
        if node.get(f"{word}_alarm")
    ] + [f"{node['name']}: does not run" for node in found["nodes"] or () if not node.get("running", True)]
    if nodes:
        tightest = min(nodes, key=lambda node: node["disk_free"] - node["disk_free_limit"])
        facts |= {"disk_free": tightest["disk_free"], "disk_limit": tightest["disk_free_limit"]}
    return facts


# ---- AMQP alone -------------------------------------------------------------------------------------------------


def by_probing(amqp_uri: str) -> Standing:
    """What declarations are told: it asks for what is planned, creates nothing, and sees no bindings."""
    connection = connect(amqp_uri, "topology")
    try:
        planned = {**EXCHANGES, mark(): MARK_TYPE}.items()
        kinds = {name: kind for name, wanted in planned if (kind := _exchange(connection, name, wanted))}
        found = {queue.name: known for queue in plan() if (known := probe(connection, queue)) is not None}
        return Standing(kinds, found, facts={"version": str(connection.server_properties.get("version", ""))})
    finally:
        close_quietly(connection)


def probe(connection: Connection, queue: QueuePlan) -> dict[str, Any] | None:
    """The arguments that a planned queue stands with; None where it does not stand."""
    if depth(connection, queue.name) is None:
        return None
    arguments = dict(queue.arguments)
    for _ in range(_MOST_ARGUMENTS):
        channel = connection.channel()
        try:
            channel.queue_declare(queue.name, durable=True, auto_delete=False, arguments=arguments)
        except PreconditionFailed as error:
            _adopt(arguments, error)
        else:
            channel.close()
            break
    return arguments


def depth(connection: Connection, queue: str) -> tuple[int, int] | None:
    """How many messages are ready in it, and how many consume it; None where it does not stand."""
    channel = connection.channel()
    try:
        _, messages, consumers = channel.queue_declare(queue, passive=True)
    except NotFound:
        return None
    channel.close()
    return int(messages), int(consumers)


def _exchange(connection: Connection, name: str, wanted: str) -> str | None:
    channel = connection.channel()
    try:
        channel.exchange_declare(name, wanted, passive=True)
        channel.exchange_declare(name, wanted, durable=True, auto_delete=False)
    except NotFound:
        return None
    except PreconditionFailed as error:
        arguments: dict[str, Any] = {"type": wanted}
        _adopt(arguments, error)
        return str(arguments["type"])
    channel.close()
    return wanted


def _adopt(arguments: dict[str, Any], error: PreconditionFailed) -> None:
    """Take over what the refusal says of the one argument that it names. Raises OSError where it names none."""
    text = str(error)
    which, current = _UNEQUAL.search(text), _CURRENT.search(text)
    if which is None or current is None:
        raise OSError(f"RabbitMQ refuses the declaration in words not understood: {text}")
    if current["value"] is None:
        arguments.pop(which[1], None)
        return
    value: Any = current["value"]
    number = current["type"] not in {None, "longstr"} or isinstance(arguments.get(which[1]), int)
    arguments[which[1]] = int(value) if number and value.lstrip("-").isdigit() else value
