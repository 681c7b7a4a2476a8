"""Authentication of requests: a bearer key or token with the permission that the path needs, within its rate."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from math import ceil
from time import monotonic
from typing import Annotated, Final

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.gateway.access.grants import Grant
from services.gateway.access.keys import KeyStore
from services.gateway.access.provider_keys import KeysUnreadError
from services.gateway.access.rate_limit import RateLimit
from services.gateway.access.scopes import SESSION_PREFIX, looks_like_key
from services.gateway.access.sessions import SessionStore
from services.gateway.access.tokens import ScopeMissingError, TokenRefusedError, Tokens, looks_like_token
from services.gateway.http.documented import may_answer, requires, statuses_of
from services.gateway.http.problems import Problem, from_refusal
from services.gateway.http.query_names import list_parameters
from shared.contracts.access import Actor, Decision, Permission, describe_lack, permits
from shared.contracts.messages import Command
from shared.contracts.refusals import Refused
from shared.runtime.metrics import count_refused

_BEARER_IS: Final = (
    "A key, as made by POST /v1/keys; the token of a session, as made by POST /v1/sessions; or, where the operator has "
    "named a provider of identities (OIDC), an access token (JWT) of it."
)
_BEARER: Final = HTTPBearer(auto_error=False, description=_BEARER_IS)
_LONGEST_NAME: Final = 64
_RETRY_SECONDS: Final = 10
_INVALID: Final = {"WWW-Authenticate": 'Bearer realm="lianshan", error="invalid_token"'}
Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


def needs(permission: Permission) -> Callable[..., Awaitable[Actor]]:
    """Return a dependency that gives the caller, whose key or token has the permission and has not used up its rate.

    It raises Problem: 401 without a known key or true token, or with one that has ended, 503 while the provider's keys
    are unread, 429 beyond the rate, 403 without the permission or for a token without roles or area, 422 for a query
    parameter that the path does not have.
    """

    @requires(permission)
    @may_answer(401, 403, 422, 429, 500, 503)
    async def check(request: Request, bearer: Bearer) -> Actor:
        grant = await _identify(request, bearer)
        # The rate comes before the permission: refused attempts count, so that nobody can try permissions for free.
        _take_from_rate(request, grant)
        if permits(grant.actor, permission) is not Decision.ALLOWED:
            raise _lacks(grant.actor, permission)
        _let_in(request, grant)
        return grant.actor

    return check


def allows(command: type[Command]) -> Callable[..., Awaitable[Actor]]:
    """Return the dependency of `needs` for the permission that the command declares.

    The path's own description also has the answers of a command: 409 and 504, and 404 where the command names ids.
    """
    check = needs(command.permission)
    # Those of a batch are answered one by one, within a 200.
    names_ids = any("." not in name for name in command.scope.found)
    more = {404, 409, 504} if names_ids else {409, 504}
    return may_answer(*statuses_of(check), *more)(check)


def may(caller: Actor, permission: Permission) -> bool:
    """Return whether the caller has the permission."""
    return permits(caller, permission) is Decision.ALLOWED


def require(caller: Actor, permission: Permission) -> None:
    """Raise Problem (403) where the caller lacks the permission."""
    if not may(caller, permission):
        raise _lacks(caller, permission)


def check_area(caller: Actor, permission: Permission, area: str, field_name: str = "area") -> None:
    """Raise Problem (403) for an area, named in the request, beyond the caller's own."""
    if permits(caller, permission, area) is Decision.OUTSIDE_AREA:
        count_refused("gateway", permission, Decision.OUTSIDE_AREA.value)
        raise Problem(403, "not_allowed", "area_elsewhere", field=field_name, area=area, own_area=caller.area)


def _lacks(caller: Actor, permission: Permission) -> Problem:
    count_refused("gateway", permission, Decision.LACKS_PERMISSION.value)
    lack = describe_lack(caller, permission)
    return from_refusal(Refused("not_allowed", "permission_missing", field="permission", **lack))


