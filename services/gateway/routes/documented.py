"""What all paths say alike: the errors they may answer, and how a new thing is answered."""

from typing import Any, Final

from starlette.responses import Response

from services.gateway.house import House, reply
from services.gateway.models.answers import ProblemDocument, Thing

PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "model": ProblemDocument, "content": PROBLEM}


ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    401: _problem("No key, or one that is not known."),
    403: _problem("The key does not allow this, or not in this area."),
    404: _problem("There is no such thing."),
    409: _problem("Not in this state; see `detail` for what is possible now."),
    412: _problem("If-Match names an older version: read again."),
    413: _problem("The body is too large."),
    415: _problem("The body is not JSON."),
    422: _problem("Fields that break a rule are listed in `errors`; or the Idempotency-Key was used before."),
    429: _problem("Too many requests with this key: see Retry-After."),
    503: _problem("A service cannot be reached: see Retry-After."),
    504: _problem("No answer in time: retry with the same Idempotency-Key."),
}


def tells(model: Any, *, new: bool = False) -> dict[str, Any]:
    """For a path's decorator: what it answers when all is well; 201 for something `new`."""
    status = 201 if new else 200
    headers = {"ETag": {"schema": {"type": "string"}, "description": "The version, as If-Match takes it."}}
    described: dict[str, Any] = {"model": model}
    if issubclass(model, Thing):
        described["headers"] = headers
    return {"status_code": status, "responses": {status: described}}


def created(body: dict[str, Any], location: str) -> Response:
    """The new thing as read, and where it is."""
    return reply(body, 201, location=location)


async def read(house: House, service: str, method: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """What the owner tells, as a dictionary; an empty one where it knows nothing."""
    told = await house.queries.call(service, method, *args, **kwargs)
    return told if isinstance(told, dict) else {}
