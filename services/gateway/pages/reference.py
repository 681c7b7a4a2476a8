"""The API's description as one page of plain HTML: each path, its parameters, bodies, answers and problems."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from services.gateway.pages.document import code, paragraphs, row, words
from services.gateway.pages.types import SCHEMAS, describe_fields, describe_schema, describe_type, example, show_values

Json = Mapping[str, Any]
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_RESPONSES: Final = "#/components/responses/"


def describe_page(described: Json) -> Iterator[str]:
    """Yield an OpenAPI 3.1 description as HTML; every text in it is escaped."""
    described = show_values(described)
    yield paragraphs(described["info"].get("description", ""))
    yield '<p>For programs: <a href="/openapi.json">/openapi.json</a>, OpenAPI 3.1; '
    yield '<a href="/asyncapi.json">/asyncapi.json</a>, the events as AsyncAPI 3.0. '
    yield '<a href="/problems">Problems and rules</a>, <a href="/schemas">schemas of events</a>.</p>'
    groups: dict[str, list[tuple[str, str, Json]]] = {}
    for method, path, operation in _operations(described):
        groups.setdefault(operation.get("tags", [""])[0], []).append((method, path, operation))
    yield f"<p>{' · '.join(f'<a href=#tag-{escape(tag)}>{escape(tag)}</a>' for tag in groups)}</p>"
    for tag, group in groups.items():
        yield f"<h2 id='tag-{escape(tag)}'>{escape(tag)}</h2>"
        for method, path, operation in group:
            yield from _operation(method, path, operation, described)
    yield "<h2>Schemas</h2>"
    for name, schema in sorted(described.get("components", {}).get("schemas", {}).items()):
        yield describe_schema(name, schema)


def _operations(described: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in described["paths"].items():
        for method in (name for name in _METHODS if name in methods):
            yield method.upper(), path, methods[method]


def _operation(method: str, path: str, operation: Json, described: Json) -> Iterator[str]:
    name = escape(operation.get("operationId", ""))
    yield f"<details id='{name}'><summary>{code(f'{method} {path}')} {escape(operation.get('summary', ''))}</summary>"
    yield paragraphs(operation.get("description", ""))
    if parameters := operation.get("parameters"):
        yield f"<h4>Parameters</h4><table>{''.join(map(_parameter, parameters))}</table>"
    if body := operation.get("requestBody"):
        yield f"<h4>Body{'' if body.get('required') else ', may be left out'}</h4><p>{words(body['description'])}</p>"
        yield from _content(body, described)
    yield "<h4>Answers</h4>"
    for status, answer in operation.get("responses", {}).items():
        if "$ref" not in answer:
            yield f"<p>{code(status)} {words(answer.get('description', ''))}</p>"
            yield from _content(answer, described)
    yield f"<p>Problems: {' '.join(_problems(operation))}</p></details>"


def _parameter(parameter: Json) -> str:
    must = "required" if parameter.get("required") else "optional"
    where = f"{code(parameter['name'])} <small>{escape(parameter['in'])}, {must}</small>"
    return row(where, describe_type(parameter.get("schema", {})), words(parameter.get("description", "")))


def _content(part: Json, described: Json) -> Iterator[str]:
    for media, content in part.get("content", {}).items():
        schema = content.get("schema", {})
        yield f"<p><small>{escape(media)}</small> {describe_type(schema) if schema else ''}</p>"
        yield describe_fields(described["components"]["schemas"].get(schema.get("$ref", "").removeprefix(SCHEMAS), {}))
        if "example" in content:
            yield example(content["example"])


def _problems(operation: Json) -> Iterator[str]:
    for status, answer in operation.get("responses", {}).items():
        if "$ref" in answer:
            name = escape(answer["$ref"].removeprefix(_RESPONSES))
            yield f'<a href="/problems#{name}">{code(status)}</a>'
