"""Every write of the API with a bad body, made from the description of its paths, so that none is forgotten."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import httpx

_JSON: Final = "application/json"
_FILE: Final = "application/octet-stream"
_SAMPLES: Final[Mapping[str, Any]] = {
    "boolean": True, "integer": 5, "string": "\u0000", "array": [], "object": {}, "null": None,
}  # fmt: skip
"""A value of each type of JSON. No text that we take contains that character."""
_ANYTHING: Final = frozenset(_SAMPLES)


@dataclass(frozen=True)
class Write:
    """An operation that takes a body. Its ids are those of nobody: a body is judged before the thing is looked for.

    `required` are the fields that no body lacks, `wrong` has a value of a wrong type for each field. `takes` is the
    credential of its caller: a key, the session of a person who has signed in, or nothing.
    """

    takes: Literal["key", "session", "nothing"]
    method: str
    path: str
    required: frozenset[str]
    wrong: Mapping[str, Any]

    def send(self, client: httpx.Client, **request: Any) -> httpx.Response:
        """Send it with the body and headers that httpx takes by these names."""
        return client.request(self.method, self.path, **request)

    @property
    def largest(self) -> int:
        """The bytes above which a body is refused."""
        return (8 if "batch" in self.path else 1) * 1024 * 1024


def describe_writes(description: Mapping[str, Any]) -> list[Write]:
    """Return every write that takes a body of JSON, of an OpenAPI description. Each other one takes a file alone."""
    return list(_read_writes(description))


def _read_writes(description: Mapping[str, Any]) -> Iterator[Write]:
    models = description["components"]["schemas"]
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            if "requestBody" in operation:
                ((content_type, content),) = operation["requestBody"]["content"].items()
                if content_type == _FILE:
                    continue
                assert content_type == _JSON, path
                model = models[content["schema"]["$ref"].rpartition("/")[2]]
                assert model["additionalProperties"] is False, f"{path} ignores unknown fields"
                fields = {name: _find_types(part, models) for name, part in model.get("properties", {}).items()}
                wrong = {name: _contradict(types) for name, types in fields.items() if types != _ANYTHING}
                ids_of_nobody = re.sub(r"\{\w+\}", "id_of_nobody", path)
                yield Write(_find_need(operation), method, ids_of_nobody, frozenset(model.get("required", ())), wrong)


def _find_need(operation: Mapping[str, Any]) -> Literal["key", "session", "nothing"]:
    if "security" not in operation:
        return "nothing"
    return "key" if next(iter(operation["security"][0].values())) else "session"


def _find_types(schema: Mapping[str, Any], models: Mapping[str, Any]) -> frozenset[str]:
    """Return the types of JSON that the schema takes."""
    if "$ref" in schema:
        return _find_types(models[schema["$ref"].rpartition("/")[2]], models)
    if parts := [part for union in ("anyOf", "oneOf") for part in schema.get(union, ())]:
        return frozenset().union(*(_find_types(part, models) for part in parts))
    return frozenset({schema["type"]}) if "type" in schema else _ANYTHING


def _contradict(types: frozenset[str]) -> Any:
    return next(sample for name, sample in _SAMPLES.items() if name not in types)
