"""Whatever goes wrong inside, the caller gets a problem document and never a stack trace."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from pymongo.errors import AutoReconnect, ExecutionTimeout, ServerSelectionTimeoutError

from services.gateway.http import problems
from services.gateway.http.edge import Edge
from services.gateway.tracing import NoTracer
from shared.contracts import Refused


def answer_when(error: Exception) -> httpx.Response:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(Edge, tracer=NoTracer())

    @app.get("/fails")
    async def fails() -> None:
        raise error

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.get("/fails")

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "error", [AutoReconnect("at 10.0.0.1"), ServerSelectionTimeoutError("at 10.0.0.1"), ExecutionTimeout("slow")]
)
def test_a_store_that_cannot_answer_is_a_503_that_says_when_to_come_again(error: Exception) -> None:
    answer = answer_when(error)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "10.0.0.1" not in answer.text


def test_what_nobody_foresaw_is_a_500_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    answer = answer_when(ValueError("about Wen Example"))
    assert answer.status_code == 500
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    assert "Wen" not in answer.text
    captured = capsys.readouterr()
    assert "Wen" not in captured.out + captured.err


def test_a_refusal_is_answered_with_its_status_wherever_it_comes_from() -> None:
    assert answer_when(Refused("wrong_state", "Too late.")).status_code == 409


def test_every_answer_names_its_correlation() -> None:
    assert answer_when(Refused("not_found", "x")).headers["X-Correlation-ID"]
