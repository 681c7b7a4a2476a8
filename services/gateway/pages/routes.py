"""The paths without a key: `/`, `/docs`, `/openapi.json`, `/asyncapi.json`, `/problems`, `/rules`, `/schemas`."""

from functools import cache
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.gateway.http.problems import CODES, Problem
from services.gateway.pages.document import POLICY, respond_html
from services.gateway.pages.kept import KeptDocument
from services.gateway.pages.problems import describe_problems, describe_rule, describe_type_of_problem, list_rules
from services.gateway.pages.written import WrittenDocuments
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
    page = await _written(request).page.get()
    return KeptDocument(page, media_type="text/html", headers={"Content-Security-Policy": POLICY})


@router.get("/asyncapi.json")
async def show_events(request: Request) -> Response:
    """Show the events for programs. Other requests are answered while it is written, which takes half a second once."""
    return KeptDocument(await _written(request).events.get(), media_type="application/json")


@router.get("/openapi.json")
async def show_description(request: Request) -> Response:
    """Show the description for programs, which is written once: it is large, and anybody may ask for it."""
    return KeptDocument(await _written(request).text.get(), media_type="application/json")


@router.get("/problems")
async def show_problems(request: Request) -> Response:
    """Show all problems and rules."""
    return respond_html("Problems", describe_problems(await _responses(request)))


@router.get("/problems/{name}")
async def show_problem(request: Request, name: str) -> Response:
    """Show one type of problem, which is the `type` of a problem document."""
    if name not in CODES:
        raise _no_such_path()
    return respond_html(name, describe_type_of_problem(name, await _responses(request)))


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


async def _responses(request: Request) -> dict[str, Any]:
    described = await _written(request).description.get()
    return dict(described["components"]["responses"])


def _written(request: Request) -> WrittenDocuments:
    written: WrittenDocuments = request.app.state.written
    return written


def _no_such_path() -> Problem:
    return Problem(404, "not_found", "no_such_path")
