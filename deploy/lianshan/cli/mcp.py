"""`lianshan mcp`."""

from typing import Annotated, Final

import typer

from deploy.lianshan.cli.connections import CommandSettings, find_addresses, require
from deploy.lianshan.cli.options import Lang, Var, choose_language
from deploy.lianshan.cli.output import EXIT_NOT_UP, fail, one_line_errors
from shared.runtime.settings import load

PORT: Final = 8765


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("mcp")(serve_assistant)


@one_line_errors
def serve_assistant(  # noqa: PLR0917 - a command has the options that it has
    http: Annotated[bool, typer.Option("--http", help="Serve over HTTP instead of standard input and output.")] = False,
    host: Annotated[str, typer.Option(help="The address to listen on, with --http.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port, with --http.", min=1, max=65535)] = PORT,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A name by which clients reach the server, beside those of loopback.")
    ] = None,
    var: Var = None,
    lang: Lang = None,
) -> None:
    """Serve tools for an assistant (Model Context Protocol): reading, and drafts that a person publishes.

    Over standard input and output it acts with the key in LIANSHAN_MCP_KEY, or in the file LIANSHAN_MCP_KEY_FILE; over
    HTTP with the `Authorization` of each request. The gateway is that of the stack, or LIANSHAN_GATEWAY_URL.
    """
    url, language = require(find_addresses(var).gateway_url, "LIANSHAN_GATEWAY_URL"), choose_language(lang)
    try:
        from deploy.lianshan.assistant.serving import serve_http, serve_stdio  # noqa: PLC0415 - slow, and an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"mcp", "mcp_types"}:
            raise
        fail("the package `mcp` is missing: pip install --require-hashes -r requirements/assistant.lock")
    if http:
        serve_http(url, host, port, allow_host or (), language)
        return
    key = load(CommandSettings).mcp_key
    if not key:
        fail("LIANSHAN_MCP_KEY is not set, nor LIANSHAN_MCP_KEY_FILE: docs/mcp.md tells how to make one.", EXIT_NOT_UP)
    serve_stdio(url, key, language)
