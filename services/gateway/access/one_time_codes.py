"""One-time codes with which people set their passwords: short enough to be read out and typed. Pure but for chance."""

import secrets
from datetime import timedelta
from typing import Final

from services.gateway.access.scopes import hash_key

LIFE: Final = timedelta(hours=72)
"""A code ends after so long."""
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""The alphabet of Crockford's base 32: without I, L, O and U, which are misread."""
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})
_LENGTH: Final = 16
_GROUP: Final = 4


def new_code() -> tuple[str, str]:
    """Return a new code of 80 random bits, as `7KQF-2M9X-0HTB-RW4C`, and its hash: nobody tries so many in its life."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    return "-".join(letters[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP)), hash_key(letters)


def hash_code(text: str) -> str | None:
    """Return the hash under which the code is stored, however it was typed; None where it is no code."""
    code = text.upper().translate(_MISREAD)
    if len(code) != _LENGTH or not set(code) <= set(_LETTERS):
        return None
    return hash_key(code)
