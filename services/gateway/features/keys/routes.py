"""Keys: made, listed and revoked by the administrator."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.gateway.access.keys import ADMIN_ID, KeyRecord
from services.gateway.access.scopes import agency_alone, new_key, valid_scope
from services.gateway.backend import TheBackend
from services.gateway.features.keys.answer import KeyAnswer, KeyListed, key_listed, key_made
from services.gateway.features.keys.request import KeyIn
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import needs
from services.gateway.http.bodies import json_body
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.parameters import After, Limit, RequestOrigin
from services.gateway.http.problems import Problem, not_found
from services.gateway.http.replies import reply, reply_created
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
    if not valid_scope(roles, area):
        raise Problem(422, "invalid", "admin_reaches_everywhere", field="area")
    if asked.principal == SYSTEM.principal:
        raise Problem(422, "invalid", "principal_reserved", field="principal", principal=asked.principal)
    # The id comes from the request, so that a repetition meets the key that it has made.
    key, key_id, fingerprint = new_key(), f"key_{origin.message_id()[:20]}", origin.body_digest
    principal = asked.principal or f"principal_{key_id.removeprefix('key_')}"
    record = KeyRecord.of(
        key_id, key, name=asked.name, roles=roles, area=area, principal=principal, fingerprint=fingerprint
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
    found = await backend.keys.find(key_id)
    if found is None or found.fingerprint != fingerprint:
        raise Problem(422, "idempotency_mismatch", "key_of_another_request", field="Idempotency-Key")
    return reply_created(key_made(found, None), f"/v1/keys/{key_id}")


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
