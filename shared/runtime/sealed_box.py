"""Sealed boxes: only the holder of a private key opens them, not even their sender (X25519, HKDF, AES-256-GCM).

As in HPKE's base mode (RFC 9180): the sender makes a key pair, agrees with the receiver's public key on a secret, and
forgets its own private key at once, the secret a second later at most. Each message has keys of its own, derived of the
secret and a random salt. The answer is sealed with a second one of them, which the sender keeps as long as it waits (as
in RFC 9458, section 4.4): so it can be read by the asking process alone.
"""

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PUBLIC_BYTES: Final = 32
SALT_BYTES: Final = 16
_TAG_BYTES: Final = 16
OVERHEAD_BYTES: Final = PUBLIC_BYTES + SALT_BYTES + _TAG_BYTES
"""By which a box is longer than its content."""
SECRET_SECONDS: Final = 1.0
"""How long a sender may keep the secret of a key pair."""
MOST_SECRETS: Final = 64
"""Secrets of senders that a receiver keeps: agreeing on one takes ten times as long as all else about a box."""
_NONCE: Final = bytes(12)
"""Always the same: each key seals one message."""
_REQUEST, _ANSWER = b"lianshan box\0", b"lianshan answer\0"


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


Later = Callable[[Callable[[], None]], object]
"""Has a function called once, SECRET_SECONDS later at most."""


class BoxSealer:
    """Seals messages for the holder of one public key, with a new key pair whenever the last secret is forgotten."""

    def __init__(self, public: bytes, later: Later) -> None:
        self._public = public
        self._later = later
        self._agreed: tuple[bytes, bytes] | None = None

    def seal(self, content: bytes, context: bytes) -> tuple[bytes, AnswerKey]:
        """Seal the content; `context` must be the same when it is opened.

        Raises ValueError for a public key that has not 32 bytes, or that leads to no secret.
        """
        if self._agreed is None:
            self._agreed = self._agree()
            self._later(self._forget)
        ours, secret = self._agreed
        salt = os.urandom(SALT_BYTES)
        box = ours + salt + AESGCM(_derive(secret, _REQUEST, salt)).encrypt(_NONCE, content, context)
        return box, AnswerKey(_derive(secret, _ANSWER, salt))

    def _agree(self) -> tuple[bytes, bytes]:
        """Return the public key of a new pair, and the secret of it and the receiver's."""
        own = X25519PrivateKey.generate()
        ours = own.public_key().public_bytes_raw()
        shared = own.exchange(X25519PublicKey.from_public_bytes(self._public))
        return ours, _extract(shared, ours + self._public)

    def _forget(self) -> None:
        self._agreed = None


class BoxOpener:
    """Opens the boxes that are sealed for one key pair."""

    def __init__(self, private: X25519PrivateKey) -> None:
        self.public = private.public_key().public_bytes_raw()
        self._private = private
        self._agree = lru_cache(maxsize=MOST_SECRETS)(self._exchange)

    def open(self, box: bytes, context: bytes) -> bytes:
        """Return the content of a box. Raises BoxError."""
        try:
            key = self._key(box, _REQUEST)
            return AESGCM(key).decrypt(_NONCE, box[PUBLIC_BYTES + SALT_BYTES :], context)
        except (InvalidTag, ValueError):
            raise BoxError("The message is sealed for another receiver, or has been changed or moved.") from None

    def answer_key(self, box: bytes) -> AnswerKey:
        """Return the key for the answer to a box that was opened."""
        return AnswerKey(self._key(box, _ANSWER))

    def _key(self, box: bytes, use: bytes) -> bytes:
        return _derive(self._agree(box[:PUBLIC_BYTES]), use, box[PUBLIC_BYTES : PUBLIC_BYTES + SALT_BYTES])

    def _exchange(self, theirs: bytes) -> bytes:
        return _extract(self._private.exchange(X25519PublicKey.from_public_bytes(theirs)), theirs + self.public)


def _extract(shared: bytes, keys: bytes) -> bytes:
    """Return the secret of two key pairs: HKDF's extraction (RFC 5869, 2.2) by SHA-256, with both public keys."""
    return hmac.digest(keys, shared, "sha256")


def _derive(secret: bytes, use: bytes, salt: bytes) -> bytes:
    """Return the key of one request, or of its answer: HKDF's expansion by SHA-256 (RFC 5869, 2.3)."""
    return hmac.digest(secret, use + salt + b"\x01", "sha256")
