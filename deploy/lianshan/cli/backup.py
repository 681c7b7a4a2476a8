"""`lianshan backup` and `lianshan restore`."""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deploy.lianshan.cli.connections import CommandSettings, database_prefix, find_amqp_uri, find_mongo_uri
from deploy.lianshan.cli.erasures import ReadJournal, WrittenJournal, export_journal, find_journal, journal_file_of
from deploy.lianshan.cli.options import AsJson, Var
from deploy.lianshan.cli.output import Advance, err, fail, one_line_errors, out, show_progress
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.stack import Options
from shared.runtime.clock import machine_now
from shared.runtime.settings import load

if TYPE_CHECKING:
    from deploy.lianshan.backup import AgencyQueue, Backup, Keys, StackRestored

KEEP_FREE: Final = 1024**3
"""Bytes; RabbitMQ stops taking messages when its disk has less than 512 MB free."""
MAX_SHOWN: Final = 20
_USERS: Final = (
    "the users of RabbitMQ and MongoDB. After a restore, on servers of your own: `lianshan access apply --secrets DIR` "
    "for the services, then each agency's user again (docs/security.md)"
)
_SEE_QUEUES: Final = (
    "Set LIANSHAN_MANAGEMENT_URL to have them in the next one; after a restore of this one each agency makes its own."
)
_READ_ON: Final = "After a restore they stand again, empty: each agency reads the lists and the feed (GET /v1/events)."


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backup)
    app.command()(restore)


@one_line_errors
def backup(  # noqa: PLR0917 - a command has the options that it has
    target: Annotated[
        Path,
        typer.Argument(
            metavar="[DIR|FILE]",
            help="The new file, its name with an extension; any other name is a folder, made where it is missing.",
        ),
    ] = Path(),
    keys: Annotated[
        Path | None, typer.Option(help="The file for the keys that it is read with; by default beside it.")
    ] = None,
    no_keys: Annotated[bool, typer.Option("--no-keys", help="Write no keys: you keep them elsewhere already.")] = False,
    journal: WrittenJournal = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete backups older than LIANSHAN_BACKUP_DAYS, with their keys.")
    ] = False,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Back up the whole platform as it is now, while the services go on.

    The keys that its personal data is read with go to a file of their own: keep the two apart. Users of the servers are
    not in it, nor are messages in queues of agencies: the output names the steps that follow a restore.
    """
    from deploy.lianshan.backup import (  # noqa: PLC0415 - slow to import
        BackupFailedError,
        Keys,
        delete_backups,
        find_old,
        keys_file_of,
        make_backup,
        note_backup,
        save_keys,
    )

    folder = Folder.here(var)
    mongo_uri, amqp_uri, path = find_mongo_uri(var), find_amqp_uri(var), _choose_file(target)
    keys_file = keys or keys_file_of(path)
    keep_free = _find_keep_free(path, folder)
    try:
        with show_progress("documents") as advance:
            made = make_backup(
                path, mongo_uri, database_prefix(), amqp_uri, agencies=_find_agencies(folder, amqp_uri),
                keep_free=keep_free, progress=advance,
            )  # fmt: skip
        known = Keys.of_stack(folder)  # after the dump: a rotation may have added a key meanwhile
        saved = not no_keys and bool(known.data_key)
        if saved:
            save_keys(known, keys_file)
    except BackupFailedError as error:
        fail(f"no backup was made: {error}.")
    written = export_journal(mongo_uri, journal or journal_file_of(path))
    note_backup(folder, path)
    days = load(CommandSettings).backup_days
    old = find_old(folder, path.parent, machine_now(), days)
    if prune:
        delete_backups(old)
    if as_json:
        out.print_json(
            data={
                **made.to_json(),
                "keys": str(keys_file) if saved else None,
                "journal": str(written),
                **_list_old(old, prune),
            }
        )
    else:
        _print_backup(made, known, keys_file if saved else None)
        out.print(
            f"{written}: the journal of erasures. Keep it apart, too: no backup is restored without.", markup=False
        )
        for one in old:
            done = "deleted" if prune else "delete it with its keys, or back up with --prune"
            out.print(
                f"{one} is older than {days} days, and may hold persons who were erased since: {done}.", markup=False
            )


@one_line_errors
def restore(  # noqa: PLR0917 - as above
    file: Annotated[Path, typer.Argument(help="A file that `lianshan backup` wrote.")],
    keys: Annotated[
        Path | None, typer.Option(help="The keys written with it; by default looked for beside it, then in the stack.")
    ] = None,
    journal: ReadJournal = None,
    nobody_erased: Annotated[
        bool, typer.Option("--nobody-erased", help="There is no journal of erasures: nobody was ever erased here.")
    ] = False,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty stack that does not run, let the messages under way arrive, and check the laws.

    With LIANSHAN_AMQP_URI and LIANSHAN_MONGO_URI: into servers of your own, whose services you start afterwards.
    """
    from deploy.lianshan.backup import BadBackupError, Reader, RestoreFailedError, find_keys, restore_stack  # noqa: PLC0415 - slow

    folder, options = Folder.here(var), Options.from_environment({})
    if file.is_dir():
        found_there = sorted(file.glob("*.backup"))
        newest = f", like {found_there[-1]}" if found_there else ""
        fail(f"{file} is a folder: name one backup{newest}.")
    try:
        with Reader(file) as opened:
            manifest = opened.manifest
            found = find_keys(manifest.data_keys, file, keys, folder)
            entries = find_journal(file, manifest.journal.number, journal, nobody_erased=nobody_erased)
            # The whole file first: a damaged part must not be found when half of it is restored.
            with show_progress("bytes checked") as advance:
                opened.verify(_sum_up(advance, sum(part.size for part in manifest.parts)))
            with show_progress("documents") as advance:
                restored = restore_stack(
                    folder, options, opened, found, prefix=database_prefix(), journal=entries,
                    report=_report_step, progress=_sum_up(advance, manifest.documents),
                )  # fmt: skip
    except (BadBackupError, RestoreFailedError) as error:
        fail(str(error))
    if as_json:
        out.print_json(data=restored.to_json())
    else:
        _print_restore(restored, folder, var)
    raise typer.Exit(1 if restored.left or restored.breaches else 0)


