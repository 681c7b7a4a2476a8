"""The provider's keys: asked for seldom, kept while it is away, and only those that are fit to verify."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from identity_provider import KEYS, PROVIDER, Site, key_set
from joserfc.jwk import ECKey, OctKey

from services.gateway.access.provider_keys import KeysUnreadError, ProviderKeys, read_keys

Story = Callable[[Site, ProviderKeys, list[float]], Coroutine[Any, Any, None]]


def play(story: Story, site: Site) -> None:
    """Play the story with the provider's site and a clock, whose seconds are in a list of one."""

    async def played() -> None:
        time = [0.0]
        client = site.client()
        async with client:
            await story(site, ProviderKeys(PROVIDER, client, lambda: time[0]), time)

    asyncio.run(played())


def test_a_flood_of_unknown_ids_asks_the_provider_once_a_minute() -> None:
    async def story(site: Site, keys: ProviderKeys, time: list[float]) -> None:
        found = await asyncio.gather(*(keys.find("RSA", f"forged-{number}") for number in range(200)))
        assert (set(found), site.asked) == ({None}, 1)
        time[0] = 59
        assert (await keys.find("RSA", "forged"), site.asked) == (None, 1)
        time[0] = 61
        await asyncio.gather(*(keys.find("RSA", f"forged-{number}") for number in range(200)))
        assert site.asked == 2

    play(story, Site())


def test_a_new_key_is_found_within_a_minute_and_a_withdrawn_one_is_gone() -> None:
    async def story(site: Site, keys: ProviderKeys, time: list[float]) -> None:
        assert await keys.find("RSA", "rsa") is not None
        assert await keys.find("EC", "rsa") is None, "an id is of one kind of key"
        site.body = key_set(ECKey.generate_key("P-256", {"kid": "next"}))
        time[0] = 61
        assert await keys.find("EC", "next") is not None
        assert await keys.find("RSA", "rsa") is None

    play(story, Site())


def test_requests_with_a_new_key_wait_together_for_the_one_reading() -> None:
    async def story(site: Site, keys: ProviderKeys, time: list[float]) -> None:
        await keys.refresh()
        site.body = key_set(ECKey.generate_key("P-256", {"kid": "next"}))
        time[0] = 61
        found = await asyncio.gather(*(keys.find("EC", "next") for _ in range(20)))
        assert (None in found, site.asked) == (False, 2)

    play(story, Site())


def test_the_keys_stay_usable_for_a_day_while_the_provider_is_away() -> None:
    async def story(site: Site, keys: ProviderKeys, time: list[float]) -> None:
        await keys.refresh()
        for status in (None, 500, 302):
            site.status = status
            await keys.refresh()
        time[0] = 86_400
        assert await keys.find("RSA", "rsa") is not None
        time[0] = 86_401
        with pytest.raises(KeysUnreadError):
            await keys.find("RSA", "rsa")
        site.status, time[0] = 200, 86_470
        assert await keys.find("RSA", "rsa") is not None

    play(story, Site())


def test_without_any_answer_tokens_cannot_be_checked_and_the_provider_is_not_flooded() -> None:
    async def story(site: Site, keys: ProviderKeys, _: list[float]) -> None:
        for _ in range(5):
            with pytest.raises(KeysUnreadError):
                await keys.find("RSA", "rsa")
        assert site.asked == 1

    play(story, Site(status=None))


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"keys": 7}', b"{" + b" " * 300_000 + b"}", json.dumps({"keys": [{}] * 65}).encode()],
    ids=["empty", "list", "no keys", "number", "large", "many"],
)
def test_an_answer_that_is_no_key_set_of_a_fit_size_keeps_the_keys_at_hand(body: bytes) -> None:
    async def story(site: Site, keys: ProviderKeys, _: list[float]) -> None:
        await keys.refresh()
        site.body = body
        await keys.refresh()
        assert await keys.find("RSA", "rsa") is not None

    play(story, Site())


def test_a_compressed_answer_is_not_unpacked() -> None:
    async def story(site: Site, keys: ProviderKeys, _: list[float]) -> None:
        site.headers = {"content-encoding": "br"}
        with pytest.raises(KeysUnreadError):
            await keys.find("RSA", "rsa")

    play(story, Site())


def weak_key() -> dict[str, Any]:
    weak = generate_private_key(65_537, 1024)  # noqa: S505 - on purpose
    number = weak.public_key().public_numbers().n
    return {"kty": "RSA", "e": "AQAB", "n": urlsafe_b64encode(number.to_bytes(128)).decode().rstrip("=")}


def test_weak_private_and_symmetric_keys_and_those_for_other_uses_are_left_out() -> None:
    public = [key.as_dict(private=False) for key in KEYS.values()]
    rsa = public[0]
    unfit: list[Any] = [
        KEYS["RS256"].as_dict(private=True) | {"kid": "private"},
        OctKey.generate_key(256).as_dict() | {"kid": "secret"},
        weak_key() | {"kid": "weak"},
        ECKey.generate_key("P-384").as_dict(private=False) | {"kid": "curve"},
        rsa | {"kid": "enc", "use": "enc"}, rsa | {"kid": "ops", "key_ops": ["encrypt"]}, rsa | {"kid": 7},
        {**rsa, "kid": "broken", "n": "!"}, {"kty": "RSA", "kid": "bare"}, {"kty": ["RSA"], "kid": "x"}, 7, None,
    ]  # fmt: skip
    known = read_keys(json.dumps({"keys": [*unfit, *public]}).encode())
    assert sorted(key_id for _, key_id in known) == ["ec", "ed", "pss", "rsa"]
