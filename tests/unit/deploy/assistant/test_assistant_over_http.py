"""The tools over HTTP: each request with its own key, none without, no stream, no name of a host that is not ours."""

import asyncio
from typing import Any, Final

import httpx

from deploy.lianshan.assistant.gateway import Gateway
from deploy.lianshan.assistant.serving import MOST_BODY, make_app

JSON: Final = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
KEY: Final = {"Authorization": "Bearer own-key"}
CALL: Final = {
    "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_tasks", "arguments": {"area": "11"}},
}  # fmt: skip


def ask(
    seen: list[httpx.Request], host: str = "127.0.0.1", method: str = "POST", times: int = 1, **request: Any
) -> httpx.Response:
    """Ask the server; its gateway answers an empty page and keeps the request in `seen`."""

    def answer(came: httpx.Request) -> httpx.Response:
        seen.append(came)
        return httpx.Response(200, json={"items": [], "next": None}, headers={"Set-Cookie": "session=of-one-caller"})

    async def run() -> httpx.Response:
        gateway = Gateway("http://gateway", "zh", httpx.MockTransport(answer))
        app: Any = make_app(gateway, "zh", ["assistants.example"])
        async with (
            app.app.router.lifespan_context(app.app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{host}:8765") as client,
        ):
            return [await client.request(method, "/mcp", **request) for _ in range(times)][-1]

    return asyncio.run(run())


def test_the_key_of_the_request_goes_to_the_gateway_and_the_language_of_the_server() -> None:
    seen: list[httpx.Request] = []
    answer = ask(seen, headers=JSON | KEY, json=CALL)
    assert answer.json()["result"]["structuredContent"] == {"items": [], "next": None}
    assert "Mcp-Session-Id" not in answer.headers
    (came,) = seen
    assert came.headers["Authorization"] == "Bearer own-key"
    assert came.headers["Accept-Language"] == "zh"
    assert (came.url.path, dict(came.url.params)) == ("/v1/tasks", {"limit": "20", "area": "11"})


def test_a_request_without_a_key_is_refused_before_it_is_read() -> None:
    seen: list[httpx.Request] = []
    for headers in (JSON, JSON | {"Authorization": "Basic eDp5"}):
        answer = ask(seen, headers=headers, json=CALL)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="lianshan"')
    assert seen == []


def test_no_caller_gets_a_cookie_of_another() -> None:
    seen: list[httpx.Request] = []
    ask(seen, times=2, headers=JSON | KEY, json=CALL)
    assert ["Cookie" in came.headers for came in seen] == [False, False]


def test_no_stream_is_opened() -> None:
    answer = ask([], method="GET", headers=JSON | KEY)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_a_name_of_another_host_or_a_page_of_the_web_is_refused() -> None:
    seen: list[httpx.Request] = []
    assert ask(seen, "attacker.example", headers=JSON | KEY, json=CALL).status_code == 421
    page = {"Origin": "https://attacker.example"}
    assert ask(seen, headers=JSON | KEY | page, json=CALL).status_code == 403
    assert seen == []
    assert ask(seen, "assistants.example", headers=JSON | KEY, json=CALL).status_code == 200


def test_a_body_that_is_too_large_is_refused() -> None:
    seen: list[httpx.Request] = []
    answer = ask(seen, headers=JSON | KEY, content=b'"' + b"x" * MOST_BODY + b'"')
    assert answer.status_code == 413
    assert seen == []
