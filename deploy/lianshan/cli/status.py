"""`lianshan status`: processes, queues, outboxes, doors, pauses, failed messages, and all that is not well."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import typer

from deploy.lianshan.cli.connections import Addresses, database_prefix, find_addresses
from deploy.lianshan.cli.options import AsJson, Lang, Var, choose_language
from deploy.lianshan.cli.output import Line, fail, name_columns, one_line_errors, out, print_table
from deploy.lianshan.local.folder import Folder

if TYPE_CHECKING:
    from deploy.lianshan.status import Status
    from deploy.lianshan.status.facts import QueueState
    from shared.contracts.reasons import Reason
    from shared.words import Wording

EXIT_NOT_WELL: Final = 1
EXIT_PAUSED: Final = 4
_MINUTE: Final = 60


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


@one_line_errors
def status(var: Var = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Show the processes, every queue, the outboxes and doors, the failed messages; at the end all that is not well.

    Exits 1 when something is not well, 3 when no stack is up, 4 when all is well and a service is paused.
    """
    from deploy.lianshan.status import find_wrong  # noqa: PLC0415 - slow to import
    from shared.words import Wording  # noqa: PLC0415

    words = Wording(choose_language(lang))
    addresses, folder = find_addresses(var), Folder.here(var)
    found = _read(folder, addresses, words)
    wrong = find_wrong(found)
    if as_json:
        out.print_json(data=found.to_json(wrong, _word(wrong, words)))
    else:
        _print_tables(found, words)
        _print_remarks(found, words)
        _print_gateway(addresses, words)
        _print_verdict(found, wrong, words)
    raise typer.Exit(EXIT_NOT_WELL if wrong else EXIT_PAUSED if found.paused else 0)


def _read(folder: Folder, addresses: Addresses, words: "Wording") -> "Status":
    from deploy.lianshan.status import read_status  # noqa: PLC0415 - slow to import
    from shared.engine.store.schema_registry import StoreTooNewError  # noqa: PLC0415

    try:
        return read_status(folder, addresses.amqp_uri, addresses.mongo_uri, database_prefix(), words)
    except StoreTooNewError as error:
        fail(str(error))


def _print_tables(found: "Status", words: "Wording") -> None:
    processes = [
        Line((p["name"], words.term("process_state", p["state"]), words.term("answer", "yes" if p["ready"] else "no"),
              p["pid"], _span(p["uptime_seconds"]), p["restarts"]))
        for p in found.processes
    ]  # fmt: skip
    if processes:
        print_table(name_columns(words, "process", "state", "ready", "pid", "up", "restarts"), processes)
        out.print()
    if found.queues:
        columns = ("queue", "messages", "consumers", "retries", "dead_letters")
        print_table(name_columns(words, *columns), _list_queues(found.queues, words))
        out.print()
    _print_agencies(found, words)
    services = [
        Line((o["service"], o["events"], f"{o['oldest_seconds']:g} s",
              words.term("door", "open" if o["door"] == "open" else "closed"),
              words.term("answer", "yes" if o["catching_up"] else "no")))
        for o in found.outbox
    ]  # fmt: skip
    if services:
        print_table(name_columns(words, "service", "outbox", "oldest", "door", "catching_up"), services)
        out.print()


def _print_agencies(found: "Status", words: "Wording") -> None:
    if found.agencies:
        agencies = [Line((q["queue"], q["messages"], q["consumers"])) for q in found.agencies]
        print_table(name_columns(words, "agency_queue", "messages", "consumers"), agencies)
    elif found.agencies is not None:
        out.print(words.sentence("no_agency_queue", {}))
    elif not found.unreachable:  # else the reason stands among that which is not well
        out.print(words.sentence("agencies_unseen", {}))
    out.print()


def _list_queues(queues: "list[QueueState]", words: "Wording") -> Iterator[Line]:
    missing = words.term("answer", "missing")
    for queue in queues:
        # Queues of release 0.2, without a consumer by design: they are of interest while they hold something.
        if queue["messages"] == 0 and (".retry." in queue["queue"] or queue["queue"].endswith(".dead")):
            continue
        depth = missing if queue["messages"] is None else queue["messages"]
        yield Line((queue["queue"], depth, queue["consumers"], queue["retries"], queue["dead_letters"]))


def _print_remarks(found: "Status", words: "Wording") -> None:
    if found.clock:
        out.print(words.sentence("clock_moved", {"clock": found.clock}), style="bold red", markup=False)
    for skewed in found.skewed:
        out.print(words.sentence("host_clock_apart", skewed), style="bold", markup=False)
    if found.retries:
        out.print(words.sentence("retries_in_all", {"count": found.retries}))
    if found.dead_letters:
        out.print(words.sentence("dead_letters_see_list", {"count": found.dead_letters}))
    elif found.outbox:  # not where MongoDB does not answer
        out.print(words.sentence("no_letters", {}))
    for row in found.migrations:
        if row["from"] == row["version"]:
            line = words.sentence("indexes_pending", {"collection": row["collection"]})
        else:
            versions: dict[str, str | int] = {
                "collection": row["collection"], "before": row["from"], "after": row["version"],
            }  # fmt: skip
            line = words.sentence("migration_pending", versions)
        out.print(line, markup=False)
    for view in found.views:
        parts = {name: str(view[name]) for name in ("view", "state", "to_follow", "skipped")}
        out.print(words.sentence("view_under_way", parts), markup=False)
    for service in found.outbox:
        if service["catching_up"]:
            out.print(words.sentence("events_missing", {"service": service["service"]}))


def _print_gateway(addresses: Addresses, words: "Wording") -> None:
    if addresses.gateway_url:
        out.print(words.sentence("gateway_address", {"address": addresses.gateway_url}), markup=False)
    else:
        out.print(words.sentence("gateway_not_known", {}))


def _print_verdict(found: "Status", wrong: "list[Reason]", words: "Wording") -> None:
    for pause in found.paused:
        who = {**pause, "why": pause["why"] or "–"}
        out.print(words.sentence("service_paused", who), style="bold", markup=False)
    if wrong:
        out.print(words.sentence("not_well", {"exit": EXIT_NOT_WELL}), style="bold red")
        for line in _word(wrong, words):
            out.print(f"  {line}", markup=False)
    elif found.paused:
        out.print(words.sentence("well_but_paused", {"exit": EXIT_PAUSED}), style="bold")
    else:
        out.print(words.sentence("all_well", {}))


def _word(wrong: "list[Reason]", words: "Wording") -> list[str]:
    return [words.sentence(one.code, one.args) for one in wrong]


def _span(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}"
