"""A client for Lianshan's HTTP API: `Client(url, key).send(needs.read_need(need_id))`.

The modules of `lianshan_client.api` have a function for each operation of /openapi.json, which makes the call.
"""

from .async_client import AsyncClient
from .calls import Call, Listing
from .client import Client
from .errors import (
    AnswerNotUnderstoodError,
    ApiError,
    BadRequestError,
    BrokenRule,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    LianshanError,
    NoAnswerError,
    NotFoundError,
    TooLargeError,
    TooManyRequestsError,
    UnauthorizedError,
    UnavailableError,
    VersionError,
    WebhookError,
)
from .events import Event, FeedEntry
from .webhooks import verify

__all__ = [
    "AnswerNotUnderstoodError",
    "ApiError",
    "AsyncClient",
    "BadRequestError",
    "BrokenRule",
    "Call",
    "Client",
    "ConflictError",
    "Event",
    "FeedEntry",
    "ForbiddenError",
    "GoneError",
    "InvalidError",
    "LianshanError",
    "Listing",
    "NoAnswerError",
    "NotFoundError",
    "TooLargeError",
    "TooManyRequestsError",
    "UnauthorizedError",
    "UnavailableError",
    "VersionError",
    "WebhookError",
    "verify",
]
