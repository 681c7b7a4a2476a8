"""Headers by which a caller sees its rate and the end of an operation before it is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final, TypeVar

from services.gateway.access.rate_limit import Standing

F = TypeVar("F", bound=Callable[..., Any])
Headers = list[tuple[bytes, bytes]]
_DEPRECATION: Final = "deprecation"
RATE_HEADERS: Final[Mapping[str, Any]] = {
    "RateLimit-Policy": {
        "schema": {"type": "string", "examples": ['"default";q=4000;w=4']},
        "description": "The rate of the key: `q` requests at once, which come back evenly within `w` seconds.",
    },
    "RateLimit": {
        "schema": {"type": "string", "examples": ['"default";r=3999;t=1']},
        "description": "The standing of the key: `r` requests are left, and all of them again after `t` seconds.",
    },
}


@dataclass(frozen=True, slots=True)
class Deprecation:
    """The end of an operation: it is not for new programs from `since`, and may be gone from `ends` on (UTC).

    `instead` names the operation to use, as `POST /v1/needs/{need_id}/amend`.
    """

    since: datetime
    ends: datetime
    instead: str

    def headers(self) -> Headers:
        """Return Deprecation (RFC 9745) and Sunset (RFC 8594)."""
        ends = format_datetime(self.ends.astimezone(UTC), usegmt=True)
        return [(b"deprecation", b"@%d" % int(self.since.timestamp())), (b"sunset", ends.encode())]

    def sentence(self) -> str:
        """Return the sentence of the description."""
        since, ends = self.since.date(), self.ends.date()
        return f"Deprecated since {since}: use `{self.instead}`. It may be gone from {ends} on."

    def described_headers(self) -> dict[str, Any]:
        """Return the headers as OpenAPI describes them."""
        return {
            "Deprecation": {
                "schema": {"type": "string", "examples": [self.headers()[0][1].decode()]},
                "description": "Since when, in seconds since 1970 (RFC 9745).",
            },
            "Sunset": {
                "schema": {"type": "string", "examples": [self.headers()[1][1].decode()]},
                "description": "From when on it may be gone (RFC 8594).",
            },
        }


def deprecated(since: str, ends: str, instead: str) -> Callable[[F], F]:
    """Declare the end of a path's operation, on its function: headers of each answer, and its description.

    `since` and `ends` are dates like 2027-03-01. Raises ValueError where they are fewer than 180 days apart: that many
    docs/integration.md promises.
    """
    noted = Deprecation(_midnight(since), _midnight(ends), instead)
    if (noted.ends - noted.since).days < LEAST_DAYS:
        raise ValueError(f"{instead}: at least {LEAST_DAYS} days between since and ends")

    def note(function: F) -> F:
        setattr(function, _DEPRECATION, noted)
        return function

    return note


LEAST_DAYS: Final = 180


def find_deprecation(function: object) -> Deprecation | None:
    """Return the end that `deprecated` has declared on a path's function."""
    found: Deprecation | None = getattr(function, _DEPRECATION, None)
    return found


def write_rate(standing: Standing) -> Headers:
    """Return RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10)."""
    return [
        (b"ratelimit-policy", b'"default";q=%d;w=%d' % (standing.burst, standing.window)),
        (b"ratelimit", b'"default";r=%d;t=%d' % (standing.left, standing.until_full)),
    ]


def _midnight(date: str) -> datetime:
    return datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC)
