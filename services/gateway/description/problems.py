"""The problems that each path may answer, by its dependencies, and the answers of OpenAPI that describe them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.gateway.http.documented import permission_of, statuses_of
from services.gateway.http.problems import MEDIA_TYPE, Problem, document
from shared.contracts.access import Permission

Json = dict[str, Any]
_RETRY: Final = {
    "Retry-After": {"schema": {"type": "integer", "minimum": 0}, "description": "Seconds to wait before another try."}
}
_CHALLENGE: Final = {
    "WWW-Authenticate": {"schema": {"type": "string"}, "description": "`Bearer`, with the error where a key was sent."}
}


@dataclass(frozen=True)
class Described:
    """A problem of OpenAPI: its name there, the sentence, an example, and the headers beside it."""

    name: str
    sentence: str
    example: Problem
    headers: Mapping[str, Any] | None = None


PROBLEMS: Final[Mapping[int, Described]] = {
    400: Described(
        "BadJson", "The body is no JSON in UTF-8: `/problems/bad_json`, rule `not_json` or `not_json_at`.",
        Problem(400, "bad_json", "not_json_at", line=1, column=12),
    ),
    401: Described(
        "Unauthorized",
        "No key, an unknown one, or one that has ended: `/problems/unauthorized`, rule `key_missing`, `key_unknown` "
        "or `key_has_ended`; a session that has ended: `session_has_ended`; a token that does not count: a rule that "
        "begins with `token_`. Signing in: `name_or_password_wrong`. Without a true signature: a rule that "
        "begins with `signature_`.",
        Problem(401, "unauthorized", "key_unknown"), _CHALLENGE,
    ),
    403: Described(
        "NotAllowed",
        "The key does not allow this (rule `permission_missing`), or not in the area named (`area_elsewhere`), or a "
        "rule forbids it to this person: `/problems/not_allowed`.",
        Problem(403, "not_allowed", "area_elsewhere", field="area", area="310104", own_area="310101"),
    ),
    404: Described(
        "NotFound", "There is no such thing in the area of the key: `/problems/not_found`, mostly rule `unknown_id`.",
        Problem(404, "not_found", "unknown_id", kind="need", id="need_0k3f9x2m1d8r"),
    ),
    408: Described(
        "RequestTimeout", "The request did not arrive whole in time: `/problems/request_timeout`. Nothing was done.",
        Problem(408, "request_timeout", "request_incomplete"),
    ),
    409: Described(
        "NotNow",
        "Not in this state (`/problems/wrong_state`), or it contradicts another thing (`/problems/conflict`); `rule` "
        "names the reason, and `detail` the next step.",
        Problem(409, "wrong_state", "first_key_stays"),
    ),
    410: Described(
        "CursorGone",
        "The cursor no longer leads on: `/problems/gone`, rule `cursor_of_other_epoch`, `cursor_beyond_feed` or "
        "`cursor_in_swept_part`. Read the lists again, then go on after `args.start`.",
        Problem(410, "gone", "cursor_of_other_epoch", field="after", start="0k3f9x2m1d8r5t7w2q4z-0"),
    ),
    412: Described(
        "VersionMismatch", "If-Match names another version than the current one: `/problems/version_mismatch`.",
        Problem(412, "version_mismatch", "version_not_current", field="If-Match", kind="need", current=4, expected=3),
    ),
    413: Described(
        "TooLarge", "The body is too large: `/problems/too_large`, rule `body_too_large`. The connection is closed.",
        Problem(413, "too_large", "body_too_large", limit=1048576),
    ),
    415: Described(
        "NotJson",
        "The Content-Type is not `application/json`, or the body is compressed: `/problems/unsupported_media_type`, "
        "rule `json_expected` or `body_compressed`.",
        Problem(415, "unsupported_media_type", "json_expected"),
    ),
    422: Described(
        "Invalid",
        "Fields, parameters or headers that break a rule, each in `errors`: `/problems/invalid`. A write also where "
        "its Idempotency-Key came before with another request: `/problems/idempotency_mismatch`.",
        Problem(422, "invalid", "unknown_parameter", field="stat", known="after, area, limit, state"),
    ),
    429: Described(
        "TooManyRequests",
        "Too many requests with this key, too many streams, or too many attempts to sign in that failed: "
        "`/problems/too_many_requests`, rule `rate_used_up`, `own_streams_used_up` or `sign_in_delayed`.",
        Problem(429, "too_many_requests", "rate_used_up", seconds=1), _RETRY,
    ),
    500: Described(
        "Failed", "A fault of the platform, which is on record: `/problems/failed`. `detail` says how to go on.",
        Problem(500, "failed", "failed_here"),
    ),
    503: Described(
        "Unavailable",
        "A service, its store or the messages between them cannot be reached, or an operator has paused the service: "
        "`/problems/unavailable`. Nothing was done.",
        Problem(503, "unavailable", "store_unreachable"), _RETRY,
    ),
    504: Described(
        "Deadline", "No answer in time: `/problems/deadline`. It may be done: retry with the same Idempotency-Key.",
        Problem(504, "deadline", "no_answer_in_time", service="stations", seconds=10), _RETRY,
    ),
}  # fmt: skip
"""Every problem that a path may answer, by status."""


def find_statuses(route: APIRoute) -> frozenset[int]:
    """Return the statuses of the problems that the path may answer: those of its function and its dependencies.

    A path with an id in it may also be answered 404.
    """
    found = set(statuses_of(route.endpoint))
    for part in _walk(route.dependant):
        found |= statuses_of(part.call)
        if part.path_params:
            found.add(404)
    return frozenset(found)


def find_permission(route: APIRoute) -> Permission | None:
    """Return the permission that the path needs; None for a path without a key, or for one's own account."""
    return next((needed for part in _walk(route.dependant) if (needed := permission_of(part.call))), None)


def refer(status: int) -> Json:
    """Return the answer of an operation with this status."""
    return {"$ref": f"#/components/responses/{PROBLEMS[status].name}"}


def describe_problems() -> Json:
    """Return `components.responses`, in the language of the moment."""
    return {each.name: _response(each) for each in PROBLEMS.values()}


def _response(each: Described) -> Json:
    example = document(each.example, "/v1/needs").model_dump(mode="json", exclude_unset=True)
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}, "example": example}}
    described: Json = {"description": each.sentence, "content": content}
    return described if each.headers is None else described | {"headers": each.headers}


def _walk(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for part in dependant.dependencies:
        yield from _walk(part)
