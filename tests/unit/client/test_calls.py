"""A call is sent until it is answered, takes effect once, and its refusal names the rule to act on."""

import asyncio
import json
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from lianshan_client import (
    AsyncClient,
    Call,
    Client,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    NoAnswerError,
    TooManyRequestsError,
    UnavailableError,
    VersionError,
)
from lianshan_client.api import dispatches, keys, needs
from lianshan_client.flow import Clock, Send, Settings, carry_out

Answering = Callable[[httpx.Request], httpx.Response]
URL, KEY = "https://city.example", "lsk_of_a_test"


class QuickClock(Clock):
    """Each look at it is a second later, and nothing is left to chance."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        self.seconds += 0.1
        return self.seconds

    def draw(self) -> float:
        return 0.0


def in_turn(*answers: httpx.Response | Exception) -> tuple[list[httpx.Request], Answering]:
    """The requests that come, and the answers that they get in turn."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        given = answers[len(seen) - 1]
        if isinstance(given, Exception):
            raise given
        return given

    return seen, answer


def problem(status: int, rule: str, **more: Any) -> httpx.Response:
    body = {"type": "/problems/x", "title": "X", "status": status, "detail": "So it is.", "rule": rule, **more}
    return httpx.Response(status, json=body, headers={"content-type": "application/problem+json"})


