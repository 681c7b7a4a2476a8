"""Sealed boxes: only the holder of a private key opens them, not even their sender (X25519, HKDF, AES-256-GCM).

As in HPKE's base mode (RFC 9180): the sender makes a key pair, agrees with the receiver's public key on a secret, and
forgets its own private key at once, the secret a second later at most. Its messages of that second have one key and a
random nonce each. The answer to a question is sealed with a key of its own, derived of the secret and that nonce, which
the sender keeps as long as it waits (as in RFC 9458, section 4.4): so it can be read by the asking process alone.
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
NONCE_BYTES: Final = 12
"""Random nonces of this length suffice for 2**32 messages by one key (NIST SP 800-38D, 8.3); it seals for a second."""
_TAG_BYTES: Final = 16
_HEAD_BYTES: Final = PUBLIC_BYTES + NONCE_BYTES
OVERHEAD_BYTES: Final = _HEAD_BYTES + _TAG_BYTES
"""By which a box is longer than its content."""
SECRET_SECONDS: Final = 1.0
"""How long a sender may keep the secret of a key pair."""
MOST_SECRETS: Final = 64
"""Secrets of senders that a receiver keeps: agreeing on one takes ten times as long as all else about a box."""
_ANSWER_NONCE: Final = bytes(NONCE_BYTES)
"""Always the same: each of these keys seals one answer."""
_REQUEST, _ANSWER = b"lianshan box\0", b"lianshan answer\0"


class BoxError(ValueError):
    """A box cannot be opened: it is for another key, or it has been changed, or moved to another message."""


@dataclass(frozen=True)
class AnswerKey:
    """The key that seals the one answer to a box."""

    key: bytes = field(repr=False)

    def seal(self, answer: bytes) -> bytes:
        """Encrypt the answer. To be called once."""
        return AESGCM(self.key).encrypt(_ANSWER_NONCE, answer, b"")

    def open(self, sealed: bytes) -> bytes:
        """Decrypt the answer. Raises BoxError."""
        try:
            return AESGCM(self.key).decrypt(_ANSWER_NONCE, sealed, b"")
        except (InvalidTag, ValueError):
            raise BoxError("The answer is not sealed for this request, or has been changed.") from None


@dataclass(frozen=True, slots=True)
class _Agreed:
    """The secret of two key pairs, and the cipher of the messages of one direction."""

    secret: bytes = field(repr=False)
    cipher: AESGCM = field(repr=False)

    @classmethod
    def of(cls, shared: bytes, keys: bytes) -> "_Agreed":
        """Extract the secret (RFC 5869, 2.2) by SHA-256, with both public keys."""
        secret = hmac.digest(keys, shared, "sha256")
        return cls(secret, AESGCM(_derive(secret, _REQUEST)))

    def encrypt(self, content: bytes, context: bytes) -> bytes:
        """Return a random nonce, and the content encrypted with it."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self.cipher.encrypt(nonce, content, context)

    def answer_key(self, nonce: bytes) -> AnswerKey:
        """Return the key of the answer to the message with that nonce."""
        return AnswerKey(_derive(self.secret, _ANSWER + nonce))


Later = Callable[[Callable[[], None]], object]
"""Has a function called once, SECRET_SECONDS later at most."""


class BoxSealer:
    """Seals messages for the holder of one public key, with a new key pair whenever the last secret is forgotten."""

    def __init__(self, public: bytes, later: Later) -> None:
        self._public = public
        self._later = later
        self._kept: tuple[bytes, _Agreed] | None = None

    def seal(self, content: bytes, context: bytes) -> bytes:
        """Seal the content; `context` must be the same when it is opened.

        Raises ValueError for a public key that has not 32 bytes, or that leads to no secret.
        """
        ours, agreed = self._keep()
        return ours + agreed.encrypt(content, context)

    def seal_question(self, content: bytes, context: bytes) -> tuple[bytes, AnswerKey]:
        """Seal the content as `seal` does; return with it the key that opens its answer."""
        ours, agreed = self._keep()
        sealed = agreed.encrypt(content, context)
        return ours + sealed, agreed.answer_key(sealed[:NONCE_BYTES])

    def _keep(self) -> tuple[bytes, _Agreed]:
        """Return our public key and the secret agreed by it; both are forgotten soon."""
        if self._kept is None:
            self._kept = self._agree()
            self._later(self._forget)
        return self._kept

    def _agree(self) -> tuple[bytes, _Agreed]:
        own = X25519PrivateKey.generate()
        ours = own.public_key().public_bytes_raw()
        shared = own.exchange(X25519PublicKey.from_public_bytes(self._public))
        return ours, _Agreed.of(shared, ours + self._public)

    def _forget(self) -> None:
        self._kept = None


class BoxOpener:
    """Opens the boxes that are sealed for one key pair."""

    def __init__(self, private: X25519PrivateKey) -> None:
        self.public = private.public_key().public_bytes_raw()
        self._private = private
        self._agree = lru_cache(maxsize=MOST_SECRETS)(self._exchange)

    def open(self, box: bytes, context: bytes) -> bytes:
        """Return the content of a box. Raises BoxError."""
        try:
            cipher = self._agree(box[:PUBLIC_BYTES]).cipher
            return cipher.decrypt(box[PUBLIC_BYTES:_HEAD_BYTES], box[_HEAD_BYTES:], context)
        except (InvalidTag, ValueError):
            raise BoxError("The message is sealed for another receiver, or has been changed or moved.") from None

    def answer_key(self, box: bytes) -> AnswerKey:
        """Return the key for the answer to a box that was opened."""
        return self._agree(box[:PUBLIC_BYTES]).answer_key(box[PUBLIC_BYTES:_HEAD_BYTES])

    def _exchange(self, theirs: bytes) -> _Agreed:
        shared = self._private.exchange(X25519PublicKey.from_public_bytes(theirs))
        return _Agreed.of(shared, theirs + self.public)


def _derive(secret: bytes, use: bytes) -> bytes:
    """Return the key of one use: HKDF's expansion by SHA-256 (RFC 5869, 2.3)."""
    return hmac.digest(secret, use + b"\x01", "sha256")
