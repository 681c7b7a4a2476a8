"""A provider of identities: its keys, its key set over HTTP, and the tokens that it signs."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from services.gateway.identity_provider import ALGORITHMS, Provider, read_roles

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
ISSUER, AUDIENCE = "https://id.example/realms/city", "lianshan"
MAPPED = '{"street-worker": ["station_worker"], "head": ["supervisor"], "it": ["administrator"], "bureau": ["agency"]}'
KEYS: dict[str, Key] = {
    "RS256": RSAKey.generate_key(2048, {"kid": "rsa"}),
    "PS256": RSAKey.generate_key(2048, {"kid": "pss", "alg": "PS256"}),
    "ES256": ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"}),
    "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
}
PROVIDER = Provider(
    issuer=ISSUER, audience=AUDIENCE, keys_url="https://id.example/keys", algorithms=frozenset(ALGORITHMS),
    roles_claim="realm_access.roles", area_claim="area", roles=read_roles(MAPPED), keys_seconds=86_400,
)  # fmt: skip


def claims(**changed: Any) -> dict[str, Any]:
    """The claims of a street worker for an hour; those changed to None are left out."""
    made = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "person-of-tests", "iat": NOW.timestamp(),
        "exp": (NOW + timedelta(hours=1)).timestamp(), "area": "110102009",
        "realm_access": {"roles": ["street-worker", "unknown-to-us"]},
    } | changed  # fmt: skip
    return {name: value for name, value in made.items() if value is not None}


def signed(algorithm: str = "RS256", *, key: Key | None = None, header: Any = None, **changed: Any) -> str:
    """A token of the provider, or one signed by another key."""
    with_key = key or KEYS[algorithm]
    heads = {"alg": algorithm, "typ": "at+jwt", "kid": KEYS.get(algorithm, with_key).get("kid")} | (header or {})
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    body = json.dumps(claims(**changed)).encode()
    return jws.serialize_compact({k: v for k, v in heads.items() if v is not None}, body, with_key, registry=registry)


def key_set(*keys: Key) -> bytes:
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys or KEYS.values()]}).encode()


class Site:
    """The provider's site: `body` is its key set, `status` its answer; None is away. `asked` counts."""

    def __init__(self, body: bytes | None = None, status: int | None = 200) -> None:
        self.body, self.status, self.asked = key_set() if body is None else body, status, 0
        self.headers: dict[str, str] = {}

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    async def _answer(self, _: httpx.Request) -> httpx.Response:
        self.asked += 1
        await asyncio.sleep(0)  # others have their turn, as with a real site
        if self.status is None:
            raise httpx.ConnectError("away")
        return httpx.Response(self.status, content=self.body, headers=self.headers)
