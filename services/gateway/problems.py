"""Every error as an RFC 9457 problem document, with the field and the rule where there is one. Never a stack trace."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import to_json
from pymongo.errors import ExecutionTimeout, PyMongoError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.gateway.pauses import PAUSED
from shared.contracts import Refused
from shared.runtime.logging import describe, get_logger

MEDIA_TYPE: Final = "application/problem+json"
MOST_ERRORS: Final = 50
PAUSED_SECONDS: Final = 30
"""After so long it is worth asking again for what an operator has paused."""

TITLES: Final[Mapping[str, str]] = {
    "bad_json": "The body is not JSON in UTF-8",
    "unauthorized": "A key is needed",
    "not_allowed": "The key does not allow this",
    "not_found": "Not found",
    "method_not_allowed": "The method does not fit the path",
    "wrong_state": "Not in this state",
    "conflict": "In conflict with something else",
    "version_mismatch": "Somebody else changed it first",
    "too_large": "The body is too large",
    "unsupported_media_type": "The body must be JSON",
    "invalid": "Something in the request breaks a rule",
    "idempotency_mismatch": "The Idempotency-Key belongs to another request",
    "too_many_requests": "Too many requests",
    "failed": "Something failed on our side",
    "unavailable": "Not available now",
    "deadline": "No answer in time",
}
_BY_STATUS: Final = {400: "bad_json", 401: "unauthorized", 403: "not_allowed", 404: "not_found"} | {
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
_TAGS: Final = frozenset({"count only", "count and groups", "name only", "details"})
_KINDS: Final = frozenset({"goods", "money", "service"})
"""Branches of our unions: pydantic puts them into the path of a field, where no caller would look for them."""
_SUBJECT: Final = re.compile(r"([a-z_]+) must ")
"""Our models' own rules begin with the field that has to change."""

Errors = Sequence[Mapping[str, str]]


class Problem(Exception):  # noqa: N818 - the field's word
    """Becomes the answer. `code` is one of TITLES; `errors` name {field, rule, detail}."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Errors = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})

    @classmethod
    def about(cls, field: str, rule: str, detail: str, *, status: int = 422, code: str = "invalid") -> "Problem":
        """One field breaks one rule."""
        return cls(status, code, detail, errors=[{"field": field, "rule": rule, "detail": detail}])


def missing(what: str, thing_id: str) -> Problem:
    """There is no such thing."""
    return Problem(404, "not_found", f"There is no {what} {thing_id[:64]}: check the id.")


def document(problem: Problem, instance: str) -> dict[str, Any]:
    """As it is sent, and as an item of a batch names its error."""
    body: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": TITLES[problem.code],
        "status": problem.status,
        "detail": problem.detail,
        "instance": instance,
    }
    return {**body, "errors": list(problem.errors)} if problem.errors else body


def from_refusal(refusal: Refused) -> Problem:
    """What a service refused."""
    errors = []
    if refusal.field is not None or refusal.rule is not None:
        errors = [{"field": refusal.field or "", "rule": refusal.rule or refusal.code, "detail": refusal.detail}]
    pause = PAUSED_SECONDS if refusal.rule == PAUSED else 1
    retry = {"Retry-After": str(pause)} if refusal.code in ("unavailable", "deadline") else None
    return Problem(refusal.status, refusal.code, refusal.detail, errors=errors, headers=retry)


def from_validation(parts: Sequence[Any]) -> Problem:
    """What pydantic found, without the input itself: it may be about a person."""
    errors = [_error(part) for part in parts[:MOST_ERRORS] if not _follows_from_others(part, parts)]
    named = ", ".join(dict.fromkeys(e["field"] or "the body" for e in errors))
    first = errors[0]["detail"]
    return Problem(422, "invalid", f"Correct {named}: {first[:1].lower()}{first[1:]}.", errors=errors)


def validation_parts(error: ValidationError) -> list[Any]:
    """The parts of a validation error that may be told."""
    return list(error.errors(include_url=False, include_input=False, include_context=False))


def respond(problem: Problem, instance: str) -> Response:
    """The answer itself."""
    body = to_json(document(problem, instance))
    return Response(body, status_code=problem.status, headers=problem.headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of the application with a problem."""

    @app.exception_handler(Problem)
    async def _problem(request: Request, problem: Problem) -> Response:
        return respond(problem, request.url.path)

    @app.exception_handler(Refused)
    async def _refused(request: Request, refusal: Refused) -> Response:
        return respond(from_refusal(refusal), request.url.path)

    @app.exception_handler(PyMongoError)
    async def _store(request: Request, error: PyMongoError) -> Response:
        get_logger().warning("store_failed", error=describe(error))
        slow = isinstance(error, ExecutionTimeout)
        detail = "Reading took too long: ask for less, or try again." if slow else "The store cannot be reached now."
        problem = Problem(503, "unavailable", detail, headers={"Retry-After": "2"})
        return respond(problem, request.url.path)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        return respond(from_validation(error.errors()), request.url.path)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        code = _BY_STATUS.get(error.status_code, "failed" if error.status_code >= 500 else "invalid")
        headers = {"Allow": _methods(app, request)} if error.status_code == 405 else error.headers
        problem = Problem(error.status_code, code, _sentence(request, error), headers=headers)
        return respond(problem, request.url.path)


def _methods(app: FastAPI, request: Request) -> str:
    """All of the path's: the framework names those of its first route only."""
    described = app.openapi()["paths"].get(getattr(request.scope.get("route"), "path", ""), {})
    return ", ".join(sorted(method.upper() for method in described))


def _sentence(request: Request, error: HTTPException) -> str:
    if error.status_code == 404:
        return "There is nothing at this path: see /openapi.json for the paths there are."
    if error.status_code == 405:
        return f"{request.method} is not possible here: see the Allow header and /openapi.json."
    return str(error.detail)


def _error(part: Any) -> dict[str, str]:
    loc = [str(p) for p in part["loc"]]
    if loc and loc[0] in ("body", "query", "path", "header", "cookie"):
        loc = loc[1:]
    path = [p for nth, p in enumerate(loc) if p not in _TAGS and not (p in _KINDS and loc[nth - 1].isdigit())]
    detail, rule = str(part["msg"]), str(part["type"])
    if rule == "value_error":
        detail = rule = detail.removeprefix("Value error, ")
        subject = _SUBJECT.match(detail)
        path += [subject[1]] if subject else []
    return {"field": ".".join(path), "rule": rule, "detail": detail}


def _follows_from_others(part: Any, parts: Sequence[Any]) -> bool:
    """A list is called too short once an item of it is wrong; the item is what has to be corrected."""
    loc = part["loc"]
    return part["type"] == "too_short" and any(
        len(other["loc"]) > len(loc) and other["loc"][: len(loc)] == loc for other in parts
    )
