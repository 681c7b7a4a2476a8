"""The paths without a key: `/`, `/docs`, `/openapi.json`, `/asyncapi.json`, `/problems`, `/rules`, `/schemas`."""

import asyncio
import json
from functools import cache
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from services.gateway.http.problems import CODES, Problem
from services.gateway.pages.document import POLICY, respond_html, write
from services.gateway.pages.kept import KeptDocument
from services.gateway.pages.problems import describe_problems, describe_rule, describe_type_of_problem, list_rules
from services.gateway.pages.reference import describe_page
from shared.contracts.export import FOLDER as SCHEMAS_FOLDER

router = APIRouter(include_in_schema=False)
_HOME: Final = (
    "<p>A community social-work station publishes a resident's need; resources are linked to it and volunteers "
    "dispatched (社工 + 慈善 + 志愿服务).</p>"
    '<ul><li><a href="/docs">/docs</a>: the guide to the API and each of its paths, for people</li>'
    '<li><a href="/openapi.json">/openapi.json</a>: the same for programs, OpenAPI 3.1</li>'
    '<li><a href="/asyncapi.json">/asyncapi.json</a>: the events with their routing keys, AsyncAPI 3.0</li>'
    '<li><a href="/problems">/problems</a>: each problem and each rule, in English and Chinese</li>'
    '<li><a href="/schemas">/schemas</a>: the JSON Schemas of all events, commands and answers</li></ul>'
)


@router.get("/")
async def show_home() -> Response:
    """Show where the API is described."""
    return respond_html("Lianshan 联善", [_HOME])


@router.get("/docs")
async def show_reference(request: Request) -> Response:
    """Show the description of the API, which is written once: it is large, and anybody may ask for it."""
    described, state = await _describe(request), request.app.state
    if getattr(state, "reference", None) is None:
        state.reference = await asyncio.to_thread(_write_page, described)
    return KeptDocument(state.reference, media_type="text/html", headers={"Content-Security-Policy": POLICY})


@router.get("/asyncapi.json")
async def show_events(request: Request) -> Response:
    """Show the events for programs. Other requests are answered while it is written, which takes half a second once."""
    return KeptDocument(await asyncio.to_thread(request.app.state.write_events), media_type="application/json")


@router.get("/openapi.json")
async def show_description(request: Request) -> Response:
    """Show the description for programs, which is written once: it is large, and anybody may ask for it."""
    described, state = await _describe(request), request.app.state
    if getattr(state, "description", None) is None:
        state.description = await asyncio.to_thread(_write_json, described)
    return KeptDocument(state.description, media_type="application/json")


@router.get("/problems")
async def show_problems(request: Request) -> Response:
    """Show all problems and rules."""
    return respond_html("Problems", describe_problems((await _describe(request))["components"]["responses"]))


@router.get("/problems/{name}")
async def show_problem(request: Request, name: str) -> Response:
    """Show one type of problem, which is the `type` of a problem document."""
    if name not in CODES:
        raise _no_such_path()
    responses = (await _describe(request))["components"]["responses"]
    return respond_html(name, describe_type_of_problem(name, responses))


@router.get("/rules/{rule}")
async def show_rule(rule: str) -> Response:
    """Show one rule, which is the `rule` of a problem document."""
    if rule not in list_rules():
        raise _no_such_path()
    return respond_html(rule, describe_rule(rule))


@router.get("/schemas")
async def list_schemas() -> Response:
    """List the paths of all JSON Schemas."""
    links = "".join(f'<li><a href="/schemas/{path}">{path}</a></li>' for path in sorted(_schemas()))
    why = "<p>The <code>dataschema</code> of an event is <code>lianshan:</code> and one of these paths.</p>"
    return respond_html("Schemas", [why, f"<ul>{links}</ul>"])


@router.get("/schemas/{path:path}")
async def show_schema(path: str) -> Response:
    """Show one JSON Schema; the `dataschema` of an event is `lianshan:` and its path."""
    if (schema := _schemas().get(path)) is None:
        raise _no_such_path()
    return Response(schema, media_type="application/schema+json")


@cache
def _schemas() -> dict[str, bytes]:
    """Return the committed schemas by path, read once: a few hundred small files."""
    return {str(file.relative_to(SCHEMAS_FOLDER)): file.read_bytes() for file in SCHEMAS_FOLDER.rglob("*.json")}


async def _describe(request: Request) -> dict[str, Any]:
    """Return the description. Other requests are answered while it is made, which takes two seconds once."""
    app: FastAPI = request.app
    return await asyncio.to_thread(app.openapi)


def _write_page(described: dict[str, Any]) -> bytes:
    return write(f"{described['info']['title']} {described['info']['version']}", describe_page(described)).encode()


def _write_json(described: dict[str, Any]) -> bytes:
    return json.dumps(described, ensure_ascii=False, separators=(",", ":")).encode()


def _no_such_path() -> Problem:
    return Problem(404, "not_found", "no_such_path")
