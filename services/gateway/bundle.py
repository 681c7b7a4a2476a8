"""All contracts in one folder, for those who integrate without a running platform.

| path | contents |
|---|---|
| `openapi.json`, `asyncapi.json` | the API and the events, as the gateway serves them |
| `schemas/` | the JSON Schemas: the `dataschema` of an event is `lianshan:/` and a path of this folder |
| `examples/events/`, `examples/requests/` | an event of each type; a body by the `operationId` that takes it |
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic_core import from_json, to_json

from services.gateway.app import create_app
from services.gateway.description.asyncapi import write_events
from services.gateway.settings import GatewaySettings
from shared.contracts.export import FOLDER

NOWHERE: Final = GatewaySettings(amqp_uri="amqp://nobody@127.0.0.1/", mongo_uri="mongodb://127.0.0.1/")
"""The application is described, not started: it connects to nothing."""


class FolderInUseError(RuntimeError):
    """The folder is not empty; the message names it and the next step."""


def write_bundle(folder: Path) -> list[Path]:
    """Write the contracts of this release into a new or empty folder and return the files.

    Raises FolderInUseError where it holds something: a file of another release would stay beside those of this one.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FolderInUseError(f"{folder} is not empty: name a new folder, or empty it")
    written = []
    for path, content in _list_contents():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        written.append(file)
    return written


def _list_contents() -> Iterator[tuple[str, bytes]]:
    openapi, events = create_app(NOWHERE).openapi(), from_json(write_events())
    yield "openapi.json", _text(openapi)
    yield "asyncapi.json", _text(events)
    for file in sorted(FOLDER.rglob("*.json")):
        yield f"schemas/{file.relative_to(FOLDER)}", file.read_bytes()
    for kind, message in events["components"]["messages"].items():
        yield f"examples/events/{kind}.json", _text(message["examples"][0]["payload"])
    for name, body in _list_bodies(openapi):
        yield f"examples/requests/{name}.json", _text(body)


def _list_bodies(openapi: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for operation in (each for methods in openapi["paths"].values() for each in methods.values()):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" in content:
            yield operation["operationId"], content["example"]


def _text(value: Any) -> bytes:
    return to_json(value, indent=2) + b"\n"
