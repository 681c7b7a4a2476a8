"""Lists the tools of `lianshan mcp` and drafts a need, as an assistant's program does."""

import asyncio
import os
import sys
from pathlib import Path

from mcp import Client, StdioServerParameters

server = StdioServerParameters(
    command=str(Path(sys.executable).with_name("lianshan")),
    args=["mcp"],
    env={name: value for name, value in os.environ.items() if name.startswith(("LIANSHAN_", "PATH", "LANG"))},
)


async def main() -> None:
    async with Client(server) as assistant:
        print(*(tool.name for tool in (await assistant.list_tools()).tools))
        stations = await assistant.call_tool("list_stations", {"state": ["open"], "limit": 1})
        draft = await assistant.call_tool(
            "draft_need",
            {
                "station_id": stations.structured_content["items"][0]["id"],
                "title": "Rice for a family",
                "theme": "elderly_care",
                "urgency": "normal",
                "due": "2030-05-01T10:00:00Z",
                "location": {"lon": 116.35, "lat": 39.93},
                "beneficiaries": 1,
                "lines": [{"kind": "goods", "item": "rice", "quantity": 2, "unit": "bag"}],
                "once": "first-draft",
            },
        )
        print(draft.structured_content)


asyncio.run(main())
