"""The fingerprint of a command: one idempotency key with two fingerprints is a misused key.

It is an HMAC (RFC 2104) with a key of the service over the digest of the caller's body as sent: a later release that
adds defaults, or another key of the same principal, makes no honest retry a mismatch; and a stored fingerprint does not
give away a short body, such as a name, to somebody who tries them all.
"""

import hmac
import json
from hashlib import sha256
from typing import Final

from pydantic_core import from_json

FINGERPRINT_CHARACTERS: Final = 32


def digest_body(body: bytes) -> str:
    """Return the digest of a JSON body: neither the order of fields nor white space makes it another one."""
    same = json.dumps(from_json(body), sort_keys=True)
    return sha256(same.encode(errors="surrogatepass")).hexdigest()


def fingerprint(secret: bytes, kind: str, digest: str) -> str:
    """Return the fingerprint of a command of that type whose caller's body has that digest."""
    return hmac.digest(secret, f"{kind}\n{digest}".encode(), "sha256").hex()[:FINGERPRINT_CHARACTERS]
