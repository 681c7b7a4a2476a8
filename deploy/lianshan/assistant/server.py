"""The MCP server: lists the tools with their schemas, and answers calls within its limits."""

import asyncio
from collections import Counter
from collections.abc import Callable
from time import monotonic
from typing import Any, Final

import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.shared.exceptions import MCPError
from pydantic import JsonValue

from deploy.lianshan.assistant import bounds, codes
from deploy.lianshan.assistant.calls import make_request
from deploy.lianshan.assistant.gateway import Gateway, ProblemError, Request
from deploy.lianshan.assistant.operations import DATA, OPERATIONS, Json, Operation
from deploy.lianshan.assistant.schemas import describe_arguments
from shared.contracts import Refused
from shared.runtime.version import VERSION
from shared.words import Wording

MOST_AT_ONCE: Final = 16
"""Calls under way in one process; one more is refused at once, and may be made again."""
MOST_OF_ONE: Final = 8
"""Of those, the calls with one key: the other half is left to the others."""
DESCRIBED_SECONDS: Final = 60.0
"""Time that the description of the API, 1.3 MB, counts: a gateway of a newer release is noticed after it."""
INSTRUCTIONS: Final = (
    "Lianshan joins social-work stations, charity and volunteers of a city. You act with the key of one person or "
    f"programme, and see and do no more than it may. {DATA} You can draft a need; a person reads and publishes it."
)
FindKey = Callable[[ServerRequestContext[Any, Any]], bytes]
"""Returns the `Authorization` of a call."""
_BY_NAME: Final = {operation.name: operation for operation in OPERATIONS}


class Assistant:
    """Answers the calls of all clients of one process. It keeps the description of the API, and no word of a caller."""

    def __init__(self, gateway: Gateway, words: Wording) -> None:
        self._gateway = gateway
        self._words = words
        self._under_way = Counter[str]()
        self._listed: tuple[float, list[types.Tool]] | None = None
        self._listing = asyncio.Lock()
        self._failed: tuple[float, str] | None = None

    async def list_tools(self) -> list[types.Tool]:
        """Return the tools that the gateway has. Raises MCPError in words where it does not answer."""
        asked_at = monotonic()
        async with self._listing:  # one at a time: the description is large
            if self._failed is not None and self._failed[0] >= asked_at:
                # The gateway failed while this caller waited: each of many would wait for its silence in turn.
                raise MCPError(types.INTERNAL_ERROR, self._failed[1])
            if self._listed is None or monotonic() - self._listed[0] > DESCRIBED_SECONDS:
                self._listed = monotonic(), await self._describe_tools()
            return self._listed[1]

    async def _describe_tools(self) -> list[types.Tool]:
        try:
            description = await self._gateway.send(Request("GET", "/openapi.json"))
        except (ProblemError, Refused) as error:
            problem = error.problem if isinstance(error, ProblemError) else self.describe_refusal(error)
            self._failed = monotonic(), word_problem(problem)
            raise MCPError(types.INTERNAL_ERROR, self._failed[1]) from error
        described = [(each, describe_arguments(description, each)) for each in OPERATIONS]
        tools = [_describe_tool(each, schema) for each, schema in described if schema is not None]
        return [*tools, _make_tool(codes.NAME, codes.TITLE, codes.DESCRIPTION, codes.SCHEMA)]

    async def call(self, name: str, arguments: Json, authorization: bytes) -> types.CallToolResult:
        """Return the answer of a tool, or its refusal in words with `is_error`; never a stack trace."""
        try:
            return _show(await self._carry_out(name, arguments, authorization))
        except ProblemError as error:
            too_large = Refused("failed", "answer_too_large", count=bounds.MOST_BYTES)
            return _show_error(bounds.shorten(error.problem) or self.describe_refusal(too_large))
        except Refused as refused:
            return _show_error(self.describe_refusal(refused))

    def describe_refusal(self, refused: Refused) -> Json:
        """Return a refusal of this server in the form of the gateway's problem documents."""
        detail = self._words.sentence(refused.rule, refused.values, field=refused.field)
        found: Json = {"title": self._words.title(refused.code), "status": refused.status, "detail": detail}
        errors: list[JsonValue] = [{"field": refused.field, "rule": refused.rule, "detail": detail}]
        return {**found, "rule": refused.rule, "errors": errors if refused.field else []}

    async def _carry_out(self, name: str, arguments: Json, authorization: bytes) -> Json:
        key = _read_key(authorization)
        if self._under_way.total() >= MOST_AT_ONCE:
            raise Refused("unavailable", "assistant_busy", count=MOST_AT_ONCE)
        if self._under_way[key] >= MOST_OF_ONE:
            raise Refused("unavailable", "assistant_busy", count=MOST_OF_ONE)
        self._under_way[key] += 1
        try:
            if name == codes.NAME:
                return _explain(arguments)
            return await self._use(_find(name), arguments, authorization)
        finally:
            self._under_way[key] -= 1
            self._under_way += Counter()  # drops the key of a caller with none

    async def _use(self, operation: Operation, arguments: Json, authorization: bytes) -> Json:
        answer = await self._gateway.send(make_request(operation, arguments, authorization))
        if operation.writes and answer.get("state") == "draft":
            answer = {**answer, "draft": self._words.sentence("draft_waits", {"id": str(answer.get("id", ""))})}
        if bounds.measure(answer) <= bounds.MOST_BYTES:
            return answer
        fitting = bounds.count_fitting(answer)
        if fitting:
            # A cursor stands behind a page's last item: only a shorter page has the right one.
            again = make_request(operation, {**arguments, "limit": fitting}, authorization)
            answer = await self._gateway.send(again)
        shown = bounds.shorten(answer) if fitting is None else answer
        if shown is None or bounds.measure(shown) > bounds.MOST_BYTES:
            raise Refused("failed", "answer_too_large", count=bounds.MOST_BYTES)
        return shown


