"""Users and permissions on RabbitMQ, compared and imported as "definitions", RabbitMQ's own format for them.

They are read and written over the management API, or through `rabbitmqctl` where there is none:
https://www.rabbitmq.com/docs/definitions, https://www.rabbitmq.com/docs/passwords
"""

import base64
import json
import secrets
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol
from urllib.parse import quote, unquote, urlsplit

import httpx

from deploy.lianshan.access.rights import OBSERVED, Rights
from shared.runtime.addresses import ClientTls

SECONDS: Final = 20.0
COMMAND_SECONDS: Final = 60.0
START_TRIES: Final = 20
START_PAUSE_SECONDS: Final = 0.5
PORTS: Final = {"amqp": ("http", 15672), "pyamqp": ("http", 15672), "amqps": ("https", 15671)}
HASHING: Final = "rabbit_password_hashing_sha256"
_SALT_BYTES: Final = 4
_JSON: Final = ("--format", "json")
OBSERVER_BYTES: Final = 1024**3
"""Bytes of events that an agency's queue holds, about 700,000; beyond, the oldest go, and the agency reads the feed."""

Row = Mapping[str, object]
"""One definition: a user, a permission …, by the field names of RabbitMQ."""
Definitions = dict[str, list[Row]]
"""By kind: `vhosts`, `users`, `permissions`, `topic_permissions`, `policies`; as read also `queues`, `bindings`."""


class AccessError(RuntimeError):
    """Users or permissions could not be read or changed; the message names the setting to correct."""


class BrokerFaultError(AccessError):
    """The broker has a fault, or is starting still."""


class Definer(Protocol):
    """A way to read and add definitions."""

    def read(self) -> Definitions:
        """Return the definitions of the broker. Raises AccessError."""

    def add(self, definitions: Definitions) -> None:
        """Add the definitions, or replace those of the same name. Raises AccessError."""

    def remove_user(self, name: str) -> None:
        """Remove a user; the broker ends its connections. Raises AccessError."""

    def close_connections(self, name: str) -> None:
        """End all connections of a user. Raises AccessError."""


@dataclass(frozen=True)
class Management:
    """RabbitMQ's HTTP API, as a user with the tag `administrator`."""

    url: str
    user: str
    password: str
    tls: ClientTls

    @classmethod
    def of(cls, amqp_uri: str, url: str, tls: ClientTls) -> "Management":
        """Return the API of the broker at that address: at `url`, else at the usual port of the broker's host."""
        parts = urlsplit(amqp_uri)
        scheme, port = PORTS[parts.scheme]
        login = urlsplit(url) if "@" in url else parts
        user, password = unquote(login.username or "guest"), unquote(login.password or "guest")
        if url:
            at = urlsplit(url)
            url = at._replace(netloc=at.netloc.rpartition("@")[2]).geturl().rstrip("/")
        return cls(url or f"{scheme}://{parts.hostname}:{port}", user, password, tls)

    def answers(self) -> bool:
        """Return whether anything answers there."""
        try:
            with self._client() as client:
                client.get("/api/whoami")
        except httpx.TransportError:
            return False
        return True

    def read(self) -> Definitions:
        """Return the definitions of the broker, which has none to show for some seconds after its start.

        Raises AccessError.
        """
        for _ in range(START_TRIES - 1):
            try:
                return dict(self._send("GET").json())
            except BrokerFaultError:
                time.sleep(START_PAUSE_SECONDS)
        return dict(self._send("GET").json())

    def add(self, definitions: Definitions) -> None:
        """Add the definitions, or replace those of the same name. Raises AccessError."""
        self._send("POST", json=definitions)

    def remove_user(self, name: str) -> None:
        """Remove a user; the broker ends its connections. Raises AccessError."""
        self._send("DELETE", f"/api/users/{quote(name, safe='')}")

    def close_connections(self, name: str) -> None:
        """End all connections of a user. Raises AccessError."""
        self._send("DELETE", f"/api/connections/username/{quote(name, safe='')}")

    def _send(self, method: str, path: str = "/api/definitions", json: Definitions | None = None) -> httpx.Response:
        try:
            with self._client() as client:
                answer = client.request(method, path, json=json)
        except httpx.HTTPError as error:
            raise AccessError(
                f"LIANSHAN_MANAGEMENT_URL: {self.url} does not answer ({error}): set it to RabbitMQ's management API"
            ) from None
        if answer.status_code in {401, 403}:
            raise AccessError(
                f"LIANSHAN_AMQP_URI: {self.user} may not change users on {self.url}: name a user with the tag "
                "`administrator`, with its password"
            )
        if not answer.is_success:
            kind = BrokerFaultError if answer.is_server_error else AccessError
            raise kind(f"RabbitMQ at {self.url} refuses ({answer.status_code}): {answer.text[:300]}")
        return answer

    def _client(self) -> httpx.Client:
        trusted = (self.tls if self.url.startswith("https:") else ClientTls()).context()
        return httpx.Client(base_url=self.url, auth=(self.user, self.password), timeout=SECONDS, verify=trusted)


