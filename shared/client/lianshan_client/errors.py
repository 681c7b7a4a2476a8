"""The errors that a call can raise.

LianshanError
├─ NoAnswerError           no answer came in time; a call with the same Idempotency-Key may be sent again
├─ AnswerNotUnderstoodError
├─ WebhookError            a webhook is not from whom it says
└─ ApiError                the API refused: go by `rule`
   ├─ BadRequestError      400
   ├─ UnauthorizedError    401
   ├─ ForbiddenError       403
   ├─ NotFoundError        404
   ├─ ConflictError        409
   ├─ GoneError            410, a cursor that no longer leads on: `start`
   ├─ VersionError         412
   ├─ TooLargeError        413
   ├─ InvalidError         422
   ├─ TooManyRequestsError 429
   └─ UnavailableError     500 and above
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class LianshanError(Exception):
    """The base of all errors of this package."""


class NoAnswerError(LianshanError):
    """No answer came within the time of the call. Whether it took effect is unknown: send the same call again."""


class AnswerNotUnderstoodError(LianshanError):
    """The answer is not one of this API: no JSON, too large, or an event without an end."""


WEBHOOK_RULES = ("no_signature", "no_timestamp", "too_old", "too_new", "not_signed", "not_json")


class WebhookError(LianshanError):
    """The webhook is refused. `rule` is one of WEBHOOK_RULES."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(detail)
        self.rule = rule


@dataclass(frozen=True)
class BrokenRule:
    """One field that breaks one rule."""

    field: str
    rule: str
    detail: str
    values: Mapping[str, str | int]


class ApiError(LianshanError):
    """The API refused the call and nothing changed.

    `rule` is a code to act on, and has its page at `/rules/<rule>`; `values` are the values of its sentence. `type` is
    the path of the page about the kind of problem, `detail` the sentence in the client's language, `errors` the fields
    at fault, and `field` the first of them. `retry_after` is in seconds, where the API names a time.
    """

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: float | None = None) -> None:
        self.status = status
        self.type = str(problem.get("type", "about:blank"))
        self.rule = str(problem.get("rule", ""))
        self.detail = str(problem.get("detail") or problem.get("title") or f"The answer is {status}.")
        self.values: Mapping[str, str | int] = _mapping(problem.get("args"))
        self.errors = [_read_broken(each) for each in _list(problem.get("errors"))]
        self.retry_after = retry_after
        super().__init__(f"{status} {self.rule}: {self.detail}")

    @property
    def field(self) -> str | None:
        """The first field at fault: a dotted path into the body, a parameter or a header."""
        return self.errors[0].field if self.errors else None


class BadRequestError(ApiError):
    """400: the body is no JSON, or the request cannot be read."""


class UnauthorizedError(ApiError):
    """401: the key is missing, unknown, revoked or at its end."""


class ForbiddenError(ApiError):
    """403: the key lacks the permission, or the area named is not its own."""


class NotFoundError(ApiError):
    """404: there is no such thing in the area of the key."""


class ConflictError(ApiError):
    """409: the thing is in another state, or exists already."""


class GoneError(ApiError):
    """410: the cursor no longer leads on. Read the lists again, then go on after `start`."""

    @property
    def start(self) -> str | int:
        """The cursor to go on after, once the lists have been read again."""
        return self.values["start"]


class VersionError(ApiError):
    """412: the thing has another version than `expected`. Read it again."""


class TooLargeError(ApiError):
    """413: the body is too large."""


class InvalidError(ApiError):
    """422: fields break rules, see `errors`."""


class TooManyRequestsError(ApiError):
    """429: the rate of the key is used up, for `retry_after` seconds."""


class UnavailableError(ApiError):
    """500 and above: the service cannot answer now. The same call may be sent again."""


_BY_STATUS: Mapping[int, type[ApiError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    412: VersionError,
    413: TooLargeError,
    422: InvalidError,
    429: TooManyRequestsError,
}


def read_error(status: int, body: bytes, retry_after: float | None) -> ApiError:
    """Return the error for an answer of 300 or above. A body that is no problem document has no rule, as of a proxy."""
    try:
        problem = _mapping(json.loads(body))
    except ValueError:
        problem = {}
    kind = UnavailableError if status >= 500 else _BY_STATUS.get(status, ApiError)
    return kind(status, problem, retry_after)


def _read_broken(error: Mapping[str, Any]) -> BrokenRule:
    return BrokenRule(
        str(error.get("field", "")),
        str(error.get("rule", "")),
        str(error.get("detail", "")),
        _mapping(error.get("args")),
    )


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
