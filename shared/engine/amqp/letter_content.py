"""The content of a failed message, as it is kept sealed: its body, its properties and its headers."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from pydantic_core import from_json, to_json

from shared.contracts.access.sealed import SEALED
from shared.contracts.refusals import Refused
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.frames import Properties
from shared.engine.amqp.wire import open_body
from shared.runtime.vault import Vault, VaultError

KEPT_PROPERTIES: Final = (
    "content_type", "content_encoding", "message_id", "type", "correlation_id", "timestamp",
)  # fmt: skip
"""The properties that a failed message keeps. Not `expiration` and `reply_to`: they were for the first delivery, whose
time is over, and nobody waits for the answer.
"""
HISTORY: Final = "x-lianshan-history"
"""Header of release 0.2: a JSON list of {at, error}, one entry for each failed try."""
MOST_HEADER_BYTES: Final = 32 * 1024
"""Bytes of JSON that are kept of a message's headers; AMQP itself allows four times as many."""
MOST_NESTED: Final = 16
"""Tables within tables that are kept of a header: JSON itself is written 255 deep, and a stranger may send more."""
MAX_REASON: Final = 500
"""Characters kept of an error's text."""
_IN_CLEAR: Final = "v0."
_NOT_KEPT: Final = ("x-death", "x-first-death", "x-last-death", "x-delivery-count", HISTORY)


@dataclass(frozen=True, slots=True)
class Content:
    """A message as its queue delivered it. `size` is that of its body in bytes, `digest` its SHA-256."""

    body: bytes
    properties: Properties = field(default_factory=dict)
    headers: Properties = field(default_factory=dict)
    routing_key: str = ""

    @property
    def size(self) -> int:
        """The bytes of the body."""
        return len(self.body)

    @property
    def digest(self) -> str:
        """The SHA-256 of the body in hexadecimal digits."""
        return sha256(self.body).hexdigest()


def read_content(delivery: Delivery) -> Content:
    """Return the parts of a delivery that a letter keeps: body, properties, headers, routing key."""
    properties: Properties = {
        name: delivery.properties[name] for name in KEPT_PROPERTIES if name in delivery.properties
    }
    # RabbitMQ notes each of its own moves in a header.
    headers = {
        name: value
        for name, value in delivery.headers.items()
        if isinstance(name, str) and not name.startswith(_NOT_KEPT)  # a name that is not UTF-8 comes as bytes
    }
    return Content(delivery.body, properties, headers, delivery.routing_key)


def seal_content(content: Content, vault: Vault | None, letter: str) -> str:
    """Return the content as it is stored in the document with that id: sealed where there is a vault."""
    try:
        body = {"text": content.body.decode()}
    except UnicodeDecodeError:
        body = {"base64": base64.b64encode(content.body).decode()}
    whole = {
        "body": body,
        "properties": _to_plain(content.properties),
        "headers": _bound(content.headers),
        "routing_key": _to_plain(content.routing_key),
    }
    text = to_json(whole).decode()
    return vault.seal(text, *place_of(letter)) if vault is not None else f"{_IN_CLEAR}{text}"


def place_of(letter: str) -> tuple[str, str, str]:
    """Return the place that the content of a failed message is sealed for."""
    return "letters", letter, "sealed"


def open_content(sealed: str, vault: Vault | None, letter: str) -> Content:
    """Return the content of the document with that id.

    Raises VaultError where the key at hand is another, ValueError where nothing was kept.
    """
    if not sealed:
        raise ValueError("its body was too large to be kept")
    if sealed.startswith(_IN_CLEAR):
        text = sealed.removeprefix(_IN_CLEAR)
    elif vault is None:
        raise VaultError("This was sealed, and there is no key at hand: set LIANSHAN_DATA_KEY.")
    else:
        text = vault.open(sealed, *place_of(letter))
    whole = from_json(text)
    body = whole["body"]
    raw = body["text"].encode() if "text" in body else base64.b64decode(body["base64"])
    properties, headers = whole["properties"], whole["headers"]
    if SEALED in headers:  # a command that was put aside as it came
        try:
            raw, headers = open_body(raw, properties, headers, vault)
        except Refused as refusal:
            raise VaultError(str(refusal)) from None
    return Content(raw, properties, headers, whole["routing_key"])


def _bound(headers: Properties) -> dict[str, object]:
    """Return the headers that fit into MOST_HEADER_BYTES, in their order, as JSON can carry them."""
    kept: dict[str, object] = {}
    left = MOST_HEADER_BYTES
    for name, value in headers.items():
        one = {str(_to_plain(name)): _to_plain(value)}
        size = len(to_json(one))
        if size <= left:  # a later one that is smaller may still fit
            kept |= one
            left -= size
    return kept


def _to_plain(value: object, depth: int = 0) -> object:
    """Return the value as JSON can carry it; the headers of strangers may hold anything, nested to any depth."""
    if isinstance(value, Mapping | list | tuple) and depth == MOST_NESTED:
        return "…"
    if isinstance(value, Mapping):
        return {str(_to_plain(name)): _to_plain(part, depth + 1) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_to_plain(part, depth + 1) for part in value]
    if isinstance(value, datetime):
        return int(value.timestamp())  # AMQP's timestamps have whole seconds
    if isinstance(value, bool | int | float) or value is None:
        return value
    text = value.decode(errors="replace") if isinstance(value, bytes | bytearray) else str(value)
    return text.encode(errors="replace").decode()


def write_timer(row: Mapping[str, object]) -> Content:
    """Return the content of a timer that failed: its key, its type and its data."""
    return Content(to_json({"timer": row["_id"], "type": row["type"], "data": row["data"]}))


def read_past(headers: Properties) -> list[dict[str, object]]:
    """Return the failures that release 0.2 has written into a message; none where its header cannot be read."""
    try:
        past = from_json(headers.get(HISTORY, "[]"))
    except (ValueError, TypeError):
        return []
    entries = [entry for entry in past if isinstance(entry, dict)] if isinstance(past, list) else []
    return [_read_entry(entry) for entry in entries]


def _read_entry(entry: Mapping[str, object]) -> dict[str, object]:
    try:
        at = datetime.fromisoformat(str(entry.get("at")))
    except ValueError:
        at = datetime.fromtimestamp(0, tz=UTC)
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return {"at": at, "code": "handler_failed", "error": str(entry.get("error", ""))[:MAX_REASON]}
