"""A token of the provider of identities counts like a key with its roles and area; any other text does not."""

import asyncio
import hmac
import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from identity_provider import AUDIENCE, ISSUER, KEYS, NOW, PROVIDER, Site, claims, signed
from joserfc import jws
from joserfc.jwk import RSAKey

from services.gateway.access.grants import Grant
from services.gateway.access.provider_keys import ProviderKeys
from services.gateway.access.tokens import ScopeMissingError, TokenRefusedError, Tokens, looks_like_token

HOUR = timedelta(hours=1)


def at(instant: Any) -> float:
    return float(instant.timestamp())


def shown(token: str) -> Grant:
    async def ask() -> Grant:
        async with Site().client() as client:
            return await Tokens(PROVIDER, ProviderKeys(PROVIDER, client), lambda: NOW).grant(token)

    return asyncio.run(ask())


def refusal(token: str) -> str:
    with pytest.raises((TokenRefusedError, ScopeMissingError)) as refused:
        shown(token)
    return str(refused.value)


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_token_gives_the_mapped_roles_in_its_area_until_it_ends(algorithm: str) -> None:
    token = signed(algorithm)
    assert looks_like_token(token)
    grant = shown(token)
    assert (grant.actor.roles, grant.actor.area, grant.actor.kind) == (("station_worker",), "110102009", "person")
    assert grant.ends_at == NOW + HOUR


def test_a_principal_is_stable_and_shows_neither_the_issuer_nor_the_subject() -> None:
    first, second = shown(signed()).actor, shown(signed("ES256", exp=at(NOW + 2 * HOUR))).actor
    assert first.principal == second.principal == first.id
    assert first.id.startswith("person_")
    assert not any(word in first.model_dump_json() for word in ("person-of-tests", "example", "realm"))
    assert shown(signed(sub="another")).actor.id != first.id


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"exp": at(NOW)}, "token_has_ended"),
        ({"exp": None}, "token_malformed"),
        ({"exp": "tomorrow"}, "token_malformed"),
        ({"exp": True}, "token_malformed"),
        ({"exp": float("nan")}, "token_malformed"),
        ({"exp": float("inf")}, "token_malformed"),
        ({"exp": at(NOW + 25 * HOUR)}, "token_lasts_too_long"),
        ({"nbf": at(NOW + timedelta(seconds=61))}, "token_not_yet_valid"),
        ({"iat": at(NOW + timedelta(seconds=61))}, "token_not_yet_valid"),
        ({"iss": "https://id.example/realms/other"}, "token_of_other_issuer"),
        ({"iss": ISSUER + "/"}, "token_of_other_issuer"),
        ({"iss": None}, "token_of_other_issuer"),
        ({"aud": "another"}, "token_for_others"),
        ({"aud": ["another", "third"]}, "token_for_others"),
        ({"aud": {AUDIENCE: 1}}, "token_for_others"),
        ({"aud": None}, "token_for_others"),
        ({"sub": None}, "token_malformed"),
        ({"sub": 7}, "token_malformed"),
        ({"realm_access": None}, "token_without_roles"),
        ({"realm_access": {"roles": ["administrator", "system", "station_worker"]}}, "token_without_roles"),
        ({"realm_access": {"roles": [["street-worker"], None, {}]}}, "token_without_roles"),
        ({"area": None}, "token_without_area"),
        ({"area": ""}, "token_without_area"),
        ({"area": ["110102009"]}, "token_without_area"),
        ({"area": "1101x"}, "token_scope_impossible"),
        ({"realm_access": {"roles": ["it"]}}, "token_scope_impossible"),
        ({"realm_access": {"roles": ["bureau", "street-worker"]}}, "token_scope_impossible"),
    ],
)
def test_a_token_whose_claims_do_not_count_here_and_now_is_refused(changed: dict[str, Any], rule: str) -> None:
    assert refusal(signed(**changed)) == rule


def test_clocks_may_differ_by_a_minute_and_an_audience_be_one_of_several() -> None:
    later = at(NOW + timedelta(seconds=60))
    assert shown(signed(nbf=later, iat=later, aud=["another", AUDIENCE])).actor.area == "110102009"


