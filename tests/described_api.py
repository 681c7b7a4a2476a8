"""The description of the API, and the check that an answer is one that it describes."""

import re
from functools import cache
from typing import Any, Final

import httpx
from fastapi import FastAPI
from jsonschema_rs import Draft202012Validator, Registry

from services.gateway.app import create_app
from services.gateway.settings import GatewaySettings

_EVENTS: Final = {"#/components/schemas/FeedPage", "#/components/schemas/FeedAnswer"}
"""Answers with events, each of which would be tried as every type; their schemas have tests of their own."""


@cache
def app() -> FastAPI:
    """Return the application, which is not started."""
    return create_app(GatewaySettings(amqp_uri="amqp://nowhere/", mongo_uri="mongodb://nowhere/"))


def describe() -> dict[str, Any]:
    """Return the OpenAPI description, made once in a process: it takes a second."""
    return app().openapi()


def list_operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Return (method, path, operation) of the whole API."""
    paths = describe()["paths"]
    return [(method.upper(), path, each) for path, methods in paths.items() for method, each in methods.items()]


def check_described(response: httpx.Response) -> None:
    """Fail where a path answers a status, a content type or JSON that its description does not allow."""
    operation = _find(response.request.method, response.request.url.path)
    if operation is None:
        return
    named = f"{response.request.method} {response.request.url.path} answered {response.status_code}"
    assert str(response.status_code) in operation["responses"], f"{named}, which its description does not list"
    types = _content(operation["responses"][str(response.status_code)])
    given = response.headers.get("content-type", "").partition(";")[0]
    assert given in types if types else not given, f"{named} as {given!r}, described as {sorted(types)}"
    reference = types.get(given, {}).get("schema", {}).get("$ref")
    if reference is not None and reference not in _EVENTS:
        response.read()
        wrong = next(_validator(reference).iter_errors(response.json()), None)
        assert wrong is None, f"{named} with {wrong.instance_path}: {wrong.message[:500]}"


def _find(method: str, path: str) -> dict[str, Any] | None:
    """Return the operation of a request; None where there is none: that 404 or 405 is not of a path."""
    for template, compiled in _patterns():
        if compiled.fullmatch(path):
            found: dict[str, Any] | None = describe()["paths"][template].get(method.lower())
            return found
    return None


@cache
def _validator(reference: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"urn:api{reference}"}, registry=_parts())


@cache
def _parts() -> Registry:
    """Return the parts of the description, read once: a validator compiles those alone that it refers to."""
    return Registry([("urn:api", {"components": describe()["components"]})])


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    # Fixed paths first, as the application's own order has them: `/v1/people/shared` is no id.
    templates = sorted(describe()["paths"], key=lambda template: template.count("{"))
    return [(template, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)))) for template in templates]


def _content(answer: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in answer:
        answer = describe()["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    content: dict[str, Any] = answer.get("content", {})
    return content
