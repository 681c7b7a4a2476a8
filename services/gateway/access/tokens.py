"""Tokens of the provider of identities (JWT, RFC 7519 and RFC 9068): checked, and turned into a grant."""

import json
import re
import warnings
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import Key

from services.gateway.access.grants import Grant
from services.gateway.access.provider_keys import ProviderKeys
from services.gateway.access.scopes import valid_scope
from services.gateway.identity_provider import ALGORITHMS, EVERYWHERE, Provider
from shared.contracts.access import Actor
from shared.contracts.access.actor import MOST_ROLES

LEEWAY: Final = timedelta(seconds=60)
"""By so much clocks may differ: for `nbf` and `iat`. `exp` has none, because the grant ends with it."""
LONGEST_LIFE: Final = timedelta(hours=24)
"""A token cannot be withdrawn: one that ends later than this from now is refused."""
MOST_BYTES: Final = 8 * 1024
MOST_VALUES: Final = 1000
_FORM: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_TYPES: Final = frozenset({"at+jwt", "application/at+jwt", "jwt"})
_FOREIGN_KEYS: Final = frozenset({"jku", "x5u", "jwk", "x5c", "crit", "b64"})
"""Headers that bring or name a key of the token's own choice, or that demand extensions."""
_LATEST: Final = 253_402_300_799  # the end of the year 9999

# RFC 9864 renames the algorithm to Ed25519; providers say EdDSA, and its keys are bound to that curve here.
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)


class TokenRefusedError(Exception):
    """The token does not count; `rule` is the code of the reason."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class ScopeMissingError(Exception):
    """The token is true, and names no roles or no area that count here; `rule` is the code of the reason."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Tokens:
    """The tokens of one provider. `now` gives the instant (UTC) by which they end."""

    def __init__(self, provider: Provider, keys: ProviderKeys, now: Callable[[], datetime]) -> None:
        self._provider = provider
        self._keys = keys
        self._now = now

    async def grant(self, token: str) -> Grant:
        """Return the grant of a token, which ends with it.

        Raises TokenRefusedError, ScopeMissingError, and KeysUnreadError while the provider's keys are not at hand.
        """
        header = read_header(token)
        algorithm, key_id = str(header["alg"]), header.get("kid")
        if algorithm not in self._provider.algorithms:
            raise TokenRefusedError("token_algorithm")
        key = await self._keys.find(ALGORITHMS[algorithm], key_id) if isinstance(key_id, str) else None
        if key is None or key.get("alg") not in (None, algorithm):  # a list may stand there, too
            raise TokenRefusedError("token_key_unknown")
        claims = _verified(token, key, algorithm)
        ends_at = check_claims(claims, self._provider, self._now())
        return Grant(read_actor(claims, self._provider), None, ends_at)


def looks_like_token(text: str) -> bool:
    """Return whether the text has the form of a signed token: three parts with dots between. No key has."""
    return text.count(".") == 2


def read_header(token: str) -> dict[str, object]:
    """Return the header of a token of at most MOST_BYTES. Raises TokenRefusedError for any other text.

    Each part must be the one spelling of its bytes: base64 has several, and a token has one.
    """
    if len(token) > MOST_BYTES or not _FORM.fullmatch(token) or not all(map(_is_canonical, token.split("."))):
        raise TokenRefusedError("token_malformed")
    header = _read_object(_decode(token.partition(".")[0]))
    kind = header.get("typ")
    if not isinstance(kind, str) or kind.lower() not in _TYPES or _FOREIGN_KEYS & header.keys():
        raise TokenRefusedError("token_malformed")
    if not isinstance(header.get("alg"), str):
        raise TokenRefusedError("token_algorithm")
    return header