def test_the_whole_city_and_administration_take_an_express_word_each() -> None:
    actor = shown(signed(area="*", realm_access={"roles": ["it"]})).actor
    assert (actor.roles, actor.area) == (("administrator",), "")
    agency = shown(signed(realm_access={"roles": "bureau other"})).actor
    assert (agency.kind, agency.roles) == ("agency", ("agency",))


def test_a_public_key_is_no_secret_and_a_token_without_signature_no_token() -> None:
    public = KEYS["RS256"].as_pem(private=False)  # type: ignore[attr-defined]
    head, body, _ = signed().split(".")
    confused = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'rsa'})}.{body}"
    mac = urlsafe_b64encode(hmac.digest(public, confused.encode(), "sha256")).decode().rstrip("=")
    assert refusal(f"{confused}.{mac}") == "token_algorithm"
    for algorithm in ("none", "None", "HS256", "RS512"):
        header = part({"alg": algorithm, "typ": "JWT", "kid": "rsa"})
        assert refusal(f"{header}.{body}.AAAA") == "token_algorithm"
    assert refusal(f"{head}.{body}.") == "token_malformed"
    assert refusal(f"{part({'alg': 'ES256', 'typ': 'JWT', 'kid': 'rsa'})}.{body}.AAAA") == "token_key_unknown"


def test_another_key_under_the_providers_id_signs_nothing() -> None:
    assert refusal(signed(key=RSAKey.generate_key(2048))) == "token_forged"
    assert refusal(signed("RS256", header={"kid": "pss"})) == "token_key_unknown"
    assert refusal(signed(header={"kid": "other"})) == "token_key_unknown"
    assert refusal(signed(header={"kid": None})) == "token_key_unknown"


@pytest.mark.parametrize(
    "header",
    [
        {"jku": "https://evil.example/keys"}, {"x5u": "https://evil.example/"}, {"jwk": {"kty": "RSA"}},
        {"x5c": ["MII"]}, {"typ": None}, {"typ": "logout+jwt"},
    ],
)  # fmt: skip
def test_a_header_that_brings_its_own_key_or_is_for_something_else_is_refused(header: dict[str, Any]) -> None:
    assert refusal(signed(header=header)) == "token_malformed"


def test_an_extension_is_refused() -> None:
    _, body, signature = signed().split(".")
    for more in ({"crit": ["exp"]}, {"b64": False}, {"typ": 7}):
        header = part({"alg": "RS256", "typ": "JWT", "kid": "rsa"} | more)
        assert refusal(f"{header}.{body}.{signature}") == "token_malformed"


@pytest.mark.parametrize("text", ["..", "a.b.c", "e30.e30.e30", "é.é.é", "W10.e30.AAAA", " . . "])
def test_a_text_that_is_no_token_is_refused(text: str) -> None:
    assert refusal(text) in {"token_malformed", "token_algorithm"}


def test_a_token_beyond_eight_kibibytes_is_refused_and_a_long_one_counts() -> None:
    assert refusal(signed(more="x" * 8000)) == "token_malformed"
    assert shown(signed(more="x" * 4000)).actor.area == "110102009"


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
TOKENS = {algorithm: signed(algorithm) for algorithm in KEYS}


@given(st.sampled_from(sorted(TOKENS)), st.data())
def test_no_altered_byte_passes(algorithm: str, data: st.DataObject) -> None:
    token = TOKENS[algorithm]
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from(f"{LETTERS}.=+/ ").filter(lambda drawn: drawn != token[place]))
    refusal(token[:place] + letter + token[place + 1 :])


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_signature_has_one_spelling_although_base64_has_several(algorithm: str) -> None:
    token = TOKENS[algorithm]
    for letter in set(LETTERS) - {token[-1]}:
        refusal(token[:-1] + letter)


def test_claims_moved_under_another_signature_are_refused() -> None:
    head, _, signature = signed().split(".")
    assert refusal(f"{head}.{part(claims(area='*', realm_access={'roles': ['it']}))}.{signature}") == "token_forged"


def part(value: Any) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_signed_text_that_is_no_object_is_refused() -> None:
    for body in (b"[]", b"7", b"not json", b"[" * 3000):
        token = jws.serialize_compact({"alg": "ES256", "typ": "JWT", "kid": "ec"}, body, KEYS["ES256"], ["ES256"])
        assert refusal(token) == "token_malformed"
