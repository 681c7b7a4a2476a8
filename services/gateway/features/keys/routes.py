"""Keys: made, listed, rotated and revoked by the administrator."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.gateway.access.key_record import KeyRecord
from services.gateway.access.keys import ADMIN_ID
from services.gateway.access.scopes import VOLUNTEER, agency_alone, new_key, valid_scope
from services.gateway.backend import Backend, TheBackend
from services.gateway.features.keys.answer import KeyAnswer, KeyListed, key_listed, key_made
from services.gateway.features.keys.request import KeyIn, RotateKeyIn
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import needs
from services.gateway.http.bodies import json_body
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.parameters import After, Limit, RequestOrigin
from services.gateway.http.problems import Problem, not_found
from services.gateway.http.replies import reply, reply_created
from services.gateway.messaging.commands import Origin
from services.gateway.reading.cursors import encode_cursor
from services.gateway.reading.views import last_id
from shared.contracts.access import SYSTEM, Actor
from shared.runtime.audit import build_row
from shared.runtime.clock import machine_now

KeyManager = Annotated[Actor, Depends(needs("keys:manage"))]
router = APIRouter(tags=["keys"])


@router.post("/v1/keys", **describe(KeyAnswer, body=KeyIn, new=True))
async def make_key(
    _: KeyManager,
    backend: TheBackend,
    origin: RequestOrigin,
    asked: Annotated[KeyIn, Depends(json_body(KeyIn))],
) -> Response:
    """Make a key. It is shown this once, in `key`; a repeated request answers without it."""
    roles, area = frozenset(asked.roles), asked.area or ""
    if not agency_alone(roles):
        raise Problem(422, "invalid", "agency_reads_alone", field="roles")
    if VOLUNTEER in roles:
        raise Problem(422, "invalid", "volunteer_needs_account", field="roles")
    if not valid_scope(roles, area):
        raise Problem(422, "invalid", "admin_reaches_everywhere", field="area")
    if asked.principal == SYSTEM.principal:
        raise Problem(422, "invalid", "principal_reserved", field="principal", principal=asked.principal)
    now = backend.keys.now()
    _check_end(asked.expires_at, now)
    key, key_id = new_key(), _key_id(origin)
    principal = asked.principal or f"principal_{key_id.removeprefix('key_')}"
    record = KeyRecord.of(
        key_id,
        key,
        now,
        name=asked.name,
        roles=roles,
        area=area,
        principal=principal,
        fingerprint=origin.body_digest,
        expires_at=asked.expires_at,
        requests_per_second=asked.requests_per_second,
    )
    audited = build_row(
        origin.actor,
        "MakeKey",
        [key_id],
        record.created_at,
        areas=[area] if area else [],
        correlation=origin.correlation,
    )
    if await backend.keys.add(record, audited):
        return reply_created(key_made(record, key), f"/v1/keys/{key_id}")
    return _repeat(await backend.keys.find(key_id), origin)


@router.post("/v1/keys/{key_id}/rotate", **describe(KeyAnswer, body=RotateKeyIn, new=True, optional=True))
@may_answer(409)
async def rotate_key(
    key_id: str,
    _: KeyManager,
    backend: TheBackend,
    origin: RequestOrigin,
    asked: Annotated[RotateKeyIn, Depends(json_body(RotateKeyIn, optional=True))],
) -> Response:
    """Make the key that takes this one's place, shown this once. The old one ends after the overlap."""
    new_id, now = _key_id(origin), backend.keys.now()
    if (made := await backend.keys.find(new_id)) is not None:
        return _repeat(made, origin)
    old = await _find_rotatable(backend, key_id, now)
    _check_end(asked.expires_at, now)
    key = new_key()
    record = old.successor(new_id, key, now, fingerprint=origin.body_digest, expires_at=asked.expires_at)
    areas = [old.area] if old.area else []
    row = build_row(origin.actor, "RotateKey", [old.id, new_id], now, areas=areas, correlation=origin.correlation)
    if await backend.keys.rotate(old, record, asked.overlap, row):
        return reply_created(key_made(record, key), f"/v1/keys/{new_id}")
    if (made := await backend.keys.find(new_id)) is None:
        raise Problem(409, "wrong_state", "key_replaced")
    return _repeat(made, origin)


def _key_id(origin: Origin) -> str:
    """The id of the key that the request makes: from the request, so that a repetition meets the same."""
    return f"key_{origin.message_id()[:20]}"


def _check_end(ends_at: datetime | None, now: datetime) -> None:
    if ends_at is not None and ends_at <= now:
        raise Problem(422, "invalid", "key_ends_in_past", field="expires_at")


def _repeat(made: KeyRecord | None, origin: Origin) -> Response:
    """The answer to a request that has made its key before: without the key."""
    if made is None or made.fingerprint != origin.body_digest:
        raise Problem(422, "idempotency_mismatch", "key_of_another_request", field="Idempotency-Key")
    return reply_created(key_made(made, None), f"/v1/keys/{made.id}")


async def _find_rotatable(backend: Backend, key_id: str, now: datetime) -> KeyRecord:
    """The key, which neither was rotated before nor has ended."""
    if key_id == ADMIN_ID:
        raise Problem(409, "wrong_state", "first_key_stays")
    old = await backend.keys.find(key_id)
    if old is None:
        raise not_found("key", key_id)
    if old.replaced_by is not None:
        raise Problem(409, "wrong_state", "key_replaced")
    if old.expires_at is not None and old.has_ended(now):
        raise Problem(409, "wrong_state", "key_has_ended", at=old.expires_at.isoformat())
    return old


@router.get("/v1/keys", **describe(Listed[KeyListed]))
async def list_keys(_: KeyManager, backend: TheBackend, limit: Limit = 50, after: After = None) -> Response:
    """List the keys, without the keys themselves."""
    found = await backend.keys.after(None if after is None else last_id(after), limit + 1)
    following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return reply(Listed[KeyListed](items=[key_listed(record) for record in found[:limit]], next=following))


@router.delete("/v1/keys/{key_id}", status_code=204)
@may_answer(409)
async def revoke_key(request: Request, key_id: str, caller: KeyManager, backend: TheBackend) -> Response:
    """Revoke a key; it is refused at once here, within seconds in other replicas."""
    if key_id == ADMIN_ID:
        raise Problem(409, "wrong_state", "first_key_stays")
    correlation = request.scope["state"]["correlation"]
    audited = build_row(caller, "RevokeKey", [key_id], machine_now(), correlation=correlation)
    if not await backend.keys.revoke(key_id, audited):
        raise not_found("key", key_id)
    return Response(status_code=204)
