"""The vault: personal data is sealed before it is stored, so that the store without the key reveals nothing.

AES-256 in Galois/Counter Mode (NIST SP 800-38D): it also detects any change of the sealed data. A sealed value is bound
to its place by authenticated data: service, collection, id and field. So a value that somebody moves to another
person or field is noticed when it is opened.
"""

import base64
import binascii
import hmac
import os
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.runtime.keyring import KEY_BYTES, FollowedRing, KeyRing, name_key
from shared.runtime.sealed_box import BoxOpener
from shared.runtime.secretfiles import named_file
from shared.runtime.settings import ServiceSettings

UNBOUND: Final = "v1"
"""The format of release 0.2: by a key of the ring itself, bound to no place."""
BOUND: Final = "v2"
"""By a key of the service, derived from one of the ring, and bound to its place."""
KEPT: Final = "k1"
"""As BOUND, by another key of the service: that of data which the law keeps longer than the rest about a person."""
_PERSONAL: Final = "p1"
"""By the data key of a person, and bound to its place."""
_NONCE_BYTES: Final = 12
"""The length that NIST SP 800-38D recommends. Random nonces of this length suffice for 2**32 seals by one key."""
SHARED_INDEX: Final = 1
OWN_INDEX: Final = 2
"""The forms of the keyed hashes: one key for all services, as release 0.2 has it, or one for each."""


class VaultError(Exception):
    """Sealed data cannot be opened: its key is another or is gone, or it has been changed or moved since."""


@dataclass(frozen=True)
class WireKey:
    """The key pair of a service, that messages to it are sealed for."""

    id: str
    opener: BoxOpener

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self.opener.public


@dataclass(frozen=True)
class _Keys:
    """The keys that one of the ring gives to a service."""

    unbound: AESGCM | None
    bound: AESGCM
    kept: AESGCM
    id: str
    secret: bytes = field(repr=False)

    @cached_property
    def wire(self) -> WireKey:
        """The key pair, made when a message needs it: that takes half a millisecond."""
        return WireKey(self.id, BoxOpener(X25519PrivateKey.from_private_bytes(self.secret)))


