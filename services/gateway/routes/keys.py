"""Keys: the administrator makes them for others, sees which there are, and revokes them."""

from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic_core import to_json
from pymongo.errors import DuplicateKeyError
from starlette.responses import Response

from services.gateway.auth import ADMIN_ID, Administering, key_document
from services.gateway.bodies import describes, json_body
from services.gateway.domain.cursors import BadCursorError, decode_cursor, encode_cursor
from services.gateway.domain.scopes import new_key, valid_scope
from services.gateway.house import Asked, House, In, reply
from services.gateway.models.answers import KeyAnswer, KeyListed, Listed
from services.gateway.models.requests import KeyIn
from services.gateway.problems import Problem, missing
from services.gateway.routes.documented import ANSWERS, created, tells
from services.gateway.views import After, Limit, Page

router = APIRouter(tags=["keys"], responses=ANSWERS)


@router.post("/v1/keys", openapi_extra=describes(KeyIn), **tells(KeyAnswer, new=True))
async def make_key(
    _: Administering, house: In, origin: Asked, asked: Annotated[KeyIn, Depends(json_body(KeyIn))]
) -> Response:
    """Make a key. It is shown this once, in `key`; a repeated request answers without it."""
    permissions, area = frozenset(asked.permissions), asked.area or ""
    if not valid_scope(permissions, area):
        raise Problem.about("area", "admin reaches everywhere", "A key with the permission admin takes no area.")
    key, key_id = new_key(), f"key_{origin.message_id()[:20]}"
    fingerprint = sha256(to_json(asked)).hexdigest()
    document = {**key_document(key_id, key, asked.name, permissions, area), "fingerprint": fingerprint}
    try:
        await house.database["keys"].insert_one(document)
    except DuplicateKeyError:
        return await _again(house, key_id, fingerprint)
    return created({**_as_read(document), "key": key}, f"/v1/keys/{key_id}")


@router.get("/v1/keys", **tells(Listed[KeyListed]))
async def list_keys(_: Administering, house: In, limit: Limit = 50, after: After = None) -> Response:
    """The keys there are, without the keys themselves."""
    rule: dict[str, Any] = {}
    if after is not None:
        try:
            rule = {"_id": {"$gt": decode_cursor(after)}}
        except BadCursorError:
            raise Problem.about("after", "cursor", "Give `next` of the page before, or nothing.") from None
    found = await house.database["keys"].find(rule).sort("_id", 1).limit(limit + 1).to_list()
    more = encode_cursor(found[limit - 1]["_id"]) if len(found) > limit else None
    return reply(Page(found[:limit], more).of([_as_read(document) for document in found[:limit]]))


@router.delete("/v1/keys/{key_id}", status_code=204)
async def revoke_key(key_id: str, _: Administering, house: In) -> Response:
    """Revoke a key; it is refused at once here, within seconds in other replicas."""
    if key_id == ADMIN_ID:
        raise Problem(409, "wrong_state", "The first admin key stays: without it nobody could make keys.")
    gone = await house.database["keys"].delete_one({"_id": key_id})
    house.keys.forget()
    if not gone.deleted_count:
        raise missing("key", key_id)
    return Response(status_code=204)


async def _again(house: House, key_id: str, fingerprint: str) -> Response:
    found = await house.database["keys"].find_one({"_id": key_id})
    if found is None or found["fingerprint"] != fingerprint:
        raise Problem(422, "idempotency_mismatch", "This Idempotency-Key was used with another body: take a new one.")
    return created({**_as_read(found), "key": None}, f"/v1/keys/{key_id}")


def _as_read(document: dict[str, Any]) -> dict[str, Any]:
    fields = {name: document[name] for name in ("name", "permissions", "created_at")}
    return {"id": document["_id"], **fields, "area": document["area"] or None}
