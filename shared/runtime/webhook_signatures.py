"""Signatures of webhooks as Standard Webhooks has them, and the secrets that they are made with. Pure.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
LEAST_BYTES: Final = 24
"""The specification asks for 24 to 64."""
TOLERANCE_SECONDS: Final = 300
"""How far the time of a signature may be from that of its reader, before or after."""
MOST_SIGNATURES: Final = 8
MOST_ID_BYTES: Final = 256
_MOST_DIGITS: Final = 12


class SignatureRefusedError(Exception):
    """The message does not count; `rule` is the code of the reason."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class SignatureHeaders:
    """The headers of a signed message as they came; empty where one is missing."""

    message_id: str
    timestamp: str
    signatures: str


def new_secret(entropy: bytes | None = None) -> str:
    """Return a new secret of 256 random bits; tests pass `entropy` (32 bytes) instead of random bits."""
    raw = secrets.token_bytes(SECRET_BYTES) if entropy is None else entropy
    return PREFIX + base64.b64encode(raw).decode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return one signature, `v1,` and HMAC-SHA256 in base64; `timestamp` is in seconds since 1970."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def signed_headers(secrets_in_use: Sequence[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of a message: its id, its time, and a signature by each secret, the newest first."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(secret, message_id, timestamp, body) for secret in secrets_in_use),
    }


def is_secret(text: str) -> bool:
    """Return whether the text is a secret: PREFIX and LEAST_BYTES random bytes or more in base64."""
    try:
        raw = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):  # a letter beyond ASCII is the latter
        return False
    return text.startswith(PREFIX) and len(raw) >= LEAST_BYTES


def check_signature(secrets_in_use: Sequence[str], headers: SignatureHeaders, body: bytes, now: float) -> None:
    """Raise SignatureRefusedError unless one of the secrets has signed the message within TOLERANCE_SECONDS.

    `now` is in seconds since 1970, `body` are the bytes as they came. Every signature is compared in constant time.
    """
    made = headers.signatures.split()
    if not made or not headers.timestamp or not 0 < len(headers.message_id.encode()) <= MOST_ID_BYTES:
        raise SignatureRefusedError("signature_missing")
    if not _is_signed(secrets_in_use, headers, made[:MOST_SIGNATURES], body):
        raise SignatureRefusedError("signature_wrong")
    # Last: only the holder of a secret hears that its clock is wrong.
    if abs(now - int(headers.timestamp)) > TOLERANCE_SECONDS:
        raise SignatureRefusedError("signature_too_old")


def _is_signed(secrets_in_use: Sequence[str], headers: SignatureHeaders, made: Sequence[str], body: bytes) -> bool:
    stamp = headers.timestamp
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _MOST_DIGITS and str(int(stamp)) == stamp):
        return False
    found = False
    for secret in secrets_in_use:
        wanted = sign(secret, headers.message_id, int(stamp), body).encode()
        for each in made:
            found |= hmac.compare_digest(wanted, each.encode())
    return found
