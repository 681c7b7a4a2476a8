"""The events as an AsyncAPI 3.0 document: each type with its routing key, its schema and an example.

https://www.asyncapi.com/docs/reference/specification/v3.0.0. Two servers carry them: RabbitMQ, where an agency reads a
queue of its own, and this API, whose feed has all of them.
"""

from functools import cache
from typing import Any, Final

from pydantic_core import to_json

from services.gateway.description.events import add_events
from services.gateway.description.terms import explain_all
from services.gateway.description.types import complete_types
from shared.contracts.access.permissions import is_private, permission_to_see
from shared.contracts.envelope import CONTENT_TYPE
from shared.contracts.examples import example_event
from shared.contracts.messages import EVENTS
from shared.contracts.registry import load_contracts
from shared.contracts.subscriptions import EVENTS_EXCHANGE
from shared.runtime.version import VERSION

Json = dict[str, Any]
FEED: Final = "feed"
_CHOICES: Final = ("Event", "KnownEvent", "FeedEntry")
"""Schemas of the HTTP API: AsyncAPI lists the messages of a channel instead of choosing by `type`."""
_DESCRIPTION: Final = """\
Each event is a CloudEvent 1.0 in structured JSON, without personal data. It may arrive twice: `source` and `id`
together name it. `subject` is the thing, `sequence` its version, compared as text. The JSON Schema of `data` is at the
path that follows `lianshan:` in `dataschema`.

`lianshan agency add` gives an agency its queue and its user. A reader passes over types and fields that it does not
know.
"""
_AREA: Final = (
    "The administrative segments of the area with dots between: `11.01.02.009.017` for 110102009017. The key of an "
    "event without an area ends with the type, without this last dot."
)


@cache
def write_events() -> bytes:
    """Return the document as JSON, written once: every event in it takes a third of a second."""
    return to_json(describe_events())


def describe_events() -> Json:
    """Return the AsyncAPI document."""
    load_contracts()
    kinds = sorted(EVENTS)
    public = [kind for kind in kinds if not is_private(kind)]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Lianshan", "version": VERSION, "description": _DESCRIPTION},
        "defaultContentType": CONTENT_TYPE,
        "servers": {"rabbitmq": _RABBITMQ, "http": _HTTP},
        "channels": {**{kind: _channel(kind) for kind in public}, FEED: _feed(kinds)},
        "operations": {**{f"send.{kind}": _operation(kind) for kind in public}, f"send.{FEED}": _operation(FEED)},
        "components": {
            "messages": {kind: _message(kind) for kind in kinds},
            "schemas": _schemas(),
            "securitySchemes": {
                "user": {"type": "userPassword", "description": "Of `lianshan agency add`."},
                "key": {"type": "http", "scheme": "bearer", "description": "Of `POST /v1/keys`, role `reader`."},
            },
        },
    }


_RABBITMQ: Final[Json] = {
    "host": "{host}:{port}",
    "pathname": "/{vhost}",
    "protocol": "amqp",
    "protocolVersion": "0.9.1",
    "description": "An agency reads its own queue. It may neither declare nor bind nor publish.",
    "variables": {
        "host": {"description": "The broker, as `lianshan agency add` prints it."},
        "port": {"description": "5672, with TLS 5671.", "default": "5671", "enum": ["5671", "5672"]},
        "vhost": {"description": "The virtual host, percent-encoded.", "default": "lianshan"},
    },
    "security": [{"$ref": "#/components/securitySchemes/user"}],
}
_HTTP: Final[Json] = {
    "host": "{host}",
    "protocol": "https",
    "description": "The API: see /openapi.json.",
    "variables": {"host": {"description": "The host of this document."}},
    "security": [{"$ref": "#/components/securitySchemes/key"}],
}


def _channel(kind: str) -> Json:
    return {
        "address": f"{kind}.{{area}}",
        "description": _sentence(kind),
        "servers": [{"$ref": "#/servers/rabbitmq"}],
        "parameters": {"area": {"description": _AREA, "examples": ["11.01.02.009.017"]}},
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": EVENTS_EXCHANGE, "type": "topic", "durable": True, "autoDelete": False},
                "bindingVersion": "0.3.0",
            }
        },
    }


def _feed(kinds: list[str]) -> Json:
    return {
        "address": "/v1/events/stream",
        "description": "Every event in one order, with a cursor without gaps, as Server-Sent Events. `GET /v1/events` "
        "answers the same in pages. Events that only some permissions see are here for these alone.",
        "servers": [{"$ref": "#/servers/http"}],
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in kinds},
    }


def _operation(channel: str) -> Json:
    binding = {"http": {"method": "GET", "bindingVersion": "0.3.0"}} if channel == FEED else {}
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{channel}"},
        **({"bindings": binding} if binding else {}),
    }


def _message(kind: str) -> Json:
    name = EVENTS[kind].__name__
    needed = f" Shown with the permission `{permission_to_see(kind)}` alone." if is_private(kind) else ""
    return {
        "name": kind,
        "title": name,
        "summary": f"{_sentence(kind)}{needed}",
        "contentType": CONTENT_TYPE,
        "payload": {"$ref": f"#/components/schemas/{name}Event"},
        "examples": [{"name": name, "payload": example_event(kind).model_dump(mode="json")}],
    }


def _sentence(kind: str) -> str:
    return (EVENTS[kind].__doc__ or kind).strip().partition("\n\n")[0].replace("\n", " ")


def _schemas() -> Json:
    schemas: Json = {"FeedEntry": {"properties": {}}}
    add_events(schemas)
    described = {"components": {"schemas": schemas}, "paths": {}}
    complete_types(described)
    explain_all(described)
    return {name: schema | {"title": name} for name, schema in schemas.items() if name not in _CHOICES}
