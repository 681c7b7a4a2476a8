"""`lianshan doctor`."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from deploy.lianshan.cli.common import (
    AsJson,
    Var,
    amqp_connection,
    database_prefix,
    fail,
    mongo_client,
    need,
    out,
    plainly,
    where,
)
from deploy.lianshan.local.folder import Folder

if TYPE_CHECKING:
    from deploy.lianshan.doctor import Finding

_STYLE = {"ok": "green", "warning": "yellow", "failed": "bold red"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


@plainly
def doctor(
    quick: Annotated[bool, typer.Option("--quick", help="Without the laws: seconds, whatever the size.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Read every event of the feed, not only the newest 250,000.")
    ] = False,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Look the whole platform over: servers, topology, indexes, what is stuck, and the laws over all that is stored.

    Exits 0 when nothing has failed, 1 otherwise. Works on the embedded stack and on servers of your own.
    """
    found = _examine(var, laws=not quick, every_event=full)
    if as_json:
        well = all(finding.level != "failed" for finding in found)
        out.print_json(data={"well": well, "findings": [finding.to_json() for finding in found]})
    else:
        _show(found)
    raise typer.Exit(1 if any(finding.level == "failed" for finding in found) else 0)


def _examine(var: Path | None, *, laws: bool, every_event: bool) -> "list[Finding]":
    from deploy.lianshan.cli.status import processes  # noqa: PLC0415 - slow to import
    from deploy.lianshan.doctor import Patient, examine  # noqa: PLC0415
    from deploy.lianshan.topology import look  # noqa: PLC0415
    from shared.engine.amqp.broker import BrokerUnreachableError  # noqa: PLC0415

    stack, folder = where(var), Folder.here(var)
    amqp_uri, mongo_uri = need(stack.amqp_uri, "LIANSHAN_AMQP_URI"), need(stack.mongo_uri, "LIANSHAN_MONGO_URI")
    with amqp_connection(amqp_uri) as connection, mongo_client(mongo_uri) as client:
        client.admin.command("ping")
        try:
            standing = look(folder, amqp_uri)
        except BrokerUnreachableError as error:
            fail(str(error))
        patient = Patient(
            folder, amqp_uri, mongo_uri, database_prefix(), connection, client, standing, datetime.now(UTC),
            stack.gateway_url, list(processes(folder)) if (folder.root / "stack.json").exists() else [],
        )  # fmt: skip
        return list(examine(patient, laws=laws, every_event=every_event))


def _show(found: "list[Finding]") -> None:
    table = Table("check", "", "found", "what to do", box=None, pad_edge=False)
    for finding in found:
        style = _STYLE[finding.level]
        table.add_row(finding.check, f"[{style}]{finding.level}[/{style}]", escape(finding.text), escape(finding.next))
    out.print(table)
    counts: Counter[str] = Counter(finding.level for finding in found)
    out.print(", ".join(f"{counts[level]} {level}" for level in _STYLE if counts[level]))
