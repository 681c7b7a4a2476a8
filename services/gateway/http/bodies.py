"""Bodies of requests: read up to a limit, checked as strictly as JSON allows."""

from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from services.gateway.http.problems import Problem, from_validation, validation_parts
from services.gateway.settings import GatewaySettings
from shared.contracts.messages import Message

M = TypeVar("M", bound=BaseModel)
Size = Literal["body", "batch"]


class NoWords(Message):
    """The body of an action that needs no words; it may be left out."""


def json_body(model: type[M], *, size: Size = "body", optional: bool = False) -> Callable[..., Awaitable[M]]:
    """Return a dependency that gives the body as `model`; an `optional` one may be left out altogether.

    FastAPI's own bodies are not strict and have no limit, which is why they are not used. The dependency raises
    Problem: 413 beyond the setting's bytes for this size, 415 for another content type, and as `parse`.
    """

    async def read(request: Request) -> M:
        settings: GatewaySettings = request.app.state.settings
        limit = settings.max_batch_bytes if size == "batch" else settings.max_body_bytes
        raw = await _read(request, limit)
        if not raw and optional:
            raw = b"{}"
        elif request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Problem(415, "unsupported_media_type", "Send the body as JSON with Content-Type: application/json.")
        return parse(model, raw)

    return read


def parse(model: type[M], raw: bytes) -> M:
    """Return the body as `model`. Strict: a number in quotes is no number, 1.0 is no count, unknown fields are refused.

    Raises Problem: 400 where it is no JSON in UTF-8, 422 with the fields and rules otherwise.
    """
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        parts = validation_parts(error)
        if parts[0]["type"] == "json_invalid":
            why = str(parts[0]["msg"]).removeprefix("Invalid JSON: ")
            raise Problem(400, "bad_json", f"The body is not JSON in UTF-8: {why}.") from None
        raise from_validation(parts) from None


def build_command(model: type[M], **fields: object) -> M:
    """Return the model with fields from the path or a header. Raises Problem (422) for an id that is malformed."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise from_validation(validation_parts(error)) from None


def is_object(value: object) -> bool:
    """Return whether a value is a JSON object or already a message, not a plain value."""
    return isinstance(value, dict | Message)


async def _read(request: Request, limit: int) -> bytes:
    declared = request.headers.get("content-length", "0")
    if declared.isascii() and declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    pieces: list[bytes] = []
    size = 0
    # The declared length may be missing or wrong, so the bytes are counted as they come.
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        pieces.append(piece)
    return b"".join(pieces)


def _too_large(limit: int) -> Problem:
    detail = f"The body is larger than {limit} bytes: send less at once."
    # The rest is not read: the connection cannot be used again.
    return Problem(413, "too_large", detail, headers={"Connection": "close"})
