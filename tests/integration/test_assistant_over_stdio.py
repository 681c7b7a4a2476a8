"""`lianshan mcp` on a running platform, as an assistant's program starts it: with one key, over standard input."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from gateway_stack import AREA, ELSEWHERE, RunningGateway, need, station, until
from lianshan_command import lianshan
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import CallToolResult

from deploy.lianshan.local.services import SOURCE

pytestmark = pytest.mark.integration
SECONDS = 60.0
Use = Callable[[Client], Awaitable[Any]]


def work(gateway: RunningGateway, key: str, use: Use) -> Any:
    """Use the tools with that key."""
    own = {"LIANSHAN_GATEWAY_URL": gateway.url, "LIANSHAN_MCP_KEY": key, "LANG": "en_GB.UTF-8"}
    started = StdioServerParameters(
        command=sys.executable, args=["-m", "deploy.lianshan.cli", "mcp", "--var", str(gateway.folder / "none")],
        env={"PATH": os.environ["PATH"], **own}, cwd=str(SOURCE),
    )  # fmt: skip

    async def run() -> Any:
        async with asyncio.timeout(SECONDS), Client(started) as client:
            return await use(client)

    return asyncio.run(run())


def call(name: str, **arguments: Any) -> Use:
    return lambda client: client.call_tool(name, arguments)


def in_turn(*uses: Use) -> Use:
    async def use(client: Client) -> list[Any]:
        return [await each(client) for each in uses]

    return use


def rule_of(result: CallToolResult) -> tuple[int, str]:
    assert result.is_error
    return result.structured_content["status"], result.structured_content["rule"]


def test_an_assistant_searches_reads_and_drafts_once_as_far_as_its_key_allows(gateway: RunningGateway) -> None:
    with gateway.client() as admin:
        station_id = station(admin)
        draft = {name: value for name, value in need(station_id).items() if name != "publish"}
        drafting = call("draft_need", **draft, once="rice-for-elm-lane")

        def heard() -> Any:
            listed, first, again = work(
                gateway, gateway.key("platform"), in_turn(lambda client: client.list_tools(), drafting, drafting)
            )
            return None if first.is_error and rule_of(first)[0] == 404 else (listed, first, again)

        listed, first, again = until(heard, "stations knows the station")
        assert "draft_need" in {tool.name for tool in listed.tools}
        made = first.structured_content
        assert again.structured_content["id"] == made["id"]
        assert made["state"] == "draft"

        found, read, tasks, refused = work(
            gateway,
            gateway.key("reader"),
            in_turn(
                call("list_needs", station_id=station_id),
                call("read_need", need_id=made["id"], text=True),
                call("list_tasks", station_id=station_id),
                drafting,
            ),
        )
        assert [item["id"] for item in found.structured_content["items"]] == [made["id"]]
        assert (read.structured_content["area"], read.structured_content["title"]) == (AREA, None)
        assert not tasks.is_error
        assert rule_of(refused) == (403, "permission_missing")

        elsewhere, none = work(
            gateway,
            gateway.key("reader", area=ELSEWHERE),
            in_turn(call("read_need", need_id=made["id"]), call("list_needs")),
        )
        assert rule_of(elsewhere) == (404, "unknown_id")
        assert made["id"] not in {item["id"] for item in none.structured_content["items"]}

        assert admin.get(f"/v1/needs/{made['id']}").json()["state"] == "draft"


def test_without_a_key_the_server_does_not_start(gateway: RunningGateway) -> None:
    environment = {**os.environ, "LIANSHAN_GATEWAY_URL": gateway.url, "LIANSHAN_VAR": str(gateway.folder / "none")}
    ended = lianshan(environment, "mcp")
    assert ended.returncode == 3
    assert "LIANSHAN_MCP_KEY is not set" in ended.stderr


def test_the_example_of_the_documentation_drafts_a_need(gateway: RunningGateway) -> None:
    with gateway.client() as admin:
        station(admin)
    own = {"LIANSHAN_GATEWAY_URL": gateway.url, "LIANSHAN_MCP_KEY": gateway.key("station_worker", area=AREA)}
    done = subprocess.run(
        [sys.executable, SOURCE / "docs/examples/assistant.py"], env={**os.environ, **own}, cwd=gateway.folder,
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("list_needs read_need ")
    assert "'state': 'draft'" in done.stdout
