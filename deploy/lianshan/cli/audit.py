"""`lianshan audit`: whether the audit is as it was written."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.lianshan.cli.connections import find_mongo_uri, open_platform
from deploy.lianshan.cli.options import AsJson, Lang, Var, choose_language
from deploy.lianshan.cli.output import EXIT_FAILED, Line, fail, name_columns, one_line_errors, out, print_table

if TYPE_CHECKING:
    from deploy.lianshan.audit import ServiceAudit
    from shared.words import Wording

app = typer.Typer(help="Verify the audit: actors, acts and subjects, in blocks that are chained by their hashes.")


@app.callback()
def group() -> None:
    """Verify the audit: actors, acts and subjects, in blocks that are chained by their hashes."""


@app.command()
@one_line_errors
def verify(
    service: Annotated[list[str] | None, typer.Option(help="Only this service; may be given several times.")] = None,
    *,
    since: Annotated[
        datetime | None, typer.Option(help="Compare rows from this time (UTC) on; blocks are always compared.")
    ] = None,
    former: Annotated[
        Path | None,
        typer.Option(help="An earlier output with --json: the chains must still hold the blocks that were last then."),
    ] = None,
    var: Var = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Compare each row of the audit with the block that lists it, and each block with the one before.

    Names the first rows that were changed, removed or inserted, and exits 1 then. Keep the output with --json outside
    the platform: with --former a chain that was cut at its end, or made again, is found.
    """
    from deploy.lianshan.audit import verify_audit  # noqa: PLC0415 - slow to import
    from deploy.lianshan.stores import SERVICES  # noqa: PLC0415
    from shared.runtime.clock import machine_now  # noqa: PLC0415
    from shared.words import Wording  # noqa: PLC0415

    services = service or list(SERVICES)
    if unknown := set(services) - set(SERVICES):
        fail(f"{min(unknown)} is no service with a store; one of {', '.join(SERVICES)}.")
    heads = {} if former is None else _read_former(former)
    begin = None if since is None else since.replace(tzinfo=since.tzinfo or UTC)
    now = machine_now()
    with open_platform(find_mongo_uri(var)) as stores:
        found = [verify_audit(stores, one, now, since=begin, known=heads.get(one)) for one in services]
    words = Wording(choose_language(lang))
    well = all(audit.well for audit in found)
    if as_json:
        out.print_json(data={"well": well, "services": [_to_json(audit, words, now) for audit in found]})
    else:
        _print(found, words, now)
    raise typer.Exit(0 if well else EXIT_FAILED)


def _read_former(file: Path) -> dict[str, dict[int, str]]:
    from pydantic import ValidationError  # noqa: PLC0415 - slow to import

    from deploy.lianshan.audit import read_heads  # noqa: PLC0415

    try:
        return read_heads(file.read_text("utf-8"))
    except (ValidationError, UnicodeDecodeError):
        fail(f"{file} is no output of `lianshan audit verify --json`: name one.")


def _to_json(audit: "ServiceAudit", words: "Wording", now: datetime) -> dict[str, Any]:
    report = audit.report
    head, dropped = report.head, report.dropped
    return {
        "service": audit.service,
        "well": audit.well,
        "blocks": report.blocks,
        "rows": report.rows,
        "late": len(report.late),
        "open": report.open,
        "oldest_open_seconds": _open_seconds(audit, now),
        "head": None if head is None else {"number": head.number, "hash": head.hash, "at": head.at.isoformat()},
        "dropped": None if dropped is None else {"number": dropped.number, "hash": dropped.hash},
        "fault_counts": report.counts | ({"row_backdated": len(audit.backdated)} if audit.backdated else {}),
        "faults": [
            {"code": fault.code, "args": fault.args, "text": words.sentence(fault.code, fault.args)}
            for fault in audit.faults
        ],
    }


def _open_seconds(audit: "ServiceAudit", now: datetime) -> int | None:
    from shared.runtime.audit import time_of  # noqa: PLC0415 - slow to import

    oldest = time_of(audit.report.oldest_open)
    return None if oldest is None else int((now - oldest).total_seconds())


def _print(found: "list[ServiceAudit]", words: "Wording", now: datetime) -> None:
    lines = []
    for audit in found:
        report = audit.report
        seconds = _open_seconds(audit, now)
        cells = audit.service, report.blocks, report.rows, len(report.late), report.open, seconds
        below = [words.sentence(fault.code, fault.args) for fault in audit.faults]
        if report.head is not None:
            shown: dict[str, str | int] = {"block": report.head.number, "hash": report.head.hash}
            below.append(words.sentence("audit_head", shown))
        lines.append(Line(cells, "" if audit.well else "bold red", below))
    print_table(name_columns(words, "service", "blocks", "rows", "late", "open", "open_seconds"), lines)
    broken = [audit for audit in found if not audit.well]
    if broken:
        out.print(words.sentence("audit_not_as_written", {"count": len(broken)}))
    else:
        out.print(words.sentence("audit_as_written", {}))
