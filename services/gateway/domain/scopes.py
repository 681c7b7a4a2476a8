"""Who may do what: permissions and an area, bound to a key."""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal, get_args

from shared.contracts.areas import is_area_code

Permission = Literal["read", "write", "personal", "admin"]
PERMISSIONS: Final[tuple[Permission, ...]] = get_args(Permission)
PREFIX: Final = "lk_"
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a key. An empty `area` reaches everywhere, `110102` that district and all below."""

    key_id: str
    permissions: frozenset[str]
    area: str = ""

    def may(self, permission: Permission) -> bool:
        """Whether the key allows it; an admin's allows everything."""
        return permission in self.permissions or "admin" in self.permissions

    def reaches(self, area: str) -> bool:
        """Whether the area lies within the key's."""
        return area.startswith(self.area)

    def narrowed(self, asked: str) -> str | None:
        """The area to search when `asked` is wanted: never more than the key reaches, None where they are apart."""
        if asked.startswith(self.area):
            return asked
        return self.area if self.area.startswith(asked) else None


def new_key(entropy: bytes | None = None) -> str:
    """A fresh key of 256 random bits; `entropy` stands in for them in tests."""
    secret = secrets.token_bytes(_SECRET_BYTES) if entropy is None else entropy
    return PREFIX + secret.hex()


def looks_like_key(text: str) -> bool:
    """Whether it has the form of a key, so that anything else costs no look-up."""
    secret = text.removeprefix(PREFIX)
    return text.startswith(PREFIX) and len(secret) == 2 * _SECRET_BYTES and secret.isascii() and secret.isalnum()


def hash_key(key: str) -> str:
    """What is stored of a key.

    A single SHA-256 is right here: a slow, salted hash protects secrets that people choose, and nobody guesses
    256 random bits; and it must be quick, because every request is checked by it.
    """
    return sha256(key.encode()).hexdigest()


def valid_scope(permissions: frozenset[str], area: str) -> bool:
    """Whether a key may have this scope."""
    known = bool(permissions) and permissions <= set(PERMISSIONS)
    return known and (area == "" or is_area_code(area)) and not ("admin" in permissions and area != "")
