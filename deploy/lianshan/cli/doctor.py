"""`lianshan doctor`."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deploy.lianshan.cli.connections import CommandSettings, find_addresses, open_broker, open_platform, require
from deploy.lianshan.cli.options import AsJson, Lang, Var, choose_language
from deploy.lianshan.cli.output import Line, fail, name_columns, one_line_errors, out, print_table
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.state import has_left_processes, read_processes
from shared.runtime.settings import load

if TYPE_CHECKING:
    from deploy.lianshan.doctor import Finding
    from shared.words import Wording

_STYLES: Final = {"ok": "green", "warning": "yellow", "failed": "bold red"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


@one_line_errors
def doctor(
    quick: Annotated[bool, typer.Option("--quick", help="Without the laws: takes seconds at any size.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Read every event of the feed, not only the newest 250,000.")
    ] = False,
    var: Var = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Examine the whole platform: servers, topology, indexes, stuck work, and the laws over everything that is stored.

    Exits 0 when nothing has failed, 1 otherwise. Works on the embedded stack and on servers of your own.
    """
    from shared.words import Wording  # noqa: PLC0415 - slow to import

    words = Wording(choose_language(lang))
    found = _examine(var, laws=not quick, every_event=full)
    well = all(finding.level != "failed" for finding in found)
    if as_json:
        out.print_json(data={"well": well, "findings": [finding.to_json(words) for finding in found]})
    else:
        _print_findings(found, words)
    raise typer.Exit(0 if well else 1)


def _examine(var: Path | None, *, laws: bool, every_event: bool) -> "list[Finding]":
    from deploy.lianshan.clock.movement import read_city_clock  # noqa: PLC0415
    from deploy.lianshan.doctor import Platform, examine  # noqa: PLC0415 - slow to import
    from deploy.lianshan.topology import read_state  # noqa: PLC0415
    from shared.engine.amqp.broker import BrokerUnreachableError  # noqa: PLC0415

    found, folder = find_addresses(var), Folder.here(var)
    amqp_uri, mongo_uri = require(found.amqp_uri, "LIANSHAN_AMQP_URI"), require(found.mongo_uri, "LIANSHAN_MONGO_URI")
    with open_broker(amqp_uri) as connection, open_platform(mongo_uri) as stores:
        # A server that is away is one line, and not the same finding eleven times.
        stores.client.admin.command("ping")
        try:
            state = read_state(folder, amqp_uri)
        except BrokerUnreachableError as error:
            fail(str(error))
        platform = Platform(
            folder, amqp_uri, mongo_uri, connection, stores, state, read_city_clock(stores),
            found.gateway_url, read_processes(folder) if folder.stack_file.exists() else [],
            not has_left_processes(folder), load(CommandSettings).backup_days,
        )  # fmt: skip
        return list(examine(platform, laws=laws, every_event=every_event))


def _print_findings(found: "list[Finding]", words: "Wording") -> None:
    lines = []
    for finding in found:
        text, todo = finding.word(words)
        cells = words.term("level", finding.level), words.term("check", finding.check), text
        lines.append(Line(cells, _STYLES[finding.level], [f"→ {todo}"] if todo else ()))
    print_table(name_columns(words, "level", "check", "found"), lines)
    counts: Counter[str] = Counter(finding.level for finding in found)
    counted = {"ok": counts["ok"], "warnings": counts["warning"], "failed": counts["failed"]}
    out.print(words.sentence("findings_counted", counted))
