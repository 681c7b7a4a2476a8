"""The vault: personal data is sealed before it is stored, so that the store without the key reveals nothing.

AES-256 in Galois/Counter Mode (NIST SP 800-38D): it also detects any change of the sealed data.
"""

import base64
import binascii
import hmac
import os
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
_FORMAT: Final = "v1"
_NONCE_BYTES: Final = 12
"""The length that NIST SP 800-38D recommends. Random nonces of this length suffice for 2**32 seals by one key."""


class VaultError(Exception):
    """Sealed data cannot be opened: it was sealed with another key, or has been changed since."""


class Vault:
    """Seals and opens texts with one data key: `Vault(settings.data_key)`. Raises ValueError unless it has 32 bytes.

    Sealed data reads `v1.<key id>.<base64url of nonce, ciphertext and tag>`. The key id is eight hexadecimal digits of
    the key's hash: it names the key that is missing, and reveals nothing about the key.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a data key has {KEY_BYTES} bytes, not {len(key)}")
        self.key_id = sha256(b"lianshan data key\0" + key).hexdigest()[:8]
        self._cipher = AESGCM(key)
        self._blind_key = hmac.digest(key, b"lianshan blind look-up", "sha256")
        self._prefix = f"{_FORMAT}.{self.key_id}."
        # Authenticated with the text, so that sealed data cannot be passed off as that of another key or format.
        self._context = self._prefix.encode()

    def seal(self, text: str) -> str:
        """Encrypt a text; the same text gives another result each time."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, text.encode(), self._context)
        return self._prefix + base64.urlsafe_b64encode(sealed).decode()

    def blind(self, text: str) -> str:
        """Return the keyed hash of a text, 43 characters: the same each time, to find a text that is stored sealed."""
        digest = hmac.digest(self._blind_key, text.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def open(self, sealed: str) -> str:
        """Decrypt the result of `seal`. Raises VaultError, which names the key that is needed."""
        # Each part is checked apart, so that the error names the right remedy: another key, or a backup.
        form, _, rest = sealed.partition(".")
        key_id, _, body = rest.partition(".")
        if form != _FORMAT or not body:
            raise VaultError(f"This is not sealed data of format {_FORMAT}.")
        if key_id != self.key_id:
            raise VaultError(
                f"This was sealed with key {key_id}, and the key at hand is {self.key_id}: "
                "set LIANSHAN_DATA_KEY to the key that was used."
            )
        try:
            raw = base64.urlsafe_b64decode(body)
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], self._context).decode()
        except (binascii.Error, InvalidTag, ValueError):  # the last for a nonce cut short
            raise VaultError(f"Data sealed with key {key_id} has been changed or cut off.") from None