def client(answer: Answering, **settings: Any) -> Client:
    return Client(URL, KEY, transport=httpx.MockTransport(answer), clock=QuickClock(), **settings)


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that clients made, none of which is waited for."""
    made: list[float] = []

    async def at_once(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr("lianshan_client.client.time.sleep", made.append)
    monkeypatch.setattr("lianshan_client.async_client.asyncio.sleep", at_once)
    return made


def test_a_call_is_sent_with_the_key_the_language_the_version_and_its_body() -> None:
    seen, answer = in_turn(httpx.Response(200, json={"id": "need_1", "version": 4, "added_later": True}))
    with client(answer, language="zh") as lianshan:
        need = lianshan.send(needs.cancel_need("need/1", {"reason": "搬走了"}, expected=3))
    assert dict(need)["added_later"] is True, "a field of a newer release is kept"
    [request] = seen
    assert str(request.url) == f"{URL}/v1/needs/need%2F1/cancel", "an id cannot lead to another path"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["accept-language"] == "zh"
    assert request.headers["if-match"] == '"3"'
    assert json.loads(request.content) == {"reason": "搬走了"}


def test_an_etag_is_sent_as_it_came() -> None:
    seen, answer = in_turn(httpx.Response(200, json={}))
    with client(answer) as lianshan:
        lianshan.send(dispatches.accept_offer("dispatch_1", expected='"7-zh"'))
    assert seen[0].headers["if-match"] == '"7-zh"'
    assert seen[0].content == b"{}"


def test_filters_are_sent_by_their_names_several_values_one_by_one_and_none_not_at_all() -> None:
    seen, answer = in_turn(httpx.Response(200, json={"items": [], "next": None}))
    with client(answer) as lianshan:
        lianshan.send(needs.list_needs(state=["ready", "served"], waiting=True, limit=5))
    assert seen[0].url.query == b"limit=5&state=ready&state=served&waiting=true"


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(503),
        httpx.Response(429),
        httpx.Response(408),
        httpx.ConnectError("no"),
        httpx.DecodingError("no gzip"),
    ],
)
def test_a_call_is_tried_again_with_the_same_idempotency_key(trouble: httpx.Response | Exception) -> None:
    seen, answer = in_turn(trouble, trouble, httpx.Response(200, json={"id": "need_1"}))
    with client(answer) as lianshan:
        assert lianshan.send(needs.publish_need("need_1"))["id"] == "need_1"
    assert len({request.headers["idempotency-key"] for request in seen}) == 1
    assert len(seen) == 3


def test_an_own_idempotency_key_is_sent_and_two_calls_never_share_one() -> None:
    assert needs.publish_need("need_1", idempotency_key="mine").idempotency_key == "mine"
    assert needs.publish_need("need_1").idempotency_key != needs.publish_need("need_1").idempotency_key


def test_pauses_grow_and_retry_after_is_obeyed(pauses: list[float]) -> None:
    named = httpx.Response(503, headers={"retry-after": "7"})
    _, answer = in_turn(httpx.Response(502), httpx.Response(502), named, httpx.Response(200, json={}))
    with client(answer) as lianshan:
        lianshan.send(needs.read_need("need_1"))
    assert pauses == [0.1, 0.2, 7.0]


def test_a_retry_after_beyond_the_time_of_the_call_is_raised_at_once(pauses: list[float]) -> None:
    refused = problem(429, "rate_used_up")
    refused.headers["retry-after"] = "50"
    _, answer = in_turn(refused)
    with client(answer, timeout=30) as lianshan, pytest.raises(TooManyRequestsError) as raised:
        lianshan.send(needs.read_need("need_1"))
    assert (raised.value.rule, raised.value.retry_after, pauses) == ("rate_used_up", 50.0, [])


def test_without_an_answer_the_call_ends_after_its_attempts() -> None:
    seen, answer = in_turn(*(httpx.ReadTimeout("slow") for _ in range(3)))
    with client(answer, attempts=3) as lianshan, pytest.raises(NoAnswerError) as raised:
        lianshan.send(needs.read_need("need_1"))
    assert len(seen) == 3
    assert isinstance(raised.value.__cause__, httpx.ReadTimeout)


def test_a_refusal_names_rule_field_and_values_and_is_not_tried_again() -> None:
    errors = [{"field": "lines.0.unit", "rule": "unknown_unit", "detail": "No such unit.", "args": {"unit": "x"}}]
    seen, answer = in_turn(problem(422, "fields_to_correct", errors=errors, args={"fields": "lines.0.unit"}))
    with client(answer) as lianshan, pytest.raises(InvalidError) as raised:
        lianshan.send(needs.read_need("need_1"))
    assert len(seen) == 1
    assert (raised.value.rule, raised.value.field, raised.value.type) == (
        "fields_to_correct",
        "lines.0.unit",
        "/problems/x",
    )
    assert raised.value.errors[0].values == {"unit": "x"}
    assert raised.value.values == {"fields": "lines.0.unit"}


@pytest.mark.parametrize(
    ("status", "kind"), [(403, ForbiddenError), (409, ConflictError), (412, VersionError), (500, UnavailableError)]
)
def test_each_kind_of_refusal_has_its_exception(status: int, kind: type[Exception]) -> None:
    _, answer = in_turn(problem(status, "because"))
    with client(answer) as lianshan, pytest.raises(kind, match="because"):
        lianshan.send(needs.read_need("need_1"))


def test_a_cursor_that_is_gone_names_where_to_begin() -> None:
    _, answer = in_turn(problem(410, "cursor_of_other_epoch", args={"start": "abc-385"}))
    with client(answer) as lianshan, pytest.raises(GoneError) as raised:
        lianshan.send(Call("GET", "/v1/events", {"after": "old-1"}))
    assert raised.value.start == "abc-385"


def test_the_page_of_a_proxy_is_an_error_without_a_rule() -> None:
    _, answer = in_turn(httpx.Response(500, text="<html>"))
    with client(answer) as lianshan, pytest.raises(UnavailableError) as raised:
        lianshan.send(needs.read_need("need_1"))
    assert raised.value.rule == ""


def test_a_redirection_is_not_followed_with_the_key() -> None:
    seen, answer = in_turn(httpx.Response(307, headers={"location": "https://elsewhere.example/"}))
    with client(answer) as lianshan, pytest.raises(Exception, match="307"):
        lianshan.send(needs.read_need("need_1"))
    assert len(seen) == 1


def test_an_answer_without_a_body_is_none() -> None:
    seen, answer = in_turn(httpx.Response(204))
    with client(answer) as lianshan:
        lianshan.send(keys.revoke_key("key_1"))
    assert seen[0].method == "DELETE"


def test_a_list_is_iterated_over_its_pages_with_its_filters() -> None:
    seen, answer = in_turn(
        httpx.Response(200, json={"items": [{"id": "a"}, {"id": "b"}], "next": "c2"}),
        httpx.Response(200, json={"items": [{"id": "c"}], "next": None}),
    )
    with client(answer) as lianshan:
        found = [need["id"] for need in lianshan.iterate(needs.list_needs(area="110102"))]
    assert found == ["a", "b", "c"]
    assert [request.url.query for request in seen] == [b"area=110102", b"after=c2&area=110102"]


def test_the_asynchronous_client_does_the_same() -> None:
    seen, answer = in_turn(
        httpx.ConnectError("no"),
        httpx.Response(200, json={"items": [{"id": "a"}], "next": "c2"}),
        httpx.Response(200, json={"items": [{"id": "b"}], "next": None}),
    )

    async def read() -> list[str]:
        transport = httpx.MockTransport(answer)
        async with AsyncClient(URL, KEY, transport=transport, clock=QuickClock()) as lianshan:
            return [need["id"] async for need in lianshan.iterate(needs.list_needs())]

    assert asyncio.run(read()) == ["a", "b"]
    assert len(seen) == 3


@pytest.mark.parametrize(
    "wrong", [{"url": "city.example"}, {"key": "with\nbreak"}, {"key": ""}, {"timeout": 0}, {"attempts": 0}]
)
def test_wrong_settings_are_refused_with_their_names(wrong: dict[str, Any]) -> None:
    [name] = wrong
    with pytest.raises(ValueError, match=name):
        Client(**{"url": URL, "key": KEY, **wrong})


def test_a_report_of_an_error_with_its_local_values_shows_neither_the_key_nor_a_body() -> None:
    settings = Settings(URL, KEY, "en", 30.0, 5)
    step = next(carry_out(Call("POST", "/v1/people", body={"name": "Invented"}), settings, Clock()))
    assert isinstance(step, Send)
    assert KEY in step.headers["Authorization"]
    assert KEY not in f"{settings!r} {step!r}"
    assert "Invented" not in repr(step)


def test_a_fault_within_tls_is_a_call_without_an_answer() -> None:
    seen, answer = in_turn(ssl.SSLError("bad record mac"), httpx.Response(200, json={}))

    async def run() -> None:
        async with AsyncClient(URL, KEY, transport=httpx.MockTransport(answer), clock=QuickClock()) as client:
            assert await client.send(Call("GET", "/v1/needs")) == {}

    asyncio.run(run())
    assert len(seen) == 2