def _let_in(request: Request, grant: Grant) -> None:
    _check_parameters(request)
    request.scope["state"].update(caller=grant.actor, grant=grant)


async def _identify(request: Request, bearer: HTTPAuthorizationCredentials | None) -> Grant:
    if bearer is None:
        raise Problem(401, "unauthorized", "key_missing", headers={"WWW-Authenticate": 'Bearer realm="lianshan"'})
    tokens: Tokens | None = request.app.state.tokens
    if tokens is not None and looks_like_token(bearer.credentials):
        return await _identify_by_token(tokens, bearer.credentials)
    if looks_like_key(bearer.credentials, SESSION_PREFIX):
        sessions: SessionStore = request.app.state.sessions
        if (grant := await sessions.grant(bearer.credentials)) is None:
            raise Problem(401, "unauthorized", "session_has_ended", headers=_INVALID)
        return grant
    keys: KeyStore = request.app.state.keys
    grant = await keys.grant(bearer.credentials)
    if grant is None:
        raise Problem(401, "unauthorized", "key_unknown", headers=_INVALID)
    if grant.ends_at is not None and grant.has_ended(keys.now()):
        raise Problem(401, "unauthorized", "key_has_ended", headers=_INVALID, at=grant.ends_at.isoformat())
    return grant


async def _identify_by_token(tokens: Tokens, token: str) -> Grant:
    try:
        return await tokens.grant(token)
    except TokenRefusedError as error:
        raise Problem(401, "unauthorized", error.rule, headers=_INVALID) from None
    except ScopeMissingError as error:
        raise Problem(403, "not_allowed", error.rule) from None
    except KeysUnreadError:
        retry = {"Retry-After": str(_RETRY_SECONDS)}
        raise Problem(503, "unavailable", "provider_unreachable", headers=retry) from None


def _take_from_rate(request: Request, grant: Grant) -> None:
    rates: RateLimit = request.app.state.rates
    wait = rates.take(grant.actor.id, monotonic(), grant.rate)
    request.scope["state"]["rate"] = rates.show(grant.actor.id, grant.rate)
    if wait > 0:
        raise Problem(
            429, "too_many_requests", "rate_used_up", headers={"Retry-After": str(ceil(wait))}, seconds=ceil(wait)
        )


def _check_parameters(request: Request) -> None:
    """Refuse a misspelt filter, which would show everything, and a repeated one, whose last value alone would count."""
    if not request.query_params:
        return
    known = list_parameters(request.scope["route"])
    for name, times in Counter(name for name, _ in request.query_params.multi_items()).items():
        if name not in known:
            raise _no_such(name[:_LONGEST_NAME], known)
        if times > 1 and not known[name]:
            raise Problem(422, "invalid", "parameter_repeated", field=name)


def _no_such(name: str, known: Iterable[str]) -> Problem:
    if listed := ", ".join(sorted(known)):
        return Problem(422, "invalid", "unknown_parameter", field=name, known=listed)
    return Problem(422, "invalid", "no_parameters", field=name)


Reader = Annotated[Actor, Depends(needs("read"))]


# A coroutine although it waits for nothing: FastAPI would run a plain function in a thread.
async def _grant(request: Request) -> Grant:
    grant: Grant = request.scope["state"]["grant"]
    return grant


TheGrant = Annotated[Grant, Depends(_grant)]
"""The grant of the caller, after the dependency that has identified them."""


@may_answer(401, 403, 422, 429, 500, 503)
async def _signed_in(request: Request, bearer: Bearer) -> Grant:
    grant = await _identify(request, bearer)
    _take_from_rate(request, grant)
    if grant.session_id is None:
        raise Problem(403, "not_allowed", "session_needed")
    _let_in(request, grant)
    return grant


SignedIn = Annotated[Grant, Depends(_signed_in)]
"""The grant of a person who has signed in, of any role: for their own account alone."""
