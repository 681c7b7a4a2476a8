"""The description of paths in OpenAPI: the problems that each may answer, its own answer and its body."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from services.gateway.http.preference import APPLIED
from shared.contracts.access import Permission

F = TypeVar("F", bound=Callable[..., Any])

BODIES: Final[dict[str, type[BaseModel]]] = {}
"""Every body that a path takes, by its name in OpenAPI."""
_STATUSES: Final = "may_answer"
_PERMISSION: Final = "requires"
_ETAG: Final = {
    "ETag": {"schema": {"type": "string"}, "description": "The version and the language, as If-Match takes it."}
}
_LOCATION: Final = {"Location": {"schema": {"type": "string"}, "description": "The path of the new thing."}}
_APPLIED: Final = {
    "Preference-Applied": {"schema": {"type": "string"}, "description": f"`{APPLIED}` where the answer is minimal."}
}


def may_answer(*statuses: int) -> Callable[[F], F]:
    """Note on a path's function, or on a dependency, the statuses of the problems that it raises.

    The description lists them with each path that has the dependency (see `description.problems`).
    """

    def note(function: F) -> F:
        setattr(function, _STATUSES, frozenset(statuses))
        return function

    return note


def statuses_of(function: object) -> frozenset[int]:
    """Return the statuses that `may_answer` has noted on the function."""
    noted: frozenset[int] = getattr(function, _STATUSES, frozenset())
    return noted


def requires(permission: Permission) -> Callable[[F], F]:
    """Note on a dependency the permission without which it refuses the caller; the description shows it."""

    def note(function: F) -> F:
        setattr(function, _PERMISSION, permission)
        return function

    return note


def permission_of(function: object) -> Permission | None:
    """Return the permission that `requires` has noted on the function; None without one."""
    noted: Permission | None = getattr(function, _PERMISSION, None)
    return noted


def describe(
    answer: type[BaseModel],
    *,
    new: bool = False,
    minimal: bool = False,
    body: type[BaseModel] | None = None,
    optional: bool = False,
) -> dict[str, Any]:
    """Return the arguments for a path's decorator: its answer when all is well, and its body where it takes one.

    The answer is 201 for something `new`, of which the caller may prefer a `minimal` answer (see `PrefersMinimal`), and
    has an ETag where it has an id and a version. An `optional` body may be left out. FastAPI does not see the bodies,
    because the paths read them themselves (see `bodies.json_body`). Raises ValueError where another body has the name.
    """
    status = 201 if new else 200
    headers: dict[str, Any] = (_LOCATION if new else {}) | (_APPLIED if minimal else {})
    if {"id", "version"} <= answer.model_fields.keys():
        headers |= _ETAG
    described: dict[str, Any] = {"model": answer, "headers": headers} if headers else {"model": answer}
    arguments: dict[str, Any] = {"status_code": status, "responses": {status: described}}
    if body is not None:
        # Of two of one name the description would show one in both places. A plain feature may make its own again.
        if BODIES.setdefault(body.__name__, body).__module__ != body.__module__:
            raise ValueError(f"two bodies are called {body.__name__}: give one of them another name")
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{body.__name__}"}}}
        arguments["openapi_extra"] = {"requestBody": {"required": not optional, "content": content}}
    return arguments


def name_path(endpoint: Any, name: str, words: str) -> None:
    """Give the function of a path that is made by a declaration the name and the words that OpenAPI shows."""
    endpoint.__name__, endpoint.__doc__ = name, words
