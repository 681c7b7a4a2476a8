"""The declared provider of identities, and the meaning of its claims here: roles and areas. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args
from urllib.parse import urlsplit

from shared.contracts.access import Role
from shared.runtime.development import is_loopback

ALGORITHMS: Final[Mapping[str, str]] = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}
"""The kinds of keys of all algorithms that can be allowed. None is symmetric: a public key is no secret."""
EVERYWHERE: Final = "*"
"""The value of the claim of the area that reaches the whole city; a missing claim reaches nothing."""
MOST_VALUES: Final = 200
"""Values of the claim of roles that a mapping may name."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of identities: the tokens that count, and the names of the claims. `roles` gives roles for a value."""

    issuer: str
    audience: str
    keys_url: str
    algorithms: frozenset[str]
    roles_claim: str
    area_claim: str
    roles: Mapping[str, frozenset[str]]
    keys_seconds: float
    """How long the keys read last stay usable while the provider is away."""
    ca_file: str | None = None


def read_algorithms(text: str) -> frozenset[str]:
    """Return the algorithms named, with commas between. Raises ValueError for none and for any but `ALGORITHMS`."""
    named = frozenset(name.strip() for name in text.split(",") if name.strip())
    if not named or not named <= set(ALGORITHMS):
        raise ValueError(f"must name some of {', '.join(ALGORITHMS)}, with commas between")
    return named


def read_roles(text: str) -> dict[str, frozenset[str]]:
    """Return the roles for each value of the claim, from `{"value": ["role"]}`; an empty text maps nothing.

    Raises ValueError for other JSON, and for roles that no key may have: the mapping is the only source of roles.
    """
    if not text:
        return {}
    try:
        read: object = json.loads(text)
    except ValueError:
        raise ValueError('must be JSON like {"street-worker": ["station_worker"]}') from None
    if not isinstance(read, dict) or len(read) > MOST_VALUES:
        raise ValueError(f"must be a JSON object with at most {MOST_VALUES} values of the claim")
    return {value: _read_named(value, roles) for value, roles in read.items()}


def _read_named(value: str, roles: object) -> frozenset[str]:
    known = get_args(Role)
    if not isinstance(roles, list) or not roles or not all(role in known for role in roles):
        raise ValueError(f"must give {value!r} a list of roles of {', '.join(known)}")
    return frozenset(str(role) for role in roles)


def check_keys_url(text: str, *, development: bool) -> None:
    """Raise ValueError for an address of keys that is not https; in development http of the loopback is one, too."""
    parts = urlsplit(text)
    local = development and parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or local) or parts.username or parts.fragment:
        raise ValueError("must be an address like https://id.example/keys; http only of this machine, in development")
