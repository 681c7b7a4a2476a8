"""Parameters and headers that many paths take: paging, area, ids, Idempotency-Key, If-Match."""

from dataclasses import replace
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Header, Query, Request
from pydantic import BeforeValidator
from pydantic_core import PydanticKnownError

from services.gateway.http.documented import may_answer
from services.gateway.http.problems import Problem
from services.gateway.messaging.commands import Origin, generated_key
from shared.contracts.areas import AreaCode
from shared.contracts.messages import ID_PATTERN, ExternalId, Instant
from shared.words import LANGUAGES

MOST_ITEMS: Final = 200
"""Items on a page."""
_ETAG_DIGITS: Final = 9
_YEAR_DIGITS: Final = 4
ETAG_PATTERN: Final = rf'^(\*|(W/)?"?[0-9]{{1,{_ETAG_DIGITS}}}(-({"|".join(LANGUAGES)}))?"?)$'
"""The form of If-Match: a version, as the ETag shows it, or `*` for any."""
T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS, description="Items on a page.")]
After = Annotated[str | None, Query(max_length=256, description="`next` of the page before.")]
InArea = Annotated[AreaCode | None, Query(description="An administrative code: that area and all within it.")]
NamedBy = Annotated[ExternalId | None, Query(description="Your own name for the thing: that one alone.")]
Several = Annotated[tuple[T, ...], Query(max_length=32, description="May come several times: each value fits.")]
"""A filter of a closed set of values; none given: all fit. Its default is `()`."""
IdOf = Annotated[str | None, Query(max_length=64, pattern=ID_PATTERN)]


def _no_number(value: object) -> object:
    # pydantic takes a number in a text for seconds since 1970, which nobody means by a time in a URL: `2030` is a year.
    if isinstance(value, str) and value[_YEAR_DIGITS : _YEAR_DIGITS + 1] != "-":
        raise PydanticKnownError("datetime_parsing", {"error": "a number"})
    return value


InstantIn = Annotated[Instant, BeforeValidator(_no_number)]
"""An instant in a query: RFC 3339, with its offset."""


# Coroutines although they wait for nothing: FastAPI would run plain functions in threads.
async def _origin(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            description="Names this request: sent again with the same body it is answered as the first time.",
        ),
    ] = None,
) -> Origin:
    state = request.scope["state"]
    # The response names the key too, also a generated one: a caller who sent none can still retry safely.
    state["idempotency_key"] = idempotency_key = idempotency_key or generated_key()
    return Origin(
        actor=state["caller"],
        method=request.method,
        path=request.url.path,
        idempotency_key=idempotency_key,
        correlation=state["correlation"],
        state=state,
    )


@may_answer(412, 422)
async def _expected_version(
    if_match: Annotated[
        str | None, Header(max_length=64, description="The ETag that was read: refuse if it is not current.")
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    # Weak or strong is the same here: a version is a version (RFC 9110, section 8.8.3).
    text = if_match.strip().removeprefix("W/").strip('"')
    version, _, language = text.partition("-")
    if language not in ("", *LANGUAGES) or not _is_version(version):
        raise Problem(422, "invalid", "not_an_etag", field="If-Match")
    return int(version)


def _is_version(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _ETAG_DIGITS


RequestOrigin = Annotated[Origin, Depends(_origin)]
"""The caller and the Idempotency-Key of a write."""


@may_answer(403, 422)
async def _spoken_origin(
    origin: RequestOrigin,
    on_behalf_of: Annotated[
        str | None,
        Header(
            max_length=64,
            pattern=ID_PATTERN,
            description="The id of the volunteer, the donor or the need whose word you pass on, as by telephone. The "
            "audit has both of you.",
        ),
    ] = None,
) -> Origin:
    own = origin.actor.speaks_for
    if on_behalf_of in (None, own):
        return origin
    if own is not None:
        raise Problem(403, "not_allowed", "speaks_for_another", field="On-Behalf-Of")
    return replace(origin, actor=origin.actor.model_copy(update={"speaks_for": on_behalf_of}))


SpokenOrigin = Annotated[Origin, Depends(_spoken_origin)]
"""As RequestOrigin, of a write in which the caller may speak for somebody who has no account."""
ExpectedVersion = Annotated[int | None, Depends(_expected_version)]
"""The version that If-Match names; None where any will do."""
