"""Calls of keys: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from urllib.parse import quote

from ..answers.keys import KeyAnswer, KeyListed, KeyPage
from ..bodies.keys import KeyIn, RotateKeyIn
from ..calls import Call, Listing, new_key


def make_key(body: KeyIn, *, idempotency_key: str | None = None) -> Call[KeyAnswer]:
    """Make a key. It is shown this once, in `key`; a repeated request answers without it."""
    return Call("POST", "/v1/keys", body=body, idempotency_key=idempotency_key or new_key())


def list_keys(*, limit: int | None = None, after: str | int | None = None) -> Listing[KeyPage, KeyListed]:
    """List the keys, without the keys themselves."""
    return Listing("GET", "/v1/keys", query={"limit": limit, "after": after})


def rotate_key(key_id: str, body: RotateKeyIn | None = None, *, idempotency_key: str | None = None) -> Call[KeyAnswer]:
    """Make the key that takes this one's place, shown this once. The old one ends after the overlap."""
    return Call(
        "POST",
        f"/v1/keys/{quote(key_id, safe='')}/rotate",
        body={} if body is None else body,
        idempotency_key=idempotency_key or new_key(),
    )


def revoke_key(key_id: str, *, idempotency_key: str | None = None) -> Call[None]:
    """Revoke a key; it is refused at once here, within seconds in other replicas."""
    return Call("DELETE", f"/v1/keys/{quote(key_id, safe='')}", idempotency_key=idempotency_key or new_key())
