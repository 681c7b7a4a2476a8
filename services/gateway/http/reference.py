"""The API's description as one page of plain HTML: nothing in it is fetched from anywhere, and it runs no script."""

from collections.abc import Iterator, Mapping
from html import escape
from json import dumps
from typing import Any, Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse

Json = Mapping[str, Any]

PATH: Final = "/docs"
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_SCHEMAS: Final = "#/components/schemas/"
_STYLE: Final = (
    "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "pre{white-space:pre-wrap;background:#f4f4f4;padding:1em}summary{cursor:pointer}"
    "td{vertical-align:top;padding:0 1em .3em 0}code{overflow-wrap:anywhere}"
)


def install(app: FastAPI) -> None:
    """Show the application's description at PATH."""
    app.add_route(PATH, _show, include_in_schema=False)


def page(described: Json) -> str:
    """Return an OpenAPI 3.1 description as an HTML page; every text in it is escaped."""
    title = escape(f"{described['info']['title']} {described['info']['version']}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"</head><body><h1>{title}</h1><pre>{escape(described['info'].get('description', '').strip())}</pre>"
        '<p>For programs: <a href="/openapi.json">/openapi.json</a>, OpenAPI 3.1.</p>'
        f"{''.join(_operations(described))}<h2>Schemas</h2>{''.join(_schemas(described))}</body></html>\n"
    )


async def _show(request: Request) -> HTMLResponse:
    app: FastAPI = request.app
    # The policy forbids scripts and requests to other hosts, should a description ever hold such a thing.
    return HTMLResponse(page(app.openapi()), headers={"Content-Security-Policy": POLICY})


def _operations(described: Json) -> Iterator[str]:
    tag = None
    for path, methods in described["paths"].items():
        for method in (name for name in _METHODS if name in methods):
            operation = methods[method]
            # A heading where the tag changes: FastAPI lists the paths router by router.
            if (here := operation.get("tags", [""])[0]) != tag:
                tag = here
                yield f"<h2>{escape(tag)}</h2>"
            yield (
                f"<details><summary><code>{method.upper()} {escape(path)}</code> {escape(operation.get('summary', ''))}"
                f"</summary><p>{escape(operation.get('description', ''))}</p>"
                f"<table>{''.join(_rows(operation))}</table></details>"
            )


def _rows(operation: Json) -> Iterator[str]:
    for parameter in operation.get("parameters", ()):
        must = ", required" if parameter.get("required") else ""
        yield _row(f"{parameter['name']} ({parameter['in']}{must})", escape(parameter.get("description", "")))
    if body := operation.get("requestBody"):
        yield _row("body", _content(body))
    for status, answer in operation.get("responses", {}).items():
        yield _row(str(status), f"{escape(answer.get('description', ''))} {_content(answer)}")


def _row(name: str, words: str) -> str:
    return f"<tr><td><code>{escape(name)}</code></td><td>{words}</td></tr>"


def _content(part: Json) -> str:
    names = dict.fromkeys(of.get("schema", {}).get("$ref", "") for of in part.get("content", {}).values())
    ours = [escape(name.removeprefix(_SCHEMAS)) for name in names if name.startswith(_SCHEMAS)]
    return " ".join(f'<a href="#{name}">{name}</a>' for name in ours)


def _schemas(described: Json) -> Iterator[str]:
    for name, schema in sorted(described.get("components", {}).get("schemas", {}).items()):
        text = escape(dumps(schema, indent=2, ensure_ascii=False))
        yield f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary><pre>{text}</pre></details>'
