"""The description of paths in OpenAPI: the problems that each may answer, its own answer and its body."""

from typing import Any, Final

from pydantic import BaseModel

from services.gateway.http.answers import ProblemDocument
from services.gateway.http.problems import MEDIA_TYPE

BODIES: Final[dict[str, type[BaseModel]]] = {}
"""Every body that a path takes, by its name in OpenAPI."""
Responses = dict[int | str, dict[str, Any]]
"""As FastAPI takes them, by status."""
# Named, because FastAPI describes `model` under application/json only.
_CONTENT: Final = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
_ETAG: Final = {
    "ETag": {"schema": {"type": "string"}, "description": "The version and the language, as If-Match takes it."}
}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "model": ProblemDocument, "content": _CONTENT}


PROBLEMS: Final[Responses] = {
    401: _problem("No key, or one that is not known."),
    403: _problem("The key does not allow this, or not in this area."),
    404: _problem("There is no such thing."),
    409: _problem("Not in this state; `detail` names the states that allow it."),
    412: _problem("If-Match names an older version: read again."),
    413: _problem("The body is too large."),
    415: _problem("The body is not JSON."),
    422: _problem("Fields that break a rule are listed in `errors`; or the Idempotency-Key was used before."),
    429: _problem("Too many requests with this key: see Retry-After."),
    503: _problem("A service cannot be reached: see Retry-After."),
    504: _problem("No answer in time: retry with the same Idempotency-Key."),
}
"""`responses` of every router."""
GONE: Final[Responses] = {
    410: _problem("The cursor no longer leads on: read the lists again, then go on after `args.start`."),
}
"""`responses` of the feed besides."""


def describe(
    answer: type[BaseModel], *, new: bool = False, body: type[BaseModel] | None = None, optional: bool = False
) -> dict[str, Any]:
    """Return the arguments for a path's decorator: its answer when all is well, and its body where it takes one.

    The answer is 201 for something `new`, and has an ETag where it has an id and a version. An `optional` body may be
    left out. FastAPI does not see the bodies, because the paths read them themselves (see `bodies.json_body`). Raises
    ValueError where another body has the name.
    """
    status = 201 if new else 200
    described: dict[str, Any] = {"model": answer}
    if {"id", "version"} <= answer.model_fields.keys():
        described["headers"] = _ETAG
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
