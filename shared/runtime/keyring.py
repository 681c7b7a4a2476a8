"""The key ring: the keys of a process that wrap data keys and seal values that belong to no one person.

The setting LIANSHAN_DATA_KEY holds it: one key in base64, as release 0.2 has it, or after the first rotation `ring.`
and a JSON object in base64url, so that it is one word in any file or secret. The first key seals, all of them open.
`lianshan keys rotate` replaces the file while the services run, and each process follows it.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Final

from shared.runtime.logging import get_logger

KEY_BYTES: Final = 32
MOST_KEYS: Final = 16
"""Keys of a ring; each rotation adds one and retires those before it."""
MOST_BYTES: Final = 64 * 1024
LOOK_SECONDS: Final = 1.0
"""How often the file of the ring is looked at, when it is used."""
_RING: Final = "ring."
_BLIND: Final = b"lianshan blind look-up"
_FINGERPRINT: Final = b"lianshan fingerprint of commands"


def name_key(key: bytes) -> str:
    """Return the id of a key: eight hexadecimal digits of its hash, which reveal nothing about the key."""
    return sha256(b"lianshan data key\0" + key).hexdigest()[:8]


@dataclass(frozen=True)
class KeyRing:
    """The keys of a ring, the one that seals first. Raises ValueError for a key that has not 32 bytes."""

    keys: tuple[bytes, ...] = field(repr=False)
    index: tuple[bytes, bytes] = field(repr=False)
    """The roots of the keyed hashes: of blind look-up, and of the fingerprints of commands. They outlive rotation."""
    unbound: frozenset[str] = frozenset()
    """The ids of keys that have sealed values of release 0.2, which are not bound to their place."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.keys) <= MOST_KEYS:
            raise ValueError(f"a key ring has 1 to {MOST_KEYS} keys, not {len(self.keys)}")
        for key in (*self.keys, *self.index):
            if len(key) != KEY_BYTES:
                raise ValueError(f"a data key has {KEY_BYTES} bytes, not {len(key)}")

    @classmethod
    def of_key(cls, key: bytes) -> "KeyRing":
        """Return the ring of a single key, as release 0.2 has it."""
        index = (hmac.digest(key, _BLIND, "sha256"), hmac.digest(key, _FINGERPRINT, "sha256"))
        return cls((key,), index, frozenset({name_key(key)}))

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids of its keys; the first is that of the key that seals."""
        return tuple(name_key(key) for key in self.keys)

    def with_key(self, key: bytes) -> "KeyRing":
        """Return the ring with a new key, which seals from now on."""
        return replace(self, keys=(key, *self.keys))

    def retire(self) -> "KeyRing":
        """Return the ring without all keys but the one that seals."""
        kept = self.keys[:1]
        return replace(self, keys=kept, unbound=self.unbound & {name_key(kept[0])})

    def to_text(self) -> str:
        """Return the ring as LIANSHAN_DATA_KEY holds it; `parse_ring` reads it."""
        if self == KeyRing.of_key(self.keys[0]):
            return _encode(self.keys[0])
        whole = {
            "keys": [_encode(key) for key in self.keys],
            "index": [_encode(root) for root in self.index],
            "unbound": sorted(self.unbound),
        }
        return _RING + base64.urlsafe_b64encode(json.dumps(whole).encode()).decode()


def parse_ring(text: str) -> KeyRing:
    """Return the ring that a setting or a file holds. Raises ValueError, which never shows any of it."""
    text = text.strip()
    if not text.startswith(_RING):
        return KeyRing.of_key(_decode(text))
    try:
        found = json.loads(base64.urlsafe_b64decode(text.removeprefix(_RING)))
        keys, index, unbound = found["keys"], found["index"], found.get("unbound", [])
        return KeyRing(
            tuple(_decode(str(key)) for key in keys),
            (_decode(str(index[0])), _decode(str(index[1]))),
            frozenset(str(key_id) for key_id in unbound),
        )
    except (KeyError, TypeError, IndexError, json.JSONDecodeError, UnicodeDecodeError, binascii.Error):
        raise ValueError("must be 32 bytes in base64, or a key ring that `lianshan keys` wrote") from None


def _encode(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _decode(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):  # the latter for characters outside ASCII
        raise ValueError("must be base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"must be {KEY_BYTES} bytes in base64, not {len(key)}")
    return key


class FollowedRing:
    """A ring that follows its file: looked at once a second where it is used, and at once for an unknown key.

    A file that cannot be read, or holds no ring, leaves the ring as it was. Without a file the ring never changes.
    """

    def __init__(self, ring: KeyRing, path: Path | None = None, clock: Callable[[], float] = monotonic) -> None:
        self._ring = ring
        self._path = path
        self._clock = clock
        self._next = 0.0
        self._seen: tuple[int, int, int] | None = None

    @property
    def current(self) -> KeyRing:
        """The ring, as its file held it a second ago at most."""
        if self._path is not None and self._clock() >= self._next:
            self.reread()
        return self._ring

    def reread(self) -> KeyRing:
        """Return the ring as its file holds it now."""
        if self._path is None:
            return self._ring
        self._next = self._clock() + LOOK_SECONDS
        try:
            status = self._path.stat()
            seen = (status.st_mtime_ns, status.st_size, status.st_ino)
            if seen == self._seen:
                return self._ring
            with self._path.open(encoding="utf-8") as file:
                ring = parse_ring(file.read(MOST_BYTES))
        except (OSError, ValueError) as error:
            get_logger().warning("key_ring_not_read", file=str(self._path), error=type(error).__name__)
            return self._ring
        self._seen = seen
        if ring != self._ring:
            get_logger().info("key_ring_read", keys=list(ring.ids))
            self._ring = ring
        return self._ring