def make_server(assistant: Assistant, find_key: FindKey) -> Server[Any]:
    """Return the server of the Model Context Protocol."""

    async def list_tools(
        _context: ServerRequestContext[Any, Any], _params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=await assistant.list_tools())

    async def call_tool(
        context: ServerRequestContext[Any, Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        return await assistant.call(params.name, params.arguments or {}, find_key(context))

    return Server(
        "lianshan", title="Lianshan 联善", version=VERSION, instructions=INSTRUCTIONS,
        on_list_tools=list_tools, on_call_tool=call_tool,
        get_tool_input_schema=lambda _: None,  # the gateway checks arguments: no list of tools is made for a call
    )  # fmt: skip


def _read_key(authorization: bytes) -> str:
    # As the gateway reads it: "bearer" in any letters and further spaces make no other key.
    return authorization.decode("latin-1").partition(" ")[2].strip()


def _find(name: str) -> Operation:
    if name not in _BY_NAME:
        raise Refused("not_found", "no_such_tool", id=name[:64])
    return _BY_NAME[name]


def _explain(arguments: Json) -> Json:
    wanted = arguments.get("codes")
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= codes.MOST or len(arguments) > 1:
        raise Refused("invalid", "argument_no_value", field="codes")
    asked = [code for code in wanted if isinstance(code, str) and len(code) <= codes.LONGEST]
    if len(asked) != len(wanted):
        raise Refused("invalid", "argument_no_value", field="codes")
    return codes.explain(asked)


def _describe_tool(operation: Operation, schema: Json) -> types.Tool:
    return _make_tool(operation.name, operation.title, operation.description, schema, writes=operation.writes)


def _make_tool(name: str, title: str, description: str, schema: Json, *, writes: bool = False) -> types.Tool:
    hints = types.ToolAnnotations(
        read_only_hint=not writes, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    )
    return types.Tool(name=name, title=title, description=description, input_schema=schema, annotations=hints)


def _show(answer: Json, *, is_error: bool = False, text: str = "") -> types.CallToolResult:
    """Return an answer as structured content, and as the same JSON for clients that show text alone."""
    content = types.TextContent(type="text", text=text or bounds.write(answer))
    return types.CallToolResult(content=[content], structured_content=answer, is_error=is_error)


def _show_error(problem: Json) -> types.CallToolResult:
    """Return a refusal: in words as text, and the whole problem as structured content."""
    return _show(problem, is_error=True, text=word_problem(problem))


def word_problem(problem: Json) -> str:
    """Return a problem in words: a line for the rule, one for each field at fault, and one for the time to wait."""
    errors = problem.get("errors")
    lines = [f"{problem.get('title', '')}: {problem.get('detail', '')} ({problem.get('rule', '')})"]
    broken = [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    lines += [f"{each.get('field')}: {each.get('detail')} ({each.get('rule')})" for each in broken]
    if "retry_after" in problem:
        lines.append(f"Retry-After: {problem['retry_after']} s")
    return "\n".join(lines).encode()[: bounds.MOST_BYTES].decode(errors="ignore")
