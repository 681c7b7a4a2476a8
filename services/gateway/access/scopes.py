"""Keys as secrets, and the scope that one may have: roles of the table of permissions, and an area. Pure."""

import secrets
from hashlib import sha256
from typing import Final, get_args

from shared.contracts.access import Role
from shared.contracts.areas import is_area_code

PREFIX: Final = "lk_"
"""The start of every key, so that secret scanners and people recognise a leaked one."""
SESSION_PREFIX: Final = "ls_"
"""The start of every token of a session."""
_SECRET_BYTES: Final = 32


BESIDE_AGENCY: Final = frozenset({"agency", "reader"})
"""The roles that the key of an agency may have."""


VOLUNTEER: Final = "volunteer"
"""The role of accounts of volunteers alone."""


def new_key(entropy: bytes | None = None) -> str:
    """Return a new key of 256 random bits; tests pass `entropy` (32 bytes) instead of random bits."""
    secret = secrets.token_bytes(_SECRET_BYTES) if entropy is None else entropy
    return PREFIX + secret.hex()


def new_session_token() -> str:
    """Return the token of a new session: 256 random bits."""
    return SESSION_PREFIX + secrets.token_bytes(_SECRET_BYTES).hex()


def looks_like_key(text: str, prefix: str = PREFIX) -> bool:
    """Return whether the text has the form of a key: `lk_` and 64 characters. Anything else costs no look-up.

    With SESSION_PREFIX: that of a session's token.
    """
    secret = text.removeprefix(prefix)
    return text.startswith(prefix) and len(secret) == 2 * _SECRET_BYTES and secret.isascii() and secret.isalnum()


def hash_key(key: str) -> str:
    """Return the SHA-256 of a key in hexadecimal: the only form in which a key is stored.

    One fast hash is right here. Slow, salted hashes protect secrets that people choose; nobody guesses 256 random
    bits, and each request is checked by this hash.
    """
    return sha256(key.encode()).hexdigest()


def agency_alone(roles: frozenset[str]) -> bool:
    """Return whether roles of an agency are of an agency alone."""
    return "agency" not in roles or roles <= BESIDE_AGENCY


def valid_scope(roles: frozenset[str], area: str) -> bool:
    """Return whether a key may have this scope.

    It needs at least one role of the table that is not the platform's own, and an area code or no area; an
    administrator takes no area. An agency is nothing but a reader besides: it reads data about people by consent. A
    volunteer has an account that is bound to their id, and neither key nor token.
    """
    known = bool(roles) and roles <= set(get_args(Role)) - {VOLUNTEER} and agency_alone(roles)
    return known and (area == "" or is_area_code(area)) and not ("administrator" in roles and area != "")
