"""Checks of webhooks, as Standard Webhooks signs them (https://www.standardwebhooks.com)."""

from __future__ import annotations

import binascii
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from time import time
from typing import cast

from .errors import WebhookError
from .events import Event

TOLERANCE_SECONDS = 300
MOST_SIGNATURES = 16
_PREFIX = "whsec_"


def verify(
    secret: str | Sequence[str],
    headers: Mapping[str, str],
    body: bytes | str,
    *,
    now: float | None = None,
    tolerance: float = TOLERANCE_SECONDS,
) -> Event:
    """Return the event of a webhook whose signature is true and not older or newer than `tolerance` seconds.

    Give the body as it came, byte for byte, and several secrets while one takes the place of another. A retry has the
    same `webhook-id`: keep the ids that you have dealt with. Raises WebhookError; ValueError for a secret that is none.
    """
    keys = [_read_secret(each) for each in ([secret] if isinstance(secret, str) else secret)]
    named = {name.lower(): value for name, value in headers.items()}
    message, stamp = named.get("webhook-id", ""), named.get("webhook-timestamp", "")
    signatures = named.get("webhook-signature", "").split()[:MOST_SIGNATURES]
    if not message or not signatures:
        raise WebhookError("no_signature", "The request has no webhook-id or no webhook-signature.")
    _check_time(stamp, time() if now is None else now, tolerance)
    content = body.encode() if isinstance(body, str) else body
    if not _is_signed(keys, f"{message}.{stamp}.".encode() + content, signatures):
        raise WebhookError("not_signed", "No signature of the request was made with the secret.")
    try:
        return cast("Event", json.loads(content))
    except ValueError as error:
        raise WebhookError("not_json", "The body is no JSON.") from error


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return `webhook-signature` for a body, as for the tests of a receiver. `timestamp` is in seconds since 1970."""
    return _sign(_read_secret(secret), f"{message_id}.{timestamp}.".encode() + body)


def _sign(key: bytes, signed: bytes) -> str:
    return "v1," + b64encode(hmac.digest(key, signed, sha256)).decode()


def _is_signed(keys: Sequence[bytes], signed: bytes, signatures: Sequence[str]) -> bool:
    true = False
    for key in keys:
        wanted = _sign(key, signed).encode()
        for each in signatures:
            # Every one is compared, in constant time: how long it takes tells nothing.
            true |= hmac.compare_digest(wanted, each.encode())
    return true


def _check_time(stamp: str, now: float, tolerance: float) -> None:
    if not (stamp.isascii() and stamp.isdigit()) or len(stamp) > 12:  # seconds until the year 33658
        raise WebhookError("no_timestamp", "webhook-timestamp is no number of seconds.")
    if int(stamp) < now - tolerance:
        raise WebhookError("too_old", f"The webhook is older than {tolerance:g} seconds.")
    if int(stamp) > now + tolerance:
        raise WebhookError("too_new", f"The webhook is {tolerance:g} seconds ahead: is the clock right?")


def _read_secret(secret: str) -> bytes:
    try:
        key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("secret: give it as it was shown, whsec_ and base64") from error
    if not key:
        raise ValueError("secret: it is empty")
    return key
