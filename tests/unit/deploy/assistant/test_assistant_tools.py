"""The tools that an assistant sees: those of the API of today, one of which writes, a draft."""

import asyncio
from typing import Any

import httpx
import pytest
from assistant_double import STRANGER, answered, work
from described_api import app as described_app
from fastapi import FastAPI
from mcp import Client
from mcp.shared.exceptions import MCPError

from deploy.lianshan.assistant.operations import OPERATIONS


def test_every_tool_is_listed_with_the_schema_of_the_api(api: FastAPI) -> None:
    listed = work(api, STRANGER, lambda client: client.list_tools())
    tools = {tool.name: tool for tool in listed.tools}
    assert set(tools) == {operation.name for operation in OPERATIONS} | {"explain_codes"}
    asked = tools["list_needs"].input_schema["properties"]
    assert asked["area"]["pattern"] == "^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$"
    assert (asked["limit"]["default"], asked["text"]["default"]) == (20, False)
    assert tools["read_need"].input_schema["required"] == ["need_id"]


def test_no_tool_writes_but_the_draft_and_nothing_is_destroyed(api: FastAPI) -> None:
    listed = work(api, STRANGER, lambda client: client.list_tools())
    hints = {tool.name: tool.annotations for tool in listed.tools}
    assert [name for name, each in hints.items() if not each.read_only_hint] == ["draft_need"]
    assert {(each.destructive_hint, each.idempotent_hint, each.open_world_hint) for each in hints.values()} == {
        (False, True, False)
    }
    assert [(each.method, each.path, each.fixed) for each in OPERATIONS if each.method != "GET"] == [
        ("POST", "/v1/needs", {"publish": False})
    ]


def test_a_draft_has_all_that_the_api_takes_but_publishing_and_names_its_attempt(api: FastAPI) -> None:
    listed = work(api, STRANGER, lambda client: client.list_tools())
    schema = next(tool.input_schema for tool in listed.tools if tool.name == "draft_need")
    need = described_app().openapi()["components"]["schemas"]["NeedIn"]
    assert set(schema["properties"]) == set(need["properties"]) - {"publish"} | {"once"}
    assert set(schema["required"]) == {*need["required"], "once"}
    assert "GoodsAsked" in schema["$defs"]
    assert "#/components/" not in str(schema)


def test_the_description_of_the_api_is_read_once_for_many_lists(api: FastAPI) -> None:
    paths: list[str] = []

    def describe(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return httpx.Response(200, json={"paths": {}})

    async def list_twice(client: Client) -> None:
        await client.list_tools(cache_mode="bypass")
        await client.list_tools(cache_mode="bypass")

    work(httpx.MockTransport(describe), STRANGER, list_twice)
    assert paths == ["/openapi.json"]


def test_without_a_gateway_the_list_of_tools_says_so_in_words() -> None:
    async def list_tools(client: Client) -> None:
        with pytest.raises(MCPError, match=r"Not available now: Wait. \(service_paused\)"):
            await client.list_tools()

    problem = {"title": "Not available now", "rule": "service_paused", "detail": "Wait."}
    work(answered(problem, 503), STRANGER, list_tools)


def test_a_tool_that_the_gateway_does_not_have_is_not_offered(api: FastAPI) -> None:
    description = {"paths": {"/v1/areas/{code}": described_app().openapi()["paths"]["/v1/areas/{code}"]}}
    listed = work(answered(description), STRANGER, lambda client: client.list_tools())
    assert [tool.name for tool in listed.tools] == ["read_area", "explain_codes"]


@pytest.mark.parametrize(
    "newer",
    [
        [],
        {"get": {"parameters": [{"$ref": "#/components/parameters/Area"}]}},
        {"get": {"parameters": [{"in": "query", "name": "area", "content": {}}]}},
        {"get": {}, "post": {"requestBody": {"content": {"application/json": {"schema": {"anyOf": []}}}}}},
    ],
)
def test_a_form_of_a_newer_gateway_costs_its_tool_alone(api: FastAPI, newer: object) -> None:
    area = described_app().openapi()["paths"]["/v1/areas/{code}"]
    listed = work(
        answered({"paths": {"/v1/areas/{code}": area, "/v1/needs": newer}}), STRANGER, lambda c: c.list_tools()
    )
    names = {tool.name for tool in listed.tools}
    assert names - {"list_needs"} == {"read_area", "explain_codes"}


def test_many_who_wait_for_the_list_do_not_wait_for_a_silent_gateway_in_turn(api: FastAPI) -> None:
    tried: list[str] = []

    async def fail(request: httpx.Request) -> httpx.Response:
        tried.append(request.url.path)
        await asyncio.sleep(0.01)
        raise httpx.ReadTimeout("x")

    async def list_at_once(client: Client) -> None:
        lists: Any = [client.list_tools(cache_mode="bypass") for _ in range(10)]
        found = await asyncio.gather(*lists, return_exceptions=True)
        assert all("api_silent" in str(each) for each in found)
        assert len(tried) == 1
        with pytest.raises(MCPError, match="api_silent"):  # who asks later is answered by the gateway of then
            await client.list_tools(cache_mode="bypass")
        assert len(tried) == 2

    work(httpx.MockTransport(fail), STRANGER, list_at_once)
