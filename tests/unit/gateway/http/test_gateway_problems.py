"""For every fault inside, the caller gets a problem document and never a stack trace."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from pymongo.errors import AutoReconnect, ExecutionTimeout, ServerSelectionTimeoutError

from services.gateway.features.donations.request import DonationIn
from services.gateway.features.people.request import DuplicatesIn
from services.gateway.http import problems
from services.gateway.http.access_log import AccessLog
from services.gateway.http.bodies import parse
from services.gateway.http.edge import Edge
from services.gateway.tracing import NoTracer
from shared.contracts import Refused
from shared.words import LANGUAGES, Language, Wording


def answer_when(
    error: Exception, headers: dict[str, str] | dict[str, bytes] | None = None, default: Language = "en"
) -> httpx.Response:
    app = FastAPI()
    problems.install(app)
    wordings = {language: Wording(language) for language in LANGUAGES}
    access = AccessLog(None, days=190)
    app.add_middleware(Edge, tracer=NoTracer(), access=access, wordings=wordings, default=default)

    @app.get("/fails")
    async def fails() -> None:
        raise error

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.get("/fails", headers=headers)

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
    assert answer_when(Refused("wrong_state", "due_passed")).status_code == 409


def test_every_answer_names_its_correlation() -> None:
    assert answer_when(Refused("not_found", "no_such_path")).headers["X-Correlation-ID"]


@pytest.mark.parametrize(
    ("header", "default", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "en", "zh"),
        ("en-GB", "zh", "en"),
        ("fr, zh;q=0.1", "en", "zh"),
        ("zh;q=0, en;q=0.2", "zh", "en"),
        ("fr", "zh", "zh"),
        ("*", "zh", "zh"),
        (";;q=,,\xe9", "en", "en"),
    ],
)
def test_an_answer_is_in_the_language_that_its_caller_prefers(header: str, default: Language, language: str) -> None:
    answer = answer_when(Refused("wrong_state", "due_passed"), {"Accept-Language": header.encode("latin-1")}, default)
    assert answer.headers["Content-Language"] == language
    # Without it a cache would give one reader the other's language.
    assert "Accept-Language" in answer.headers["Vary"]
    assert answer.json()["detail"].startswith({"en": "The due time", "zh": "截止时间"}[language])
    assert answer.json()["rule"] == "due_passed"


def test_an_error_that_nobody_foresaw_is_worded_too() -> None:
    answer = answer_when(ValueError("about Wen Example"), {"Accept-Language": "zh"})
    assert answer.json()["detail"] == "系统内部出错：请重试，仍不行请告知运维人员。"


def test_a_field_is_named_as_its_caller_wrote_it_also_where_it_has_the_name_of_a_branch() -> None:
    with pytest.raises(problems.Problem) as refused:
        parse(DuplicatesIn, b'{"details": true, "why": "two cards"}')
    assert [error.field for error in refused.value.errors] == ["details"]
    with pytest.raises(problems.Problem) as refused:
        parse(DonationIn, b'{"station_id": "a", "donor": {"name": 5}}')
    assert "donor.name" in [error.field for error in refused.value.errors]
