"""Users and permissions on RabbitMQ, compared and imported as "definitions", its own format for them.

Over the management API, or through `rabbitmqctl` where there is none:
https://www.rabbitmq.com/docs/definitions, https://www.rabbitmq.com/docs/passwords
"""

import base64
import json
import secrets
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Protocol
from urllib.parse import unquote, urlsplit

import httpx

from deploy.lianshan.access.rights import Rights
from shared.runtime.addresses import ClientTls

SECONDS: Final = 20.0
COMMAND_SECONDS: Final = 60.0
PORTS: Final = {"amqp": ("http", 15672), "pyamqp": ("http", 15672), "amqps": ("https", 15671)}
HASHING: Final = "rabbit_password_hashing_sha256"
_SALT_BYTES: Final = 4

Definitions = dict[str, list[dict[str, Any]]]


class AccessError(RuntimeError):
    """Users or permissions could not be seen or changed; says what to correct."""


class Definer(Protocol):
    """A way to see and add definitions."""

    def seen(self) -> Definitions:
        """What there is. Raises AccessError."""

    def add(self, definitions: Definitions) -> None:
        """Add or replace. Raises AccessError."""


@dataclass(frozen=True)
class Management:
    """RabbitMQ's HTTP API, as a user with the tag `administrator`."""

    url: str
    user: str
    password: str
    tls: ClientTls

    @classmethod
    def of(cls, amqp_uri: str, url: str, tls: ClientTls) -> "Management":
        """Of the broker at that address: at `url`, else at the usual port of its host."""
        parts = urlsplit(amqp_uri)
        scheme, port = PORTS[parts.scheme]
        login = urlsplit(url) if "@" in url else parts
        user, password = unquote(login.username or "guest"), unquote(login.password or "guest")
        if url:
            at = urlsplit(url)
            url = at._replace(netloc=at.netloc.rpartition("@")[2]).geturl().rstrip("/")
        return cls(url or f"{scheme}://{parts.hostname}:{port}", user, password, tls)

    def answers(self) -> bool:
        """Whether something listens there."""
        try:
            with self._client() as client:
                client.get("/api/whoami")
        except httpx.TransportError:
            return False
        return True

    def seen(self) -> Definitions:
        """What there is. Raises AccessError."""
        return dict(self._ask("GET", "/api/definitions").json())

    def add(self, definitions: Definitions) -> None:
        """Add or replace. Raises AccessError."""
        self._ask("POST", "/api/definitions", json=definitions)

    def _ask(self, method: str, path: str, **body: Any) -> httpx.Response:
        try:
            with self._client() as client:
                answer = client.request(method, path, **body)
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
            raise AccessError(f"RabbitMQ at {self.url} refuses ({answer.status_code}): {answer.text[:300]}")
        return answer

    def _client(self) -> httpx.Client:
        trusted: Any = self.tls.context() if self.url.startswith("https:") else True
        return httpx.Client(base_url=self.url, auth=(self.user, self.password), timeout=SECONDS, verify=trusted)


@dataclass(frozen=True)
class Command:
    """`rabbitmqctl` on the node's own machine. `run` starts it; the embedded node is `local.rabbitmq`."""

    program: Sequence[str]
    environment: Mapping[str, str]

    def seen(self) -> Definitions:
        """What there is. Raises AccessError."""
        return dict(json.loads(self._run("", "export_definitions", "-")))

    def add(self, definitions: Definitions) -> None:
        """Add or replace. Raises AccessError."""
        self._run(json.dumps(definitions), "import_definitions")

    def _run(self, given: str, *arguments: str) -> str:
        try:
            done = subprocess.run(
                [*self.program, *arguments, "--format", "json"],
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


def difference(
    wanted: Sequence[Rights], named: Callable[[str], str], vhost: str, password: Callable[[str], str], seen: Definitions
) -> Definitions:
    """What is missing or otherwise, to be added. `named` gives a user's name on the broker, `password` its password."""
    found: Definitions = {"vhosts": [], "users": [], "permissions": [], "topic_permissions": []}
    if not any(host["name"] == vhost for host in seen.get("vhosts", ())):
        found["vhosts"].append({"name": vhost})
    for one in wanted:
        name = named(one.user)
        found["users"] += _user(name, one, password(one.user), seen)
        rule = {"configure": one.configure, "write": one.write, "read": one.read}
        found["permissions"] += _missing({"user": name, "vhost": vhost, **rule}, seen.get("permissions", ()))
        for exchange, keys in one.topics.items():
            topic = {"user": name, "vhost": vhost, "exchange": exchange, "write": keys.write, "read": keys.read}
            found["topic_permissions"] += _missing(topic, seen.get("topic_permissions", ()))
    return {kind: rows for kind, rows in found.items() if rows}


def told(changes: Definitions) -> list[str]:
    """The changes in words."""
    words = {
        "vhosts": lambda row: f"virtual host {row['name']}",
        "users": lambda row: f"RabbitMQ user {row['name']}",
        "permissions": lambda row: f"RabbitMQ permissions of {row['user']}",
        "topic_permissions": lambda row: f"RabbitMQ routing keys of {row['user']} on {row['exchange']}",
    }
    return [words[kind](row) for kind, rows in changes.items() for row in rows]


def hashed(password: str, salt: bytes) -> str:
    """As RabbitMQ keeps it."""
    return base64.b64encode(salt + sha256(salt + password.encode()).digest()).decode()


def _user(name: str, one: Rights, password: str, seen: Definitions) -> list[dict[str, Any]]:
    stands = next((row for row in seen.get("users", ()) if row["name"] == name), None)
    if stands is not None and _tags(stands["tags"]) == set(one.tags) and _is_password(stands, password):
        return []
    hashing = {"password_hash": hashed(password, secrets.token_bytes(_SALT_BYTES)), "hashing_algorithm": HASHING}
    return [{"name": name, **hashing, "tags": ",".join(one.tags)}]


def _tags(tags: Any) -> set[str]:
    """A list, or text with commas in older versions."""
    parts = tags.split(",") if isinstance(tags, str) else tags
    return {part for part in parts if part}


def _is_password(row: Mapping[str, Any], password: str) -> bool:
    kept = str(row.get("password_hash", ""))
    if row.get("hashing_algorithm") != HASHING or not kept:
        return False
    return secrets.compare_digest(hashed(password, base64.b64decode(kept)[:_SALT_BYTES]), kept)


def _missing(row: dict[str, Any], seen: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [] if any(row.items() <= other.items() for other in seen) else [row]
