"""Every error as an RFC 9457 problem document, with the field and the rule where there is one. Never a stack trace."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pymongo.errors import ExecutionTimeout, PyMongoError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.gateway.http.answers import BrokenRule, ProblemDocument
from services.gateway.messaging.pauses import PAUSED
from shared.contracts import Refused
from shared.runtime.logging import describe, get_logger

MEDIA_TYPE: Final = "application/problem+json"
MOST_ERRORS: Final = 50
PAUSED_SECONDS: Final = 30
"""Retry-After of a request to a service that an operator has paused."""

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
"""The title of each problem type; `/problems/<code>` is its `type`."""
_BY_STATUS: Final = {400: "bad_json", 401: "unauthorized", 403: "not_allowed", 404: "not_found"} | {
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
_SERVER_ERROR: Final = 500
_TAGS: Final = frozenset({"count only", "count and groups", "name only", "details"})
_KINDS: Final = frozenset({"goods", "money", "service"})
"""Branches of our unions: pydantic puts them into the path of a field, where no caller would look for them."""
_SUBJECT: Final = re.compile(r"([a-z_]+) must ")
"""Our models' own rules begin with the field that has to change."""


class Problem(Exception):  # noqa: N818 - the field's word
    """Becomes the answer. `code` is one of TITLES; `errors` name {field, rule, detail}."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[BrokenRule] = (),
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
        """Return the problem of one field that breaks one rule."""
        return cls(status, code, detail, errors=[BrokenRule(field=field, rule=rule, detail=detail)])


def not_found(kind: str, thing_id: str) -> Problem:
    """Return the 404 for an id that no `kind` (station, need, …) has."""
    # The id may be as long as a path can be; the answer repeats only its beginning.
    return Problem(404, "not_found", f"There is no {kind} {thing_id[:64]}: check the id.")


def document(problem: Problem, instance: str) -> ProblemDocument:
    """Return the problem as it is sent, or as an item of a batch holds it; `instance` is the path."""
    body = ProblemDocument(
        type=f"/problems/{problem.code}",
        title=TITLES[problem.code],
        status=problem.status,
        detail=problem.detail,
        instance=instance,
    )
    # Left unset where there are none, and so left out.
    return body.model_copy(update={"errors": list(problem.errors)}) if problem.errors else body


def from_refusal(refusal: Refused) -> Problem:
    """Return the problem that a service's refusal becomes, with Retry-After (seconds) where a retry may succeed."""
    errors = []
    if refusal.field is not None or refusal.rule is not None:
        rule = refusal.rule or refusal.code
        errors = [BrokenRule(field=refusal.field or "", rule=rule, detail=refusal.detail)]
    pause = PAUSED_SECONDS if refusal.rule == PAUSED else 1
    retry = {"Retry-After": str(pause)} if refusal.code in ("unavailable", "deadline") else None
    return Problem(refusal.status, refusal.code, refusal.detail, errors=errors, headers=retry)


def from_validation(parts: Sequence[ErrorDetails]) -> Problem:
    """Return the 422 for a request that pydantic refuses, with at most MOST_ERRORS errors.

    The refused input is never repeated: it may be about a person.
    """
    errors = [_error(part) for part in parts[:MOST_ERRORS] if not _follows_from_others(part, parts)]
    named = ", ".join(dict.fromkeys(error.field or "the body" for error in errors))
    first = errors[0].detail
    return Problem(422, "invalid", f"Correct {named}: {first[:1].lower()}{first[1:]}.", errors=errors)


def validation_parts(error: ValidationError) -> list[ErrorDetails]:
    """Return the parts of a validation error without its input, which may be about a person."""
    return error.errors(include_url=False, include_input=False, include_context=False)


def respond(problem: Problem, instance: str) -> Response:
    """Return the HTTP response for the problem."""
    body = document(problem, instance).model_dump_json(exclude_unset=True)
    return Response(body, status_code=problem.status, headers=problem.headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of the application with a problem document."""
    app.exception_handler(Problem)(_answer_problem)
    app.exception_handler(Refused)(_answer_refusal)
    app.exception_handler(PyMongoError)(_answer_store_error)
    app.exception_handler(RequestValidationError)(_answer_invalid_request)
    app.exception_handler(HTTPException)(_answer_http_error)


async def _answer_problem(request: Request, problem: Problem) -> Response:
    return respond(problem, request.url.path)


async def _answer_refusal(request: Request, refusal: Refused) -> Response:
    return respond(from_refusal(refusal), request.url.path)


async def _answer_store_error(request: Request, error: PyMongoError) -> Response:
    get_logger().warning("store_failed", error=describe(error))
    slow = isinstance(error, ExecutionTimeout)
    detail = "Reading took too long: ask for less, or try again." if slow else "The store cannot be reached now."
    return respond(Problem(503, "unavailable", detail, headers={"Retry-After": "2"}), request.url.path)


async def _answer_invalid_request(request: Request, error: RequestValidationError) -> Response:
    return respond(from_validation(error.errors()), request.url.path)


async def _answer_http_error(request: Request, error: HTTPException) -> Response:
    """Reword the framework's own errors: no such path, no such method."""
    code = _BY_STATUS.get(error.status_code, "failed" if error.status_code >= _SERVER_ERROR else "invalid")
    headers = {"Allow": _methods(request)} if error.status_code == 405 else error.headers
    problem = Problem(error.status_code, code, _sentence(request, error), headers=headers)
    return respond(problem, request.url.path)


def _methods(request: Request) -> str:
    """All methods of the path: the framework names those of its first route only."""
    app: FastAPI = request.app
    described = app.openapi()["paths"].get(getattr(request.scope.get("route"), "path", ""), {})
    return ", ".join(sorted(method.upper() for method in described))


def _sentence(request: Request, error: HTTPException) -> str:
    if error.status_code == 404:
        return "There is nothing at this path: see /openapi.json for the paths there are."
    if error.status_code == 405:
        return f"{request.method} is not possible here: see the Allow header and /openapi.json."
    return str(error.detail)


def _error(part: ErrorDetails) -> BrokenRule:
    detail, rule, path = str(part["msg"]), str(part["type"]), _field(part["loc"])
    if rule == "value_error":
        detail = rule = detail.removeprefix("Value error, ")
        subject = _SUBJECT.match(detail)
        path += [subject[1]] if subject else []
    return BrokenRule(field=".".join(path), rule=rule, detail=detail)


def _field(where: tuple[int | str, ...]) -> list[str]:
    """The path of the field as the caller wrote it, without the parts that only pydantic and FastAPI know."""
    parts = [str(part) for part in where]
    if parts and parts[0] in ("body", "query", "path", "header", "cookie"):
        parts = parts[1:]
    return [p for nth, p in enumerate(parts) if p not in _TAGS and not (p in _KINDS and parts[nth - 1].isdigit())]


def _follows_from_others(part: ErrorDetails, parts: Sequence[ErrorDetails]) -> bool:
    """A list is called too short once an item of it is wrong; the item is the error to correct."""
    where = part["loc"]
    return part["type"] == "too_short" and any(
        len(other["loc"]) > len(where) and other["loc"][: len(where)] == where for other in parts
    )
