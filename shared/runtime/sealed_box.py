"""Sealed boxes: a message that only the holder of a private key opens, not even its sender (X25519, HKDF, AES-256-GCM).

As in HPKE's base mode (RFC 9180): the sender makes a key pair for this message alone, agrees with the receiver's public
key on a secret, and forgets its own private key. The answer is sealed with a second key of the same secret, which the
sender keeps as long as it waits (as in RFC 9458, section 4.4): so it can be read by the asking process alone.
"""

import hmac
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PUBLIC_BYTES: Final = 32
_TAG_BYTES: Final = 16
OVERHEAD_BYTES: Final = PUBLIC_BYTES + _TAG_BYTES
"""By which a box is longer than its content."""
_NONCE: Final = bytes(12)
"""Always the same: each key seals one message."""


class BoxError(ValueError):
    """A box cannot be opened: it is for another key, or it has been changed, or moved to another message."""


@dataclass(frozen=True)
class AnswerKey:
    """The key that seals the one answer to a box."""

    key: bytes = field(repr=False)

    def seal(self, answer: bytes) -> bytes:
        """Encrypt the answer. To be called once."""
        return AESGCM(self.key).encrypt(_NONCE, answer, b"")

    def open(self, sealed: bytes) -> bytes:
        """Decrypt the answer. Raises BoxError."""
        try:
            return AESGCM(self.key).decrypt(_NONCE, sealed, b"")
        except (InvalidTag, ValueError):
            raise BoxError("The answer is not sealed for this request, or has been changed.") from None


def seal_box(public: bytes, content: bytes, context: bytes) -> tuple[bytes, AnswerKey]:
    """Seal the content for the holder of that public key; `context` must be the same when it is opened.

    Raises ValueError for a key that has not 32 bytes, or that leads to no secret.
    """
    own = X25519PrivateKey.generate()
    ours = own.public_key().public_bytes_raw()
    request, answer = _derive(own.exchange(X25519PublicKey.from_public_bytes(public)), ours + public)
    return ours + AESGCM(request).encrypt(_NONCE, content, context), AnswerKey(answer)


def open_box(private: X25519PrivateKey, public: bytes, box: bytes, context: bytes) -> tuple[bytes, AnswerKey]:
    """Return the content of a box for the holder of the key pair, and the key for its answer. Raises BoxError."""
    theirs, sealed = box[:PUBLIC_BYTES], box[PUBLIC_BYTES:]
    try:
        secret = private.exchange(X25519PublicKey.from_public_bytes(theirs))
        request, answer = _derive(secret, theirs + public)
        return AESGCM(request).decrypt(_NONCE, sealed, context), AnswerKey(answer)
    except (InvalidTag, ValueError):
        raise BoxError("The message is sealed for another receiver, or has been changed or moved.") from None


def _derive(secret: bytes, keys: bytes) -> tuple[bytes, bytes]:
    """Return the keys of the request and of its answer: HKDF by SHA-256 (RFC 5869), salted with both public keys."""
    root = hmac.digest(keys, secret, "sha256")
    return hmac.digest(root, b"lianshan box\x01", "sha256"), hmac.digest(root, b"lianshan answer\x01", "sha256")
