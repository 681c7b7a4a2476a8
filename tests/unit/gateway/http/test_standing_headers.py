"""A caller sees its rate with each answer, and the end of an operation long before it is gone."""

import asyncio
from typing import Any

import httpx
import pytest
from described_api import describe
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from services.gateway.access.rate_limit import RateLimit
from services.gateway.app import create_app
from services.gateway.description.headers import describe_headers
from services.gateway.description.openapi import operations
from services.gateway.http.standing_headers import deprecated, write_rate
from services.gateway.settings import GatewaySettings

BEFORE = "GET /v1/things/{id}"


def rate(limit: RateLimit, own: int | None = None) -> dict[bytes, bytes]:
    return dict(write_rate(limit.show("a", own)))


def test_the_rate_is_shown_as_the_bucket_stands() -> None:
    limit = RateLimit(100, 400)
    assert limit.take("a", 0.0) == 0
    assert rate(limit) == {b"ratelimit-policy": b'"default";q=400;w=4', b"ratelimit": b'"default";r=399;t=1'}
    for _ in range(399):
        limit.take("a", 0.0)
    assert rate(limit)[b"ratelimit"] == b'"default";r=0;t=4'
    assert limit.take("a", 0.0) > 0
    assert rate(limit)[b"ratelimit"] == b'"default";r=0;t=4', "a refused request takes nothing"
    limit.take("a", 2.0)
    assert rate(limit)[b"ratelimit"] == b'"default";r=199;t=3'


def test_as_many_requests_as_are_left_pass_at_once() -> None:
    limit = RateLimit(3, 7)
    limit.take("a", 0.0)
    left = limit.show("a").left
    assert [limit.take("a", 0.0) for _ in range(left)] == [0.0] * left
    assert limit.take("a", 0.0) > 0


def test_all_requests_are_there_again_after_the_time_that_is_shown() -> None:
    limit = RateLimit(3, 7)
    for _ in range(5):
        limit.take("a", 0.0)
    full = float(limit.show("a").until_full)
    assert [limit.take("a", full) for _ in range(7)] == [0.0] * 7


def test_a_key_with_a_rate_of_its_own_sees_that_one() -> None:
    limit = RateLimit(100, 400)
    limit.take("a", 0.0, 5)
    assert rate(limit, 5) == {b"ratelimit-policy": b'"default";q=20;w=4', b"ratelimit": b'"default";r=19;t=1'}


@pytest.fixture
def router() -> APIRouter:
    """An operation that ends."""
    router = APIRouter(tags=["things"])

    @router.get("/v1/old-things")
    @deprecated(since="2026-12-01", ends="2027-06-01", instead=BEFORE)
    async def list_old_things() -> dict[str, Any]:
        """List things as before."""
        return {}

    return router


def get(app: FastAPI, path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://city.example") as client:
            return await client.get(path)

    return asyncio.run(ask())


def test_each_answer_of_an_operation_that_ends_says_since_when_and_until_when(router: APIRouter) -> None:
    app = create_app(GatewaySettings(amqp_uri="amqp://nowhere/", mongo_uri="mongodb://nowhere/"))
    app.include_router(router)
    answer = get(app, "/v1/old-things")
    assert answer.headers["deprecation"] == "@1796083200"
    assert answer.headers["sunset"] == "Tue, 01 Jun 2027 00:00:00 GMT"
    other = get(app, "/problems")
    assert not {"deprecation", "sunset", "ratelimit"} & other.headers.keys()


def test_the_description_marks_it_and_names_the_operation_to_use(router: APIRouter) -> None:
    described = get_openapi(title="things", version="1", routes=router.routes)
    described["components"] = {"responses": {"TooManyRequests": {}}}
    describe_headers(described, operations(described, [router]))
    operation = described["paths"]["/v1/old-things"]["get"]
    assert operation["deprecated"] is True
    assert f"use `{BEFORE}`. It may be gone from 2027-06-01 on." in operation["description"]
    assert set(operation["responses"]["200"]["headers"]) == {"Deprecation", "Sunset"}


def test_an_end_sooner_than_is_promised_is_refused() -> None:
    with pytest.raises(ValueError, match="180 days"):
        deprecated(since="2026-12-01", ends="2027-05-01", instead=BEFORE)


def test_every_operation_with_a_key_describes_the_headers_of_the_rate() -> None:
    for methods in describe()["paths"].values():
        for operation in methods.values():
            if "security" in operation:
                successes = [each for status, each in operation["responses"].items() if status.startswith("2")]
                assert all({"RateLimit", "RateLimit-Policy"} <= each["headers"].keys() for each in successes)
    assert {"RateLimit", "Retry-After"} <= describe()["components"]["responses"]["TooManyRequests"]["headers"].keys()
