"""An assistant is refused in words: by the gateway with rule and field, by the server within its limits."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from assistant_double import DRAFT, READER, STRANGER, WORKER, Owners, answered, call, refusal, text_of
from fastapi import FastAPI
from gateway_events import NEED
from mcp_types import CallToolResult

from deploy.lianshan.assistant import gateway
from deploy.lianshan.assistant.bounds import MOST_BYTES, measure
from deploy.lianshan.assistant.gateway import Gateway
from deploy.lianshan.assistant.server import MOST_AT_ONCE, MOST_OF_ONE, Assistant
from shared.words import Wording


def test_a_key_without_the_permission_is_refused_by_the_gateway(api: FastAPI, owners: Owners) -> None:
    problem = refusal(call(api, READER, "draft_need", **DRAFT, once="first-draft"))
    assert (problem["status"], problem["rule"]) == (403, "permission_missing")
    assert owners.sent == []


def test_an_unknown_key_is_refused(api: FastAPI) -> None:
    assert refusal(call(api, STRANGER, "list_needs"))["status"] == 401


def test_a_broken_rule_names_its_field(api: FastAPI) -> None:
    result = call(api, WORKER, "draft_need", **{**DRAFT, "beneficiaries": "many"}, once="first-draft")
    assert [each["field"] for each in refusal(result)["errors"]] == ["beneficiaries"]
    assert "beneficiaries: " in text_of(result)


def test_a_misspelt_filter_is_refused(api: FastAPI) -> None:
    assert refusal(call(api, READER, "list_needs", sate="ready"))["rule"] == "unknown_parameter"


@pytest.mark.parametrize("need_id", ["..", ".", "", "../keys", "a/b", "x" * 65, None, 7])
def test_an_id_leads_to_no_other_path(api: FastAPI, need_id: Any) -> None:
    assert refusal(call(api, READER, "read_need", need_id=need_id))["rule"] == "argument_no_id"


@pytest.mark.parametrize("value", [{"$gt": ""}, [["a"]], ["a"] * 100, None, 1.5, [], "x" * 9000])
def test_a_filter_is_a_text_a_number_or_a_short_list(api: FastAPI, value: Any) -> None:
    assert refusal(call(api, READER, "list_needs", state=value))["rule"] == "argument_no_value"


@pytest.mark.parametrize(("tool", "ids"), [("list_needs", {}), ("read_need", {"need_id": NEED})])
def test_an_empty_list_does_not_leave_words_about_people_to_the_gateways_default(
    tool: str, ids: dict[str, Any]
) -> None:
    def read(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/openapi.json", "the gateway was asked"
        return httpx.Response(200, json={"paths": {}})

    assert refusal(call(httpx.MockTransport(read), READER, tool, **ids, text=[]))["rule"] == "argument_no_value"


def test_an_unknown_tool_is_refused(api: FastAPI) -> None:
    assert refusal(call(api, WORKER, "publish_need", need_id=NEED))["rule"] == "no_such_tool"


def test_the_time_to_wait_is_passed_on() -> None:
    problem = {"title": "Too many requests", "status": 429, "rule": "rate_used_up", "detail": "Wait."}
    result = call(answered(problem, 429, **{"Retry-After": "7"}), READER, "list_needs")
    assert refusal(result)["retry_after"] == 7
    assert text_of(result).endswith("Retry-After: 7 s")


@pytest.mark.parametrize("wait", ["Sat, 28 Nov 2026 10:00:00 GMT", "-1", "9" * 5000])
def test_a_time_to_wait_that_is_no_number_of_seconds_is_left_out(wait: str) -> None:
    problem = {"title": "Too many requests", "status": 429, "rule": "rate_used_up", "detail": "Wait."}
    assert "retry_after" not in refusal(call(answered(problem, 429, **{"Retry-After": wait}), READER, "list_needs"))


def test_a_refusal_of_thousands_of_fields_is_shortened_as_an_answer_is() -> None:
    errors = [{"field": f"lines.{n}", "rule": "missing", "detail": "缺" * 100} for n in range(3000)]
    problem = {"title": "Invalid", "status": 422, "rule": "broken", "detail": "See errors.", "errors": errors}
    result = call(answered(problem, 422), READER, "list_needs")
    shown = refusal(result)
    assert shown["left_out"] == {"errors": 3000 - len(shown["errors"])}
    assert max(measure(shown), len(text_of(result).encode())) <= MOST_BYTES


@pytest.mark.parametrize(
    ("status", "rule"), [(502, "api_unreachable"), (503, "api_unreachable"), (404, "api_not_understood")]
)
def test_a_page_of_a_proxy_says_to_try_again_where_the_gateway_is_away(status: int, rule: str) -> None:
    proxy = httpx.MockTransport(lambda _: httpx.Response(status, content=b"<html>"))
    assert refusal(call(proxy, READER, "list_needs"))["rule"] == rule


@pytest.mark.parametrize(
    ("fault", "rule"),
    [(httpx.ConnectError("x"), "api_unreachable"), (httpx.ReadTimeout("x"), "api_silent")],
)
def test_a_gateway_that_does_not_answer_is_named_without_a_stack_trace(fault: Exception, rule: str) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise fault

    result = call(httpx.MockTransport(fail), READER, "list_needs")
    assert refusal(result)["rule"] == rule
    assert "Traceback" not in text_of(result)


def test_an_answer_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dripping(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield b" "
                await asyncio.sleep(0.01)

    monkeypatch.setattr(gateway, "SECONDS", 0.1)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Dripping()))
    assert refusal(call(transport, READER, "list_needs"))["rule"] == "api_silent"


@pytest.mark.parametrize(
    "content",
    [
        b"<html>", b"[]", b'{"a": ' + b"9" * 5_000_000 + b"}", b'{"a": NaN}', b'{"a": "\\ud800"}',
        b'{"a": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    ],
    ids=["html", "list", "huge", "no number", "half a character", "deep"],
)  # fmt: skip
def test_an_answer_that_is_no_gateways_or_endless_is_given_up(content: bytes) -> None:
    result = call(httpx.MockTransport(lambda _: httpx.Response(200, content=content)), READER, "list_needs")
    assert refusal(result)["rule"] in {"api_not_understood", "answer_too_large"}


def test_a_redirection_is_not_followed_with_the_key() -> None:
    seen: list[str] = []

    def lead_away(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url.host))
        return httpx.Response(302, headers={"Location": "http://elsewhere/"}, json={})

    assert refusal(call(httpx.MockTransport(lead_away), READER, "list_needs"))["rule"] == "api_not_understood"
    assert seen == ["gateway"]


@pytest.mark.parametrize(
    ("callers", "another"),
    [
        ([f"Bearer {nth % 2}" for nth in range(MOST_AT_ONCE)], "Bearer another"),
        (["Bearer one"] * MOST_OF_ONE, "Bearer one"),
        (["Bearer one", "bearer one"] * (MOST_OF_ONE // 2), "BEARER  one "),
    ],
    ids=["of all", "of one key", "of one key in several spellings"],
)
def test_more_calls_at_once_than_the_limit_are_refused_at_once(callers: list[str], another: str) -> None:
    async def crowd() -> list[CallToolResult]:
        begun = asyncio.Event()

        async def wait(_: httpx.Request) -> httpx.Response:
            await begun.wait()
            return httpx.Response(200, json={"items": [], "next": None})

        assistant = Assistant(Gateway("http://gateway", "en", httpx.MockTransport(wait)), Wording("en"))
        calls = [asyncio.create_task(assistant.call("list_needs", {}, caller.encode())) for caller in callers]
        await asyncio.sleep(0)
        beyond = await assistant.call("list_needs", {}, another.encode())
        begun.set()
        after = [await each for each in calls] + [await assistant.call("list_needs", {}, another.encode())]
        assert not any(each.is_error for each in after)
        return [beyond]

    (beyond,) = asyncio.run(crowd())
    assert refusal(beyond)["rule"] == "assistant_busy"


def test_a_crowd_with_one_key_leaves_room_for_the_others() -> None:
    async def crowd() -> CallToolResult:
        begun = asyncio.Event()

        async def wait(request: httpx.Request) -> httpx.Response:
            if request.headers["authorization"] == "Bearer crowd":
                await begun.wait()
            return httpx.Response(200, json={"items": [], "next": None})

        assistant = Assistant(Gateway("http://gateway", "en", httpx.MockTransport(wait)), Wording("en"))
        calls = [asyncio.create_task(assistant.call("list_needs", {}, b"Bearer crowd")) for _ in range(MOST_AT_ONCE)]
        await asyncio.sleep(0)
        other = await assistant.call("list_needs", {}, b"Bearer other")
        begun.set()
        await asyncio.gather(*calls)
        return other

    assert not asyncio.run(crowd()).is_error
