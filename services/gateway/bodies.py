"""Bodies of requests: read up to a limit, checked as strictly as JSON allows, described in OpenAPI."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Literal, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from services.gateway.problems import Problem, from_validation, validation_parts

M = TypeVar("M", bound=BaseModel)
Size = Literal["body", "batch"]
DESCRIBED: Final[dict[str, type[BaseModel]]] = {}
"""Every model that a path takes, by its name in OpenAPI."""


def json_body(model: type[M], *, size: Size = "body", optional: bool = False) -> Callable[..., Awaitable[M]]:
    """A dependency that gives the body as `model`; an `optional` one may be left out altogether."""

    async def read(request: Request) -> M:
        settings = request.app.state.settings
        limit = settings.max_batch_bytes if size == "batch" else settings.max_body_bytes
        raw = await _read(request, limit)
        if not raw and optional:
            raw = b"{}"
        elif request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Problem(415, "unsupported_media_type", "Send the body as JSON with Content-Type: application/json.")
        return parse(model, raw)

    return read


def parse(model: type[M], raw: bytes) -> M:
    """The body as `model`. Strict: a number in quotes is no number, 1.0 is no count, unknown fields are refused.

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


def describes(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """`openapi_extra` of a path that takes `model`."""
    DESCRIBED[model.__name__] = model
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


async def _read(request: Request, limit: int) -> bytes:
    declared = request.headers.get("content-length", "0")
    if declared.isascii() and declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    pieces: list[bytes] = []
    size = 0
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


def schemas() -> Sequence[type[BaseModel]]:
    """What `describes` has been told of."""
    return list(DESCRIBED.values())
