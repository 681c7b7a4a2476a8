"""A call of a tool as a request to the gateway. Pure."""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

from pydantic import JsonValue

from deploy.lianshan.assistant.gateway import Request
from deploy.lianshan.assistant.operations import ONCE, Json, Operation
from shared.contracts import Refused

_PLACE: Final = re.compile(r"\{([a-z_]+)\}")
_ID: Final = re.compile(r"[A-Za-z0-9_:@.-]{1,64}")
_ONCE: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
MOST_PARAMETERS: Final = 64
"""Values of a query, those of lists counted one by one."""
MOST_QUERY: Final = 8 * 1024
"""Bytes of a query as it is sent: proxies and the gateway's server take no longer address."""


def make_request(operation: Operation, arguments: Mapping[str, JsonValue], authorization: bytes) -> Request:
    """Return the request of the call.

    Raises Refused: `argument_no_id` for an id that could lead to another path, `once_missing` and `people_publish` for
    a draft, `argument_no_value` for a filter that is no text, number or list of texts, is an empty list, or is too
    long. All else the gateway checks.
    """
    rest = dict(arguments)
    path = _PLACE.sub(lambda found: _take_id(rest, found[1]), operation.path)
    if operation.writes:
        return _make_write(operation, path, rest, authorization)
    query = {name: _write_value(name, value) for name, value in {**operation.defaults, **rest}.items()}
    count = sum(len(value) if isinstance(value, list) else 1 for value in query.values())
    if count > MOST_PARAMETERS or len(urlencode(query, doseq=True)) > MOST_QUERY:
        raise Refused("invalid", "argument_no_value", field=max(query, key=lambda name: len(query[name]))[:64])
    return Request(operation.method, path, authorization, query)


def _make_write(operation: Operation, path: str, rest: Json, authorization: bytes) -> Request:
    once = rest.pop(ONCE, None)
    if not isinstance(once, str) or not _ONCE.fullmatch(once):
        raise Refused("invalid", "once_missing", field=ONCE)
    for name in operation.fixed:
        if name in rest:
            raise Refused("not_allowed", "people_publish", field=name)
    body: Json = {**rest, **operation.fixed}
    key = derive_key(operation.name, once, body)
    return Request(operation.method, path, authorization, body=body, idempotency_key=key)


def derive_key(name: str, once: str, body: Json) -> str:
    """Return the Idempotency-Key: the same for the same tool, `once` and arguments, in any order of fields."""
    written = json.dumps([name, once, body], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return f"mcp-{sha256(written.encode()).hexdigest()}"


def _take_id(rest: Json, name: str) -> str:
    value = rest.pop(name, None)
    # `..` would be taken as the folder above: another path than the tool's.
    if not isinstance(value, str) or not _ID.fullmatch(value) or not value.strip("."):
        raise Refused("invalid", "argument_no_id", field=name)
    return value


def _write_value(name: str, value: JsonValue) -> str | list[str]:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    # An empty list would not be sent, and the gateway would take its own default: for `text`, words about people.
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return [str(each) for each in value]
    raise Refused("invalid", "argument_no_value", field=name[:64])
