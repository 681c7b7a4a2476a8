"""Bodies of requests: read up to a limit, checked as strictly as JSON allows."""

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Final, Literal, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from services.gateway.http.documented import may_answer
from services.gateway.http.problems import Problem, from_validation
from services.gateway.settings import GatewaySettings
from shared.contracts.access import Actor
from shared.contracts.broken_rules import read_errors
from shared.contracts.messages import Message
from shared.contracts.subscriptions import BODY_DIGEST
from shared.engine.amqp.fingerprint import digest_body

M = TypeVar("M", bound=BaseModel)
Size = Literal["body", "batch"]
_PLACE: Final = re.compile(r" at line (\d+) column (\d+)$")
"""The end of the JSON parser's message: the only part of it that is no English."""


class EmptyBody(Message):
    """The body of an action that needs no words; it may be left out."""


def json_body(model: type[M], *, size: Size = "body", optional: bool = False) -> Callable[..., Awaitable[M]]:
    """Return a dependency that gives the body as `model`; an `optional` one may be left out altogether.

    FastAPI's own bodies are not strict and have no limit, which is why they are not used. The dependency raises
    Problem: 408 where the body does not come whole, 413 beyond the setting's bytes for this size, 503 where the bodies
    of other requests fill the memory for them, 415 for another content type or a compressed body, and as `parse`.
    """

    @may_answer(400, 408, 413, 415, 422, 503)
    async def read(request: Request) -> M:
        settings: GatewaySettings = request.app.state.settings
        limit = settings.max_batch_bytes if size == "batch" else settings.max_body_bytes
        if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
            # Never unpacked: a few bytes may stand for gigabytes.
            raise Problem(415, "unsupported_media_type", "body_compressed", headers={"Accept-Encoding": "identity"})
        declared = _declared(request, limit)
        # Held until the request has been answered: the body lives on as a model, and in the commands made of it.
        await request.app.state.body_budget.hold_until_answered(request.scope["state"], declared, _sender(request))
        raw = await read_body(request, limit)
        if not raw and optional:
            raw = b"{}"
        else:
            require_json(request)
        body = parse(model, raw)
        # With If-Match, which is as much a part of the request: another version expected is another request.
        digest = f"{digest_body(raw)} {request.headers.get('if-match', '')}"
        request.scope["state"][BODY_DIGEST] = sha256(digest.encode()).hexdigest()
        return body

    return read


def require_json(request: Request) -> None:
    """Raise Problem (415) for a body of another content type than JSON."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "unsupported_media_type", "json_expected")


def parse(model: type[M], raw: bytes) -> M:
    """Return the body as `model`. Strict: a number in quotes is no number, 1.0 is no count, unknown fields are refused.

    Raises Problem: 400 where it is no JSON in UTF-8, 422 with the fields and rules otherwise.
    """
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        parts = read_errors(error)
        if parts[0]["type"] == "json_invalid":
            raise _not_json(str(parts[0]["msg"])) from None
        raise from_validation(parts) from None


def build_command(model: type[M], **fields: object) -> M:
    """Return the model with fields from the path or a header. Raises Problem (422) for an id that is malformed."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise from_validation(read_errors(error)) from None


def is_object(value: object) -> bool:
    """Return whether a value is a JSON object or already a message, not a plain value."""
    return isinstance(value, dict | Message)


def _not_json(message: str) -> Problem:
    place = _PLACE.search(message)
    if place is None:
        return Problem(400, "bad_json", "not_json")
    return Problem(400, "bad_json", "not_json_at", line=int(place[1]), column=int(place[2]))


def _sender(request: Request) -> str:
    """Return the principal of the caller; the address on a path that needs no key."""
    caller: Actor | None = request.scope["state"].get("caller")
    if caller is not None:
        return caller.principal
    return "" if request.client is None else request.client.host


def _declared(request: Request, limit: int) -> int:
    """Return the bytes that the body may have: those declared, or the limit. Raises Problem (413) beyond the limit."""
    declared = request.headers.get("content-length", "")
    if not (declared.isascii() and declared.isdigit()):
        return limit if "transfer-encoding" in request.headers else 0
    if int(declared) > limit:
        raise _too_large(limit)
    return int(declared)


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body. Raises Problem: 413 beyond the limit in bytes, 408 where it does not come whole."""
    pieces: list[bytes] = []
    size = 0
    # The declared length may be missing or wrong, so the bytes are counted as they come.
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                raise _too_large(limit)
            pieces.append(piece)
    except ClientDisconnect:
        raise Problem(408, "request_timeout", "request_incomplete") from None
    return b"".join(pieces)


def _too_large(limit: int) -> Problem:
    # The rest is not read: the connection cannot be used again.
    return Problem(413, "too_large", "body_too_large", headers={"Connection": "close"}, limit=limit)
