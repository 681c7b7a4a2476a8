"""The events of the feed as schemas: the envelope, the data of each type, and the choice of them by `type`."""

from copy import deepcopy
from typing import Any, Final

from pydantic.json_schema import models_json_schema
from pydantic_core import from_json, to_json

from shared.contracts import CloudEvent
from shared.contracts.messages import EVENTS
from shared.contracts.registry import load_contracts

Json = dict[str, Any]
_SCHEMAS: Final = "#/components/schemas/"


def add_events(schemas: Json) -> None:
    """Add the schemas of all events, and have the feed refer to them.

    `KnownEvent` is one of the types of this release; `Event` is that, or any CloudEvent: a reader keeps a type that it
    does not know.
    """
    load_contracts()
    schemas.update(_models(schemas))
    for kind, data in EVENTS.items():
        schemas[f"{data.__name__}Event"] = _event(schemas["CloudEvent"], kind, data.__name__)
    names = {kind: f"{data.__name__}Event" for kind, data in sorted(EVENTS.items())}
    schemas["KnownEvent"] = {
        "description": "An event of this release, by its `type`.",
        "oneOf": [_reference(name) for name in names.values()],
        "discriminator": {
            "propertyName": "type",
            "mapping": {kind: f"{_SCHEMAS}{name}" for kind, name in names.items()},
        },
    }
    schemas["Event"] = {
        "description": "An event of this release, or one of another, whose type its reader passes over.",
        "anyOf": [_reference("KnownEvent"), _reference("CloudEvent")],
    }
    schemas["FeedEntry"]["properties"]["event"] = _reference("Event")


def _event(envelope: Json, kind: str, data: str) -> Json:
    """Return the schema of an event with its type and its data.

    The envelope is repeated: of `allOf` with it generators of clients keep the envelope alone, with data of any form.
    """
    own = {
        "type": {"const": kind, "type": "string"},
        "data": _reference(data) | {"description": "The event itself, without personal data."},
    }
    return envelope | {
        "description": f"The event `{kind}`.",
        "properties": deepcopy(envelope["properties"]) | own,
        "required": [*envelope["required"], "data"],
    }


def _models(taken: Json) -> Json:
    """Return the envelope, the data and their parts; a part that differs from an answer of its name is Event…."""
    models = [(model, "validation") for model in (CloudEvent, *EVENTS.values())]
    _, found = models_json_schema(models, ref_template=f"{_SCHEMAS}{{model}}")  # type: ignore[arg-type]
    text = to_json(found["$defs"]).decode()
    for name, schema in found["$defs"].items():
        if taken.get(name, schema) != schema:
            text = text.replace(f'"{_SCHEMAS}{name}"', f'"{_SCHEMAS}Event{name}"')
            text = text.replace(f'"{name}":{{', f'"Event{name}":{{', 1)
    renamed: Json = from_json(text)
    return renamed


def _reference(name: str) -> Json:
    return {"$ref": f"{_SCHEMAS}{name}"}
