"""Bearer keys: made, kept as hashes, looked up for each request."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from time import monotonic
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from services.gateway.domain.scopes import Caller, Permission, hash_key, looks_like_key, new_key
from services.gateway.problems import Problem
from shared.runtime.logging import get_logger

ADMIN_ID: Final = "key_admin"
MOST_CACHED: Final = 10_000
_OWNER_ALONE: Final = 0o600

Document = dict[str, Any]


@dataclass(slots=True)
class KeyStore:
    """The keys, with those used lately at hand for `cache_seconds`."""

    collection: AsyncCollection[Document]
    cache_seconds: float
    _cache: dict[str, tuple[float, Caller]] = field(default_factory=dict)

    async def caller(self, key: str) -> Caller | None:
        """Who holds the key; None where there is no such key (any more)."""
        if not looks_like_key(key):
            return None
        hashed, now = hash_key(key), monotonic()
        until, caller = self._cache.get(hashed, (0.0, None))
        if caller is not None and now < until:
            return caller
        found = await self.collection.find_one({"hash": hashed})
        if found is None:
            self._cache.pop(hashed, None)
            return None
        caller = Caller(found["_id"], frozenset(found["permissions"]), found["area"])
        if len(self._cache) >= MOST_CACHED:
            self._cache.clear()
        self._cache[hashed] = (now + self.cache_seconds, caller)
        return caller

    def forget(self) -> None:
        """Look every key up anew: one has been revoked."""
        self._cache.clear()


async def ensure_admin_key(collection: AsyncCollection[Document], path: Path) -> None:
    """At the first start make the admin key and leave it in `path`; later starts change nothing.

    The file comes first: a start that was cut off between the two takes the key from the file the next time.
    Raises OSError where the file cannot be written.
    """
    if await collection.find_one({"_id": ADMIN_ID}, {"_id": 1}) is not None:
        return
    key, made = await asyncio.to_thread(_key_in_file, path)
    try:
        await collection.insert_one(key_document(ADMIN_ID, key, "admin", frozenset({"admin"}), ""))
    except DuplicateKeyError:
        # Another replica was quicker, and its key is the one that counts.
        if made and not await _is_admins(collection, key):
            await asyncio.to_thread(path.unlink, missing_ok=True)
        return
    get_logger().info("admin_key_made", file=str(path))


def key_document(key_id: str, key: str, name: str, permissions: frozenset[str], area: str) -> Document:
    """A key as it is stored: never the key itself."""
    return {
        "_id": key_id,
        "hash": hash_key(key),
        "name": name,
        "permissions": sorted(permissions),
        "area": area,
        "created_at": datetime.now(UTC),
    }


async def _is_admins(collection: AsyncCollection[Document], key: str) -> bool:
    return await collection.find_one({"_id": ADMIN_ID, "hash": hash_key(key)}) is not None


def _key_in_file(path: Path) -> tuple[str, bool]:
    """The key that the file holds, and whether it was made just now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ALONE)
    except FileExistsError:
        known = path.read_text(encoding="ascii").strip()
        if looks_like_key(known):
            return known, False
        raise OSError(f"{path} exists and holds no key: remove it or name another file") from None
    key = new_key()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{key}\n")
        file.flush()
        os.fsync(file.fileno())
    return key, True


# ---- in a request ---------------------------------------------------------------------------------------

_BEARER: Final = HTTPBearer(auto_error=False, description="A key, as made by POST /v1/keys.")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


def needs(permission: Permission) -> Callable[..., Awaitable[Caller]]:
    """A dependency: the caller, who has a key that allows this and has not used up the rate."""

    async def check(request: Request, bearer: Bearer) -> Caller:
        caller = await _identified(request, bearer)
        wait = request.app.state.rates.take(caller.key_id, monotonic())
        if wait > 0:
            raise Problem(
                429,
                "too_many_requests",
                "This key has used up its rate: slow down, and come again after Retry-After seconds.",
                headers={"Retry-After": str(ceil(wait))},
            )
        if not caller.may(permission):
            detail = f"This needs a key with the permission {permission}; yours has {_listed(caller)}."
            raise Problem(403, "not_allowed", detail)
        _check_parameters(request)
        request.scope["state"]["caller"] = caller
        return caller

    return check


async def _identified(request: Request, bearer: HTTPAuthorizationCredentials | None) -> Caller:
    if bearer is None:
        raise Problem(
            401,
            "unauthorized",
            "Send a key with the header Authorization: Bearer KEY.",
            headers={"WWW-Authenticate": 'Bearer realm="lianshan"'},
        )
    keys: KeyStore = request.app.state.keys
    caller = await keys.caller(bearer.credentials)
    if caller is None:
        raise Problem(
            401,
            "unauthorized",
            "This key is not known or has been revoked: ask the administrator for one.",
            headers={"WWW-Authenticate": 'Bearer realm="lianshan", error="invalid_token"'},
        )
    return caller


def _check_parameters(request: Request) -> None:
    """A misspelt filter would show everything: better to say so."""
    if not request.query_params:
        return
    described = request.app.openapi()["paths"].get(request.scope["route"].path, {}).get(request.method.lower(), {})
    known = {p["name"] for p in described.get("parameters", ()) if p["in"] == "query"}
    for name in request.query_params:
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise Problem.about(name[:64], "known parameter", f"There is no such parameter; there are: {listed}.")


def check_area(caller: Caller, area: str) -> None:
    """Refuse what lies beyond the key's area."""
    if not caller.reaches(area):
        raise Problem(403, "not_allowed", f"This key reaches area {caller.area} only, and this is elsewhere.")


def _listed(caller: Caller) -> str:
    return ", ".join(sorted(caller.permissions)) or "none"


Reading = Annotated[Caller, Depends(needs("read"))]
Writing = Annotated[Caller, Depends(needs("write"))]
Administering = Annotated[Caller, Depends(needs("admin"))]