@dataclass(frozen=True)
class Command:
    """`rabbitmqctl` on the node's own machine: the beginning of its command line, and its environment."""

    program: Sequence[str]
    environment: Mapping[str, str]

    def read(self) -> Definitions:
        """Return the definitions of the broker. Raises AccessError."""
        return dict(json.loads(self._run("", "export_definitions", "-", *_JSON)))

    def add(self, definitions: Definitions) -> None:
        """Add the definitions, or replace those of the same name. Raises AccessError."""
        self._run(json.dumps(definitions), "import_definitions", *_JSON)

    def remove_user(self, name: str) -> None:
        """Remove a user; the broker ends its connections. Raises AccessError."""
        self._run("", "delete_user", name)

    def close_connections(self, name: str) -> None:
        """End all connections of a user. Raises AccessError."""
        self._run("", "close_all_user_connections", name, "another password")

    def _run(self, given: str, *arguments: str) -> str:
        try:
            done = subprocess.run(
                [*self.program, *arguments],
                env=dict(self.environment),
                input=given,
                capture_output=True,
                text=True,
                timeout=COMMAND_SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            raise AccessError(
                f"neither RabbitMQ's management API nor `rabbitmqctl {arguments[0]}` answers: set "
                "LIANSHAN_MANAGEMENT_URL, or run this as the node's own user on its machine"
            ) from None
        return done.stdout


def find_differences(
    wanted: Sequence[Rights], named: Callable[[str], str], vhost: str, password: Callable[[str], str], seen: Definitions
) -> Definitions:
    """Return the definitions that are missing or different, to be added.

    `named` returns a user's name on the broker, `password` its password.
    """
    found: Definitions = {"vhosts": [], "users": [], "permissions": [], "topic_permissions": [], "policies": []}
    if not any(host["name"] == vhost for host in seen.get("vhosts", ())):
        found["vhosts"].append({"name": vhost})
    for one in wanted:
        name = named(one.user)
        found["users"] += _compare_user(name, one, password(one.user), seen)
        rule = {"configure": one.configure, "write": one.write, "read": one.read}
        found["permissions"] += _compare({"user": name, "vhost": vhost, **rule}, seen.get("permissions", ()))
        for exchange, keys in one.topics.items():
            topic = {"user": name, "vhost": vhost, "exchange": exchange, "write": keys.write, "read": keys.read}
            found["topic_permissions"] += _compare(topic, seen.get("topic_permissions", ()))
    found["policies"] += _compare(bound_observers(vhost), seen.get("policies", ()))
    return {kind: rows for kind, rows in found.items() if rows}


def bound_observers(vhost: str) -> Row:
    """Return the policy that bounds the queues of agencies: one that nobody reads any more drops its oldest events.

    Without it a forgotten queue would grow until the disk alarm blocks every publisher. A queue's own lower limit
    counts; a policy of a higher priority takes the place of this one.
    """
    limit = {"max-length-bytes": OBSERVER_BYTES, "overflow": "drop-head"}
    pattern = f"^({OBSERVED})$"
    return {
        "vhost": vhost, "name": "lianshan-observers", "pattern": pattern, "apply-to": "queues", "definition": limit,
        "priority": 0,
    }  # fmt: skip


def describe(changes: Definitions) -> list[str]:
    """Return the changes in words, without a password or its hash."""
    words = {
        "vhosts": "virtual host {name}",
        "users": "RabbitMQ user {name}",
        "permissions": "RabbitMQ permissions of {user}",
        "topic_permissions": "RabbitMQ routing keys of {user} on {exchange}",
        "policies": "RabbitMQ policy {name}",
    }
    return [words[kind].format_map(row) for kind, rows in changes.items() for row in rows]


def hash_password(password: str, salt: bytes) -> str:
    """Return the salted hash that RabbitMQ keeps of a password: https://www.rabbitmq.com/docs/passwords."""
    return base64.b64encode(salt + sha256(salt + password.encode()).digest()).decode()


def _compare_user(name: str, one: Rights, password: str, seen: Definitions) -> list[Row]:
    standing = next((row for row in seen.get("users", ()) if row["name"] == name), None)
    if standing is not None and _read_tags(standing["tags"]) == set(one.tags) and _is_password(standing, password):
        return []
    return [define_user(name, one, password)]


def define_user(name: str, rights: Rights, password: str) -> dict[str, object]:
    """Return the definition of a user of that name with the tags of its rights, and its password as a salted hash."""
    salted = hash_password(password, secrets.token_bytes(_SALT_BYTES))
    return {"name": name, "password_hash": salted, "hashing_algorithm": HASHING, "tags": ",".join(rights.tags)}


def _read_tags(tags: object) -> set[str]:
    # A list, or text with commas in older versions.
    parts = tags if isinstance(tags, list) else str(tags).split(",")
    return {str(part) for part in parts if part}


def _is_password(row: Row, password: str) -> bool:
    kept = str(row.get("password_hash", ""))
    if row.get("hashing_algorithm") != HASHING or not kept:
        return False
    # With the salt of the hash that is kept the same password gives the same hash.
    return secrets.compare_digest(hash_password(password, base64.b64decode(kept)[:_SALT_BYTES]), kept)


def _compare(row: Row, seen: Sequence[Row]) -> list[Row]:
    # The broker adds fields of its own, so that equality would never hold.
    return [] if any(row.items() <= other.items() for other in seen) else [row]
