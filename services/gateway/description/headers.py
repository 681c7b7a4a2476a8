"""Headers of answers that FastAPI does not see: the rate of the key, and the end of an operation."""

from collections.abc import Iterable
from typing import Any, Final

from fastapi.routing import APIRoute

from services.gateway.http.standing_headers import RATE_HEADERS, find_deprecation

Json = dict[str, Any]
_REFERENCES: Final = {name: {"$ref": f"#/components/headers/{name}"} for name in RATE_HEADERS}


def describe_headers(described: Json, operations: Iterable[tuple[APIRoute, Json]]) -> None:
    """Describe the headers of the rate at each success and at 429, and mark the operations that are deprecated."""
    described["components"]["headers"] = dict(RATE_HEADERS)
    refused = described["components"]["responses"]["TooManyRequests"]
    refused["headers"] = {**refused.get("headers", {}), **_REFERENCES}
    for route, operation in operations:
        successes = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        if "security" in operation:
            _add(successes, _REFERENCES)
        if (deprecation := find_deprecation(route.endpoint)) is not None:
            operation["deprecated"] = True
            operation["description"] = f"{operation.get('description', '')}\n\n{deprecation.sentence()}".strip()
            _add(successes, deprecation.described_headers())


def _add(answers: Iterable[Json], headers: Json) -> None:
    for answer in answers:
        # A new dictionary: FastAPI shows the one that `describe` has given in several places.
        answer["headers"] = {**answer.get("headers", {}), **headers}
