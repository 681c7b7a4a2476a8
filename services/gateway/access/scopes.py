"""Scopes: permissions and an area, bound to a key. Pure."""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal, get_args

from shared.contracts.areas import is_area_code

Permission = Literal["read", "write", "personal", "admin"]
PERMISSIONS: Final[tuple[Permission, ...]] = get_args(Permission)
PREFIX: Final = "lk_"
"""The start of every key, so that secret scanners and people recognise a leaked one."""
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a key. An empty `area` reaches everywhere, `110102` that district and all below."""

    key_id: str
    permissions: frozenset[str]
    area: str = ""

    def may(self, permission: Permission) -> bool:
        """Return whether the key has the permission; `admin` includes every other."""
        return permission in self.permissions or "admin" in self.permissions

    def reaches(self, area: str) -> bool:
        """Return whether the area lies within the key's."""
        # Codes are hierarchical, so containment is a common prefix (GB/T 10114-2003).
        return area.startswith(self.area)

    def narrow(self, asked: str) -> str | None:
        """Return the area to search when `asked` is wanted, never more than the key reaches.

        The result is the narrower of the two areas, and None where neither contains the other.
        """
        if asked.startswith(self.area):
            return asked
        return self.area if self.area.startswith(asked) else None


def new_key(entropy: bytes | None = None) -> str:
    """Return a new key of 256 random bits; tests pass `entropy` (32 bytes) instead of random bits."""
    secret = secrets.token_bytes(_SECRET_BYTES) if entropy is None else entropy
    return PREFIX + secret.hex()


def looks_like_key(text: str) -> bool:
    """Return whether the text has the form of a key: `lk_` and 64 characters. Anything else costs no look-up."""
    secret = text.removeprefix(PREFIX)
    return text.startswith(PREFIX) and len(secret) == 2 * _SECRET_BYTES and secret.isascii() and secret.isalnum()


def hash_key(key: str) -> str:
    """Return the SHA-256 of a key in hexadecimal: the only form in which a key is stored.

    One fast hash is right here. Slow, salted hashes protect secrets that people choose; nobody guesses 256 random
    bits, and each request is checked by this hash.
    """
    return sha256(key.encode()).hexdigest()


def valid_scope(permissions: frozenset[str], area: str) -> bool:
    """Return whether a key may have this scope.

    It needs at least one known permission and an area code, or no area; `admin` takes no area.
    """
    known = bool(permissions) and permissions <= set(PERMISSIONS)
    return known and (area == "" or is_area_code(area)) and not ("admin" in permissions and area != "")
