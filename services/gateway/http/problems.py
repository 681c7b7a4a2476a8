"""Every error as an RFC 9457 problem document, with the field and the rule where there is one. Never a stack trace."""

from collections.abc import Mapping, Sequence
from typing import Final, get_args

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType
from pymongo.errors import ExecutionTimeout, PyMongoError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.gateway.http.answers import BrokenRule, ProblemDocument
from services.gateway.http.language import words
from services.gateway.http.route_index import RouteIndex
from services.gateway.messaging.pauses import PAUSED
from shared.contracts import Refused
from shared.contracts.broken_rules import BrokenRule as Broken
from shared.contracts.broken_rules import read_broken_rule
from shared.contracts.refusals import STATUS
from shared.runtime.logging import describe, get_logger

MEDIA_TYPE: Final = "application/problem+json"
MOST_ERRORS: Final = 50
LONG_PAUSES: Final = dict.fromkeys((*PAUSED, "events_fill_disk", "broker_short_of_room"), 30)
"""Retry-After of a request to a service that an operator has paused, or behind a closed door."""

CODES: Final = frozenset(STATUS) | {
    "bad_json", "unauthorized", "method_not_allowed", "too_large", "unsupported_media_type", "too_many_requests",
    "gone", "bad_request", "request_timeout",
}  # fmt: skip
"""The problem types; `/problems/<code>` is the `type` of each, and its title stands in the catalogue `titles`."""
_BY_STATUS: Final = {400: "bad_json", 401: "unauthorized", 403: "not_allowed", 404: "not_found"} | {
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
_SERVER_ERROR: Final = 500
_PYDANTIC: Final = frozenset(get_args(ErrorType))
_TAGS: Final = frozenset({"count only", "count and groups", "name only", "name and details"})
_KINDS: Final = frozenset({"goods", "money", "service"})
"""Branches of our unions: pydantic puts them into the path of a field, where no caller would look for them. A tag has a
space, as no field has.
"""


class Problem(Exception):  # noqa: N818 - the field's word
    """Becomes the answer. `code` is one of CODES; `rule` a reason code and `args` the values of its sentence.

    `field` is the field at fault; `errors` name several.
    """

    def __init__(
        self,
        status: int,
        code: str,
        rule: str,
        *,
        field: str | None = None,
        errors: Sequence[Broken] = (),
        headers: Mapping[str, str] | None = None,
        **args: str | int,
    ) -> None:
        super().__init__(rule)
        self.status = status
        self.code = code
        self.rule = rule
        self.values = args
        self.errors = errors if field is None else [Broken(field, rule, args)]
        self.headers = dict(headers or {})


def not_found(kind: str, thing_id: str) -> Problem:
    """Return the 404 for an id that no `kind` (station, need, …) has."""
    # The id may be as long as a path can be; the answer repeats only its beginning.
    return Problem(404, "not_found", "unknown_id", kind=kind, id=thing_id[:64])


def document(problem: Problem, instance: str) -> ProblemDocument:
    """Return the problem as it is sent, or as an item of a batch holds it, in the language of the request.

    `instance` is the path.
    """
    body = ProblemDocument(
        type=f"/problems/{problem.code}",
        title=words().title(problem.code),
        status=problem.status,
        detail=_sentence(problem),
        instance=instance,
        rule=problem.rule,
        args=dict(problem.values),
    )
    # Left unset where there are none, and so left out.
    return body.model_copy(update={"errors": [_word(error) for error in problem.errors]}) if problem.errors else body


def from_refusal(refusal: Refused) -> Problem:
    """Return the problem that a service's refusal becomes, with Retry-After (seconds) where a retry may succeed."""
    pause = LONG_PAUSES.get(refusal.rule, 1)
    retry = {"Retry-After": str(pause)} if refusal.code in ("unavailable", "deadline") else None
    errors = [] if refusal.field is None else [Broken(refusal.field, refusal.rule, refusal.values)]
    problem = Problem(refusal.status, refusal.code, refusal.rule, errors=errors, headers=retry)
    problem.values = dict(refusal.values)
    return problem


def from_validation(parts: Sequence[ErrorDetails]) -> Problem:
    """Return the 422 for a request that pydantic refuses, with at most MOST_ERRORS errors.

    Where the whole body is no object, the error has an empty field. The refused input is never repeated: it may be
    about a person.
    """
    if parts[0]["type"] == "model_type" and not parts[0]["loc"]:
        return Problem(422, "invalid", "object_expected", errors=[Broken("", "object_expected", {})])
    errors = [
        read_broken_rule(part, _field(part["loc"]))
        for part in parts[:MOST_ERRORS]
        if not _follows_from_others(part, parts)
    ]
    named = ", ".join(dict.fromkeys(error.field or "-" for error in errors))
    return Problem(422, "invalid", "fields_to_correct", errors=errors, fields=named)


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
    problem = Problem(503, "unavailable", "store_unreachable", headers={"Retry-After": "2"})
    if slow:
        problem = Problem(503, "unavailable", "reading_took_too_long", headers={"Retry-After": "2"})
    return respond(problem, request.url.path)


async def _answer_invalid_request(request: Request, error: RequestValidationError) -> Response:
    return respond(from_validation(error.errors()), request.url.path)


async def _answer_http_error(request: Request, error: HTTPException) -> Response:
    """Answer the framework's own errors with our codes: no such path, no such method."""
    code = _BY_STATUS.get(error.status_code, "failed" if error.status_code >= _SERVER_ERROR else "invalid")
    if error.status_code == 404:
        problem = Problem(404, code, "no_such_path")
    elif error.status_code == 405:
        problem = Problem(405, code, "method_not_possible", headers={"Allow": _methods(request)}, method=request.method)
    else:
        problem = Problem(error.status_code, code, "request_not_possible", headers=error.headers)
    return respond(problem, request.url.path)


def _methods(request: Request) -> str:
    """All methods of the path: the framework names those of its first route only."""
    index: RouteIndex = request.app.state.routes
    return ", ".join(sorted(index.list_methods(getattr(request.scope.get("route"), "path", ""))))


def _sentence(problem: Problem) -> str:
    field = problem.errors[0].field if len(problem.errors) == 1 else None
    args = dict(problem.values)
    if problem.errors and problem.rule != problem.errors[0].rule:
        # Several fields are named together; the first error's sentence says how to begin.
        args["first"] = _word(problem.errors[0]).detail
    return words().sentence(problem.rule, args, field=field)


def _word(broken: Broken) -> BrokenRule:
    sentence = words().sentence(_known(broken.rule), broken.args, field=broken.field)
    return BrokenRule(field=broken.field, rule=broken.rule, args=dict(broken.args), detail=sentence)


def _known(rule: str) -> str:
    """The rule, or the general one for a rule of pydantic that has no sentence of its own."""
    return "value_not_valid" if rule in _PYDANTIC and not words().knows(rule) else rule


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