def _list_old(old: Sequence[Path], pruned: bool) -> dict[str, list[str]]:
    names = list(map(str, old))
    return {"pruned": names if pruned else [], "too_old": [] if pruned else names}


def _report_step(line: str) -> None:
    err.print(f"  {line}")


def _choose_file(target: Path) -> Path:
    """Return the new file's path. A name without an extension is a folder, which is made."""
    if target.suffix and not target.is_dir():
        if not target.absolute().parent.is_dir():
            fail(f"no backup was made: there is no folder {target.absolute().parent}: make it, or name another.")
        return target.absolute()
    if not target.exists():
        # Backups hold personal data, though sealed: nobody else reads the folder.
        target.mkdir(mode=0o700, parents=True)
        err.print(f"made the folder {target}", markup=False)
    return (target / f"lianshan-{machine_now():%Y%m%dT%H%M%SZ}.backup").absolute()


def _find_agencies(folder: Folder, amqp_uri: str) -> "list[AgencyQueue] | None":
    from deploy.lianshan.backup import find_agency_queues  # noqa: PLC0415 - slow to import
    from deploy.lianshan.topology import read_state  # noqa: PLC0415

    try:
        return find_agency_queues(read_state(folder, amqp_uri))
    except OSError as error:
        # A backup without them is better than none, and says so.
        err.print(f"the queues of agencies are not seen: {error}", markup=False)
        return None


def _find_keep_free(path: Path, folder: Folder) -> int:
    # A backup on the disk of the stack's own servers must not stop them.
    try:
        return KEEP_FREE if path.parent.stat().st_dev == folder.root.stat().st_dev else 0
    except FileNotFoundError:
        return 0


def _sum_up(advance: Advance, total: int) -> Callable[[int], None]:
    done = 0

    def add(more: int) -> None:
        nonlocal done
        done += more
        advance(done, total)

    return add


def _print_backup(made: "Backup", keys: "Keys", saved: Path | None) -> None:
    manifest = made.manifest
    under_way = f"{made.events:,} events under way, {made.letters:,} dead letters"
    out.print(f"{made.path}: {manifest.documents:,} documents, {under_way}", markup=False)
    out.print(
        f"as all was at {manifest.moment:%Y-%m-%d %H:%M:%S} UTC; {made.size / 1e6:,.1f} MB in {made.seconds:.1f} s",
    )
    if saved is not None:
        out.print(f"{saved}: its keys. With both files one reads personal data: keep them apart.")
    # Sealed with an older key, or with one that this command does not know.
    if missing := [key for key in manifest.data_keys if key not in keys.data_key_ids or saved is None]:
        out.print(f"It can be read only with data key {', '.join(missing)}, which you keep yourself.")
    out.print(f"Not in it: {_USERS}.")
    if made.agencies is None:
        out.print(f"Not in it: queues of agencies, which are not seen here. {_SEE_QUEUES}")
    elif made.agencies:
        named = ", ".join(row["queue"] for row in made.agencies)
        out.print(f"In it, without their messages: the queues of agencies {named}. {_READ_ON}", markup=False)


def _print_restore(restored: "StackRestored", folder: Folder, var: Path | None) -> None:
    done = restored.restored
    out.print(
        f"{done.documents:,} documents restored, {done.events:,} messages sent again to services that had not handled "
        f"them, {done.letters:,} dead letters, in {done.seconds:.1f} s",
    )
    if done.agencies:
        out.print(
            f"Queues of agencies: {', '.join(done.agencies)}. They are empty: tell each agency to read the feed.",
            markup=False,
        )
    if done.erasures:
        out.print(f"Erasures replayed: {done.erasures:,}. Persons erased since the backup are not there again.")
    for words in done.refused:
        out.print(f"not as it should be: {words}", markup=False)
    if done.agencies or restored.breaches is None:
        out.print(f"Not in a backup: {_USERS}.")
    if done.new_admin_key:
        out.print("The administrator's key was not with it: a new one was made.")
    for words in (*restored.left[:MAX_SHOWN], *(restored.breaches or [])[:MAX_SHOWN]):
        out.print(f"not as it should be: {words}", markup=False)
    if restored.breaches is None:
        out.print("Start your services; `lianshan status` shows when all has arrived.")
    elif not restored.left and not restored.breaches:
        out.print("Everything under way has arrived, and the laws are kept.")
        start = "lianshan up" if var is None else f"lianshan up --var {shlex.quote(str(var))}"
        out.print(f"Start it with `{start}`; its data is in {folder.root}", markup=False)
