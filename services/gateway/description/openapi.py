"""The OpenAPI description of the application: FastAPI's own, and all that it does not see, added to it."""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema
from pydantic_core import from_json, to_json

from services.gateway.description.enumerations import name_enumerations
from services.gateway.description.events import add_events
from services.gateway.description.examples import add_examples
from services.gateway.description.headers import describe_headers
from services.gateway.description.links import add_links
from services.gateway.description.problems import describe_problems, find_permission, find_statuses, refer
from services.gateway.description.terms import explain_all
from services.gateway.description.types import complete_types
from services.gateway.features.needs.request import NeedIn, OtherNeed
from services.gateway.http.answers import ProblemDocument
from services.gateway.http.documented import BODIES
from services.gateway.http.language import speaking
from shared.words import Wording

Json = dict[str, Any]


def describe_api(app: FastAPI, routers: Sequence[APIRouter]) -> Json:
    """Return the description of the application, which has these routers."""
    described = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        openapi_version="3.1.0",
    )
    _add_models(described)
    described = _name_pages(described)
    add_events(described["components"]["schemas"])
    _add_problems(described, routers)
    describe_headers(described, operations(described, routers))
    _title(described["components"]["schemas"])
    complete_types(described)
    explain_all(described)
    add_examples(described)
    add_links(described)
    name_enumerations(described)
    return described


def operations(described: Json, routers: Sequence[APIRouter]) -> Iterator[tuple[APIRoute, Json]]:
    """Return each path of the routers with its operation."""
    for route in (route for router in routers for route in router.routes if isinstance(route, APIRoute)):
        for method in route.methods or ():
            yield route, described["paths"][route.path_format][method.lower()]


def _add_models(described: Json) -> None:
    """Add the bodies that FastAPI does not see because the paths read them themselves, and the problem documents."""
    models = [(model, "validation") for model in (*BODIES.values(), NeedIn, OtherNeed, ProblemDocument)]
    _, definitions = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(definitions.get("$defs", {}))
    # FastAPI's own form of a 422, which no path answers.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)


def _name_pages(described: Json) -> Json:
    """Return the description with pages of lists under their own names: FastAPI calls NeedPage `Listed_NeedListed_`."""
    schemas = described["components"]["schemas"]
    names = {name: schema["title"] for name, schema in schemas.items() if name.startswith("Listed_")}
    described["components"]["schemas"] = {names.get(name, name): schema for name, schema in schemas.items()}
    text = to_json(described).decode()
    for name, better in names.items():
        text = text.replace(f'"#/components/schemas/{name}"', f'"#/components/schemas/{better}"')
    renamed: Json = from_json(text)
    return renamed


def _title(schemas: Json) -> None:
    """Give each schema its name as title, by which generators of clients name their classes: none may come twice."""
    for name, schema in schemas.items():
        schema["title"] = name


def _add_problems(described: Json, routers: Sequence[APIRouter]) -> None:
    """Have each operation list the problems that it may answer, and no other."""
    # One description for all languages.
    with speaking(Wording("en")):
        described["components"]["responses"] = describe_problems()
    for route, operation in operations(described, routers):
        # Of the probes only their own statuses, which they describe themselves.
        described_so = "security" in operation or "requestBody" in operation
        statuses = find_statuses(route) if described_so else frozenset()
        if (needed := find_permission(route)) is not None:
            # OpenAPI 3.1 has the names of the required permissions here, also for a scheme that is no OAuth 2.
            operation["security"] = [{name: [needed] for name in scheme} for scheme in operation["security"]]
        own = {key: answer for key, answer in operation["responses"].items() if key != "422"}
        operation["responses"] = own | {str(status): refer(status) for status in sorted(statuses)}