def check_claims(claims: Mapping[str, object], provider: Provider, now: datetime) -> datetime:
    """Return the instant at which the token ends. Raises TokenRefusedError where it does not count here and now."""
    if claims.get("iss") != provider.issuer:
        raise TokenRefusedError("token_of_other_issuer")
    audience = claims.get("aud")
    if provider.audience not in (audience if isinstance(audience, list) else [audience]):
        raise TokenRefusedError("token_for_others")
    ends_at = _read_instant(claims, "exp")
    if ends_at is None or not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise TokenRefusedError("token_malformed")
    if ends_at <= now:
        raise TokenRefusedError("token_has_ended")
    if any((begins := _read_instant(claims, name)) is not None and begins > now + LEEWAY for name in ("nbf", "iat")):
        raise TokenRefusedError("token_not_yet_valid")
    if ends_at > now + LONGEST_LIFE + LEEWAY:
        raise TokenRefusedError("token_lasts_too_long")
    return ends_at


def read_actor(claims: Mapping[str, object], provider: Provider) -> Actor:
    """Return the actor whom the claims describe: roles by the provider's mapping, and the area of the claim.

    Raises ScopeMissingError where nothing is mapped, the area is no code, or a key could not have both together.
    """
    values = _find_claim(claims, provider.roles_claim)
    listed = values.split() if isinstance(values, str) else values
    named = [value for value in listed if isinstance(value, str)] if isinstance(listed, list) else []
    roles = frozenset[str]().union(*(provider.roles.get(value, frozenset()) for value in named[:MOST_VALUES]))
    if not roles or len(roles) > MOST_ROLES:
        raise ScopeMissingError("token_without_roles")
    area = _find_claim(claims, provider.area_claim)
    if not isinstance(area, str) or not area:
        raise ScopeMissingError("token_without_area")
    reach = "" if area == EVERYWHERE else area
    if not valid_scope(roles, reach):
        raise ScopeMissingError("token_scope_impossible")
    principal = name_principal(provider.issuer, str(claims["sub"]))
    kind = "agency" if "agency" in roles else "person"
    return Actor.model_validate({"kind": kind, "id": principal, "roles": tuple(sorted(roles)), "area": reach})


def name_principal(issuer: str, subject: str) -> str:
    """Return the stable id of a subject of that issuer, from which neither can be read."""
    # The length in front: no other pair of texts joins to the same bytes.
    digest = sha256(f"{len(issuer)}:{issuer}{subject}".encode(errors="surrogatepass")).digest()
    return f"person_{urlsafe_b64encode(digest).decode().rstrip('=')}"


def _verified(token: str, key: Key, algorithm: str) -> dict[str, object]:
    try:
        # The algorithm is the one that fits the kind of the key, so that a public key is never taken for a secret.
        return _read_object(jws.deserialize_compact(token, key, registry=_REGISTRIES[algorithm]).payload)
    except (JoseError, ValueError, TypeError):
        raise TokenRefusedError("token_forged") from None


def _registry(algorithm: str) -> jws.JWSRegistry:
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    # The whole token has a limit already.
    registry.max_header_length = registry.max_payload_length = MOST_BYTES
    return registry


_REGISTRIES: Final = {algorithm: _registry(algorithm) for algorithm in ALGORITHMS}


def _read_object(text: bytes) -> dict[str, object]:
    try:
        read: object = json.loads(text)
    # A deep nesting raises RecursionError.
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise TokenRefusedError("token_malformed")
    return read


def _read_instant(claims: Mapping[str, object], name: str) -> datetime | None:
    """The instant of a claim; None where there is none. NaN, texts and booleans are none either, but refused."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LATEST:
        raise TokenRefusedError("token_malformed")
    return datetime.fromtimestamp(value, UTC)


def _find_claim(claims: Mapping[str, object], name: str) -> object:
    """The claim of that name, or else the one within others that dots lead to, as `realm_access.roles`."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _is_canonical(part: str) -> bool:
    try:
        return urlsafe_b64encode(_decode(part)).decode().rstrip("=") == part
    except ValueError:
        return False


def _decode(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