class Vault:
    """Seals and opens texts of one service with a key ring: `Vault(ring, "charity")`. A single key has 32 bytes.

    Sealed data reads `v2.<key id>.<base64url of nonce, ciphertext and tag>`. The key id names the key that is missing,
    and reveals nothing about the key. Services derive keys of their own (HKDF's expansion, RFC 5869, of a key that is
    random already), so that none opens the values of another.
    """

    def __init__(self, ring: bytes | KeyRing | FollowedRing, service: str = "", *, bound: bool = True) -> None:
        if isinstance(ring, bytes):
            ring = KeyRing.of_key(ring)
        self.service = service
        self.bound = bound
        """Whether it seals in the bound form. False as long as replicas of release 0.2 may read the store."""
        self.index = OWN_INDEX if bound else SHARED_INDEX
        """The form of the keyed hashes, as the store has it."""
        self._source = ring if isinstance(ring, FollowedRing) else FollowedRing(ring)
        self._known: dict[bytes, _Keys] = {}
        self._expanded: dict[tuple[bytes, str], bytes] = {}

    def of(self, service: str, *, bound: bool | None = None) -> "Vault":
        """Return the vault of another service with the same ring."""
        return Vault(self._source, service, bound=self.bound if bound is None else bound)

    @property
    def ring(self) -> KeyRing:
        """The ring as it is now."""
        return self._source.current

    @property
    def key_id(self) -> str:
        """The id of the key that seals."""
        return self.ring.ids[0]

    def seal(self, text: str, *place: str) -> str:
        """Encrypt a text for its place: the collection, the id and the field. Another result each time."""
        ring = self.ring
        keys, key_id = self._derive(ring, ring.keys[0]), ring.ids[0]
        if not self.bound and keys.unbound is not None:
            prefix = f"{UNBOUND}.{key_id}."
            return prefix + encrypt(keys.unbound, text, prefix.encode())
        return _seal(keys.bound, f"{BOUND}.{key_id}.", self.service, text, place)

    @property
    def kept(self) -> "KeptVault":
        """The vault of data that the law keeps longer than the rest about a person."""
        return KeptVault(self)

    def seal_kept(self, text: str, *place: str) -> str:
        """Encrypt a text as `seal` does, by the key for data that a law keeps. `open` decrypts it."""
        ring = self.ring
        return _seal(self._derive(ring, ring.keys[0]).kept, f"{KEPT}.{ring.ids[0]}.", self.service, text, place)

    def open(self, sealed: str, *place: str) -> str:
        """Decrypt the result of `seal` at the same place. Raises VaultError, which names the key that is needed."""
        # Each part is checked apart, so that the error names the right remedy: another key, or a backup.
        form, key_id, body = split(sealed)
        if form not in {UNBOUND, BOUND, KEPT}:
            raise VaultError(f"This is not sealed data of the formats {UNBOUND}, {BOUND} and {KEPT}.")
        keys, prefix = self._find(key_id), f"{form}.{key_id}."
        if form != UNBOUND:
            cipher = keys.bound if form == BOUND else keys.kept
            return decrypt(cipher, body, _context(prefix, self.service, place), key_id)
        # Authenticated with the text, so that it cannot be passed off as that of another key or format.
        if keys.unbound is None:
            raise VaultError(
                f"Key {key_id} has never sealed in the form of release 0.2: this was put together by hand."
            )
        return decrypt(keys.unbound, body, prefix.encode(), key_id)

    def make_key(self, *place: str) -> tuple[str, "PersonalVault"]:
        """Return a new data key of a person, wrapped for its place, and its vault."""
        key = os.urandom(KEY_BYTES)
        return self.seal(key.hex(), *place), PersonalVault(key, self.service)

    def open_key(self, wrapped: str, *place: str) -> "PersonalVault":
        """Return the vault of a wrapped data key. Raises VaultError."""
        return PersonalVault(bytes.fromhex(self.open(wrapped, *place)), self.service)

    def is_current(self, sealed: str) -> bool:
        """Return whether the value is bound, and sealed with the key that seals now."""
        return sealed.startswith(f"{BOUND}.{self.key_id}.")

    def blind(self, text: str) -> str:
        """Return the keyed hash of a text, 43 characters: the same each time, to find a text that is stored sealed."""
        digest = hmac.digest(self._index(0), text.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    @property
    def mark_key(self) -> bytes:
        """The key of the marks by which people are found: the service's own in every store; no rotation changes it."""
        return self._expand(self.ring.index[0], f"marks of {self.service}")

    @property
    def fingerprint_key(self) -> bytes:
        """The key of the fingerprints of commands."""
        return self._index(1)

    def wire_key(self, key_id: str | None = None) -> WireKey:
        """Return the key pair with that id, else the one of the key that seals. Raises VaultError for an unknown id."""
        return self._find(key_id or self.key_id).wire

    def _index(self, nth: int) -> bytes:
        root = self.ring.index[nth]
        return root if self.index == SHARED_INDEX else self._expand(root, f"index of {self.service}")

    def _expand(self, root: bytes, purpose: str) -> bytes:
        # Kept, because each hash needs one: few, as no rotation changes the index keys.
        if (known := self._expanded.get((root, purpose))) is None:
            known = self._expanded[root, purpose] = expand(root, purpose)
        return known

    def _find(self, key_id: str) -> _Keys:
        # The file is looked at for an unknown key alone: a process may not have seen the newest one yet.
        found = self._named(self.ring, key_id) or self._named(self._source.reread(), key_id)
        if found is not None:
            return found
        raise VaultError(
            f"This was sealed with key {key_id}, and the key at hand is {', '.join(self.ring.ids)}: "
            "set LIANSHAN_DATA_KEY to the key that was used."
        )

    def _named(self, ring: KeyRing, key_id: str) -> _Keys | None:
        return self._derive(ring, ring.keys[ring.ids.index(key_id)]) if key_id in ring.ids else None

    def _derive(self, ring: KeyRing, key: bytes) -> _Keys:
        if (known := self._known.get(key)) is None:
            if len(self._known) > len(ring.keys):
                self._known.clear()  # those of retired keys
            unbound = AESGCM(key) if name_key(key) in ring.unbound else None
            seals, kept = (AESGCM(expand(key, f"{use} of {self.service}")) for use in ("seals", "kept seals"))
            wire = expand(key, f"wire to {self.service}")
            known = self._known[key] = _Keys(unbound, seals, kept, name_key(key), wire)
        return known


class KeptVault:
    """Seals data that the law keeps longer than the rest about a person; its vault opens it."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def seal(self, text: str, *place: str) -> str:
        """Encrypt a text for its place: the collection, the id and the field. Another result each time."""
        return self._vault.seal_kept(text, *place)


class PersonalVault:
    """Seals and opens texts about one person with that person's data key. Raises ValueError unless it has 32 bytes.

    Sealed data reads `p1.<key id>.<base64url of nonce, ciphertext and tag>`, and is bound to its place as the vault's.
    """

    def __init__(self, key: bytes, service: str) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a data key has {KEY_BYTES} bytes, not {len(key)}")
        self._service = service
        self._cipher = AESGCM(key)
        self._key_id = sha256(b"lianshan key of a person\0" + key).hexdigest()[:8]

    def seal(self, text: str, *place: str) -> str:
        """Encrypt a text for its place: the collection, the id and the field. Another result each time."""
        return _seal(self._cipher, f"{_PERSONAL}.{self._key_id}.", self._service, text, place)

    def open(self, sealed: str, *place: str) -> str:
        """Decrypt the result of `seal` at the same place. Raises VaultError."""
        form, key_id, body = split(sealed)
        if form != _PERSONAL or key_id != self._key_id:
            raise VaultError("This was sealed with the data key of another person, or with one that is gone.")
        return decrypt(self._cipher, body, _context(f"{form}.{key_id}.", self._service, place), key_id)


def is_personal(sealed: str) -> bool:
    """Return whether the value is sealed with the data key of a person."""
    return sealed.startswith(f"{_PERSONAL}.")


def expand(key: bytes, purpose: str) -> bytes:
    """Return a key of 32 bytes for one purpose, derived from a random one: HKDF-Expand by SHA-256 (RFC 5869, 2.3)."""
    return hmac.digest(key, f"lianshan {purpose}".encode() + b"\x01", "sha256")


def _seal(cipher: AESGCM, prefix: str, service: str, text: str, place: tuple[str, ...]) -> str:
    return prefix + encrypt(cipher, text, _context(prefix, service, place))


def _context(prefix: str, service: str, place: tuple[str, ...]) -> bytes:
    return "\0".join((prefix, service, *place)).encode()


def split(sealed: str) -> tuple[str, str, str]:
    """Return the format, the key id and the body of a sealed value. Raises VaultError."""
    form, _, rest = sealed.partition(".")
    key_id, _, body = rest.partition(".")
    if not body:
        raise VaultError("This is not sealed data.")
    return form, key_id, body


def encrypt(cipher: AESGCM, text: str, context: bytes) -> str:
    """Return nonce, ciphertext and tag in base64url; the context must be the same when it is opened."""
    nonce = os.urandom(_NONCE_BYTES)
    return base64.urlsafe_b64encode(nonce + cipher.encrypt(nonce, text.encode(), context)).decode()


def decrypt(cipher: AESGCM, body: str, context: bytes, key_id: str) -> str:
    """Return the text. Raises VaultError for data that was changed, cut off, or sealed for another place."""
    try:
        raw = base64.urlsafe_b64decode(body)
        return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], context).decode()
    except (binascii.Error, InvalidTag, ValueError):  # the last for a nonce cut short
        raise VaultError(
            f"Data sealed with key {key_id} has been changed or cut off, or belongs to another person or field."
        ) from None


def open_vault(settings: ServiceSettings, service: str) -> Vault:
    """Return the vault of a service, which follows the file of its key ring where one is named.

    It seals in the form of release 0.2 until the engine has read from the store that the bound form is in use.
    """
    path: Path | None = named_file("data_key")
    return Vault(FollowedRing(settings.data_key, path), service, bound=False)
